/**
 * What the node tells the world: the events operators subscribe to. Names are stable; values of params never appear.
 * The supervisor emits them; the event log gives them an id and a time, keeps them and streams them.
 */
import type { RequestActor } from '../src/protocol/types.ts';

interface GroveEventShapes {
  /** A payload came over a link and its signature is good. */
  'grove.payload-received': { peer_fp: string; seq: number };
  /** A payload is stored and in force. */
  'grove.payload-applied': { seq: number; params_changed: readonly string[]; members_changed: boolean };
  /** A payload that came over a link was refused or set aside. */
  'grove.payload-rejected': { peer_fp: string; reason: string };
  /** A change an operator asked for was refused. */
  'grove.publish-rejected': { reason: string; current_bytes?: number; cap_bytes?: number };
  /** A link to a member is up: both have said hello. */
  'grove.peer-connected': { fp: string; direction: 'inbound' | 'outbound'; address: string };
  /** A link that was up is over. */
  'grove.peer-disconnected': { fp: string; reason: string };
  /** A payload removed a member. */
  'grove.member-revoked': { fp: string };
  /** The leader signed two payloads under one number. */
  'grove.fork-detected': { seq: number; hashes: readonly string[]; peer_fp: string };
  /** Two processes use one key. */
  'grove.identity-conflict': { fp: string };
  /** A leader restored from a backup learned of newer payloads of its own. */
  'grove.leader-state-recovered': { seq: number };
  /** This node became a member. */
  'grove.joined': { grove_id: string; leader_fp: string; seq: number };
  /** This node left its grove. */
  'grove.left': { grove_id: string };
  /** A payload could not be written; the previous one stays in force. */
  'grove.store-degraded': { detail: string };
  /** Writing works again. */
  'grove.store-recovered': Record<never, never>;
}

export type GroveEventType = keyof GroveEventShapes;

export type GroveEvent = {
  [Type in GroveEventType]: { readonly type: Type; readonly actor?: RequestActor } & Readonly<
    GroveEventShapes[Type]
  >;
}[GroveEventType];

export const groveEventTypes: readonly GroveEventType[] = [
  'grove.payload-received',
  'grove.payload-applied',
  'grove.payload-rejected',
  'grove.publish-rejected',
  'grove.peer-connected',
  'grove.peer-disconnected',
  'grove.member-revoked',
  'grove.fork-detected',
  'grove.identity-conflict',
  'grove.leader-state-recovered',
  'grove.joined',
  'grove.left',
  'grove.store-degraded',
  'grove.store-recovered',
];
