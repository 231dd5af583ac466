/** What the machine of an app is told, knows and says, and what its actors answer. Plain JSON, and no value of a param. */
import type { Json, Refusal, Verdict } from '../src/protocol/types.ts';
import type { ActuatorToApp, AppOperation, AppRequest, AppSeed, AppToActuator } from './app-events.ts';
import type { GroveEvent } from './grove-events.ts';

export interface AppContext {
  readonly app: string;
  readonly installed: boolean;
  /** Operations begun, and tries that failed before one was, since its newest values were told. */
  readonly attempts: number;
  /** Something waits to be taken from the grove, or to be told. */
  readonly work: boolean;
  /** An installation was cut short and is to be made again. */
  readonly installAgain: boolean;
  /** The last try failed and is to be made again. */
  readonly failed: boolean;
  /** The operator's request that is being carried out. */
  readonly request: AppRequest | null;
  readonly operation: AppOperation | null;
  readonly leftovers: readonly string[];
  /** The change of the grove last heard of, for each param that follows one. */
  readonly heard: { readonly [appParam: string]: number };
}

export type LeftoversInput = { readonly app: string; readonly leftovers: readonly string[] };
/** Nothing of a former process runs any more for this app. */
export type LeftoversGone = { readonly type: 'leftovers.gone' };

export interface ChangeInput {
  readonly app: string;
  readonly request: AppRequest | null;
  readonly installAgain: boolean;
}
export type ChangeDone =
  /** It is stored; an operation, if there is one, is to be run. */
  | {
      readonly type: 'change.made';
      readonly operation: AppOperation | null;
      readonly attempts: number;
      /** Answers the request. */
      readonly value: { readonly [key: string]: Json };
      readonly events: readonly GroveEvent[];
    }
  | { readonly type: 'change.refused'; readonly refusal: Refusal }
  /** Not stored; worth another try. */
  | {
      readonly type: 'change.failed';
      readonly attempts: number;
      readonly refusal: Refusal;
      readonly events: readonly GroveEvent[];
    };

export type RunInput = { readonly app: string; readonly operation: AppOperation };
/** The operation is over; how it went waits to be recorded. */
export type RunDone = { readonly type: 'operation.ended'; readonly succeeded: boolean };
export type RecordDone =
  | {
      readonly type: 'operation.recorded';
      readonly succeeded: boolean;
      readonly events: readonly GroveEvent[];
    }
  | { readonly type: 'record.failed'; readonly detail: string };

export type RemoveInput = { readonly app: string; readonly request: AppRequest };
export type RemoveDone =
  | { readonly type: 'app.removed'; readonly events: readonly GroveEvent[] }
  | { readonly type: 'remove.failed'; readonly refusal: Refusal };

export type AppMachineEvent = ActuatorToApp | LeftoversGone | ChangeDone | RunDone | RecordDone | RemoveDone;

export interface AppStep {
  readonly changes: Partial<AppContext>;
  readonly effects: readonly AppToActuator[];
}

export function initialAppContext(seed: AppSeed): AppContext {
  const { app, installed, attempts, work, installAgain, leftovers } = seed;
  return {
    app,
    installed,
    attempts,
    work,
    installAgain,
    failed: false,
    request: null,
    operation: null,
    leftovers,
    heard: {},
  };
}

export function settled(
  requestId: string,
  verdict: Verdict<{ readonly [key: string]: Json }, Refusal>,
): AppToActuator {
  return { type: 'app.settled', requestId, verdict };
}

/** Nothing to tell is not told. */
export function happened(events: readonly GroveEvent[]): AppToActuator[] {
  return events.length === 0 ? [] : [{ type: 'app.happened', events }];
}
