/**
 * The events around apps: from operators and the supervisor to the actuator, and from there to the machine of each app
 * and back. None of them holds the value of a param: values stay in the store, and on the shelf of requests.
 */
import type { Json, Refusal, Verdict } from '../src/protocol/types.ts';
import type { GroveEvent } from './grove-events.ts';

export type AppAskKind = 'create' | 'remove' | 'install' | 'set' | 'unset' | 'map' | 'unmap';

/** A run of an app's commands. */
export interface AppOperation {
  readonly id: number;
  readonly kind: 'install' | 'on_change';
}

/** An app as a machine begins with it. */
export interface AppSeed {
  readonly app: string;
  readonly installed: boolean;
  /** Operations begun since its newest values were told. */
  readonly attempts: number;
  /** Something waits to be taken or to be told. */
  readonly work: boolean;
  /** An installation was cut short. */
  readonly installAgain: boolean;
  /** Runs that a process before this one may have left behind. */
  readonly leftovers: readonly string[];
}

export interface WaitingParam {
  readonly appParam: string;
  readonly seq: number;
}

/** A mapping that is no more. */
export interface EndedMapping {
  readonly app: string;
  readonly appParam: string;
  readonly groveParam: string;
}

// Operator → supervisor → actuator → registry or app.
/** An operator wants something of an app; what exactly is on the shelf under the request's id. */
export type AppRequest = {
  readonly type: 'app.request';
  readonly requestId: string;
  readonly app: string;
  readonly what: AppAskKind;
};

// Supervisor → actuator.
/** A payload changed params: mappings may wait. */
export type ParamsChanged = { readonly type: 'params.changed'; readonly seq: number };
export type SupervisorToActuator = AppRequest | ParamsChanged;

// Registry or app → actuator → supervisor.
/** A request about an app ended. */
export type AppSettled = {
  readonly type: 'app.settled';
  readonly requestId: string;
  readonly verdict: Verdict<{ readonly [key: string]: Json }, Refusal>;
};
/** What operators are told of an app. */
export type AppHappened = { readonly type: 'app.happened'; readonly events: readonly GroveEvent[] };
export type ActuatorToSupervisor = AppSettled | AppHappened;

// Actuator ⇄ registry.
/** Look which mappings wait. */
export type PendingFind = { readonly type: 'pending.find' };
/** Look an app up again: its machine failed. */
export type AppLook = { readonly type: 'app.look'; readonly app: string };
export type ActuatorToRegistry = AppRequest | PendingFind | AppLook;
/** The apps of this node, and what a process before this one left undone. */
export type RegistryRead = { readonly type: 'registry.read'; readonly apps: readonly AppSeed[] };
/** These apps have mappings that wait. */
export type PendingFound = {
  readonly type: 'pending.found';
  readonly apps: readonly { readonly app: string; readonly params: readonly WaitingParam[] }[];
};
/** An app is there and has no machine yet. */
export type AppFound = { readonly type: 'app.found'; readonly seed: AppSeed };
export type RegistryToActuator = RegistryRead | PendingFound | AppFound | AppSettled | AppHappened;

// Actuator → app (AppRequest too).
/** Grove params that this app follows changed. */
export type AppWork = { readonly type: 'app.work'; readonly params: readonly WaitingParam[] };
export type ActuatorToApp = AppRequest | AppWork;

// App → actuator (AppSettled and AppHappened too).
/** The app is removed; its machine is done. */
export type AppGone = { readonly type: 'app.gone'; readonly app: string };
export type AppToActuator = AppSettled | AppHappened | AppGone;
