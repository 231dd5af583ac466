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
  /** A param of an app follows a grove param from now on. */
  'grove.mapping-created': { app: string; app_param: string; grove_param: string };
  /** A param of an app follows nothing any more; its value stays. */
  'grove.mapping-removed': { app: string; app_param: string; grove_param: string };
  /** A bound param has the grove's value, and what had to run for it ended well. */
  'grove.param-applied': {
    app: string;
    app_param: string;
    grove_param: string;
    source: 'grove';
    seq: number;
  };
  /** A bound param does not have the grove's value yet; why. */
  'grove.param-deferred': { app: string; app_param: string; reason: string };
  /** An app was created. */
  AppRegistered: { app: string; generation: number };
  /** An app was removed. */
  AppDeregistered: { app: string };
  /** A param of an app has another value. */
  ParamSet: { app: string; param: string; generation: number };
  /** A param of an app has no value of its own any more. */
  ParamUnset: { app: string; param: string; generation: number };
  /** Something is run for an app. */
  OperationStarted: {
    app: string;
    operation: number;
    kind: 'install' | 'on_change';
    reason: string;
    attempt: number;
    generation: number;
    params: readonly string[];
    seq: number | null;
  };
  /** It ended: well, badly, or with the node. */
  OperationFinished: {
    app: string;
    operation: number;
    kind: 'install' | 'on_change';
    outcome: 'succeeded' | 'failed' | 'interrupted';
    exit_code: number | null;
    signal: string | null;
    duration_ms: number | null;
    detail: string | null;
  };
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
  'grove.mapping-created',
  'grove.mapping-removed',
  'grove.param-applied',
  'grove.param-deferred',
  'AppRegistered',
  'AppDeregistered',
  'ParamSet',
  'ParamUnset',
  'OperationStarted',
  'OperationFinished',
];
