/** The only place where machines get what they need from the world. */
import {
  actuatorMachine,
  applierMachine,
  appMachine,
  dialAttemptMachine,
  dialMachine,
  peerMachine,
  publisherMachine,
  supervisorMachine,
} from '../machines/index.ts';
import { changeAppActor, removeAppActor } from './change-actor.ts';
import { dialerActor } from './dialer-actor.ts';
import { listenerActor } from './listener-actor.ts';
import { ofNode } from './node-parts.ts';
import { recordOperationActor, runOperationActor, stopLeftoversActor } from './operation-actor.ts';
import { registryActor } from './registry-actor.ts';
import { draftActor, signActor, storePublishActor } from './signer-actor.ts';
import {
  bookkeeperActor,
  departGroveActor,
  keepAsideActor,
  readParkedActor,
  storePayloadActor,
} from './store-actor.ts';
import { verifierActor } from './verifier-actor.ts';
import { wireActor } from './wire-actor.ts';

/** The supervisor and all machines below it, the same for every node of the process. See `bindParts`. */
export const providedSupervisor = provideSupervisor();

function provideSupervisor() {
  const dialAttempt = dialAttemptMachine.provide({ actors: { dialAddress: ofNode(dialerActor) } });
  return supervisorMachine.provide({
    actors: {
      endpoint: ofNode(listenerActor),
      bookkeeper: ofNode(bookkeeperActor),
      departGrove: ofNode(departGroveActor),
      dialAttempt,
      dialLoop: dialMachine.provide({ actors: { dialAttempt } }),
      peer: peerMachine.provide({ actors: { wire: ofNode(wireActor) } }),
      applier: applierMachine.provide({
        actors: {
          verifyCandidate: ofNode(verifierActor),
          storePayload: ofNode(storePayloadActor),
          keepAside: ofNode(keepAsideActor),
          readParked: ofNode(readParkedActor),
        },
      }),
      publisher: publisherMachine.provide({
        actors: {
          draftPayload: ofNode(draftActor),
          signPayload: ofNode(signActor),
          storePublish: ofNode(storePublishActor),
        },
      }),
      paramActuator: actuatorMachine.provide({
        actors: {
          registry: ofNode(registryActor),
          app: appMachine.provide({
            actors: {
              stopLeftovers: ofNode(stopLeftoversActor),
              changeApp: ofNode(changeAppActor),
              runOperation: ofNode(runOperationActor),
              recordOperation: ofNode(recordOperationActor),
              removeApp: ofNode(removeAppActor),
            },
          }),
        },
      }),
    },
  });
}
