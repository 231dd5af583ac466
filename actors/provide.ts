/** The only place where machines get what they need from the world. */
import {
  applierMachine,
  dialAttemptMachine,
  dialMachine,
  peerMachine,
  publisherMachine,
  supervisorMachine,
} from '../machines/index.ts';
import { dialerActor } from './dialer-actor.ts';
import { listenerActor } from './listener-actor.ts';
import type { GroveParts } from './parts.ts';
import { type Drafts, draftActor, signActor, storePublishActor } from './signer-actor.ts';
import {
  bookkeeperActor,
  departGroveActor,
  keepAsideActor,
  readParkedActor,
  storePayloadActor,
} from './store-actor.ts';
import { verifierActor } from './verifier-actor.ts';
import { wireActor } from './wire-actor.ts';

export function provideSupervisor(parts: GroveParts) {
  const drafts: Drafts = new Map();
  const dialAttempt = dialAttemptMachine.provide({ actors: { dialAddress: dialerActor(parts) } });
  return supervisorMachine.provide({
    actors: {
      endpoint: listenerActor(parts),
      bookkeeper: bookkeeperActor(parts),
      departGrove: departGroveActor(parts),
      dialAttempt,
      dialLoop: dialMachine.provide({ actors: { dialAttempt } }),
      peer: peerMachine.provide({ actors: { wire: wireActor(parts) } }),
      applier: applierMachine.provide({
        actors: {
          verifyCandidate: verifierActor(parts),
          storePayload: storePayloadActor(parts),
          keepAside: keepAsideActor(parts),
          readParked: readParkedActor(parts),
        },
      }),
      publisher: publisherMachine.provide({
        actors: {
          draftPayload: draftActor(parts, drafts),
          signPayload: signActor(parts, drafts),
          storePublish: storePublishActor(parts),
        },
      }),
    },
  });
}
