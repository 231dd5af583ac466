/**
 * The part of the store that keeps apps, their values, their operations and their mappings. As everywhere in the
 * store: one synchronous step a call, nothing of it happened when it throws a `StoreError`. Values of secret
 * params come and go sealed; the store does not know which they are.
 */
import type { AppDefinition } from '../protocol/app-types.ts';
import type { Param, RequestActor } from '../protocol/types.ts';

export interface AppRow {
  readonly definition: AppDefinition;
  readonly installed: boolean;
  /** Counts changes of the app's values; 1 when it was created. */
  readonly generation: number;
  /** The generation that `on_change` last ended well for. */
  readonly toldGeneration: number;
  /** Operations begun since then. */
  readonly attempts: number;
  /** Why the last operation failed; null when it did not. */
  readonly lastError: string | null;
  readonly createdAt: string;
}

export interface AppParamRow {
  readonly name: string;
  /** Null: none. */
  readonly value: string | null;
  readonly toldValue: string | null;
  /** At which the value last changed. */
  readonly generation: number;
}

export interface MappingRow {
  readonly app: string;
  readonly appParam: string;
  readonly groveParam: string;
  /** The number of the change it took last. */
  readonly appliedSeq: number | null;
  /** The number of a change that waits to be taken; of several only the newest. */
  readonly pendingSeq: number | null;
  /** Why the value at `appliedSeq` could not be taken. */
  readonly misfit: string | null;
}

/** A mapping whose grove param changed, and that param as it is now; null: it is unset. */
export interface PendingMapping extends MappingRow {
  readonly pendingSeq: number;
  readonly groveValue: Param | null;
}

/** Enough to pass on who has work. */
export interface PendingNotice {
  readonly app: string;
  readonly appParam: string;
  readonly seq: number;
}

export type OperationKind = 'install' | 'on_change';
export type OperationState = 'running' | 'succeeded' | 'failed' | 'interrupted';

/** One param an operation is about: which change of the grove, and a digest of the value. Secret values have none. */
export interface OperationChange {
  readonly name: string;
  readonly seq: number | null;
  readonly sha256: string | null;
}

export interface NewOperation {
  readonly kind: OperationKind;
  readonly reason: string;
  readonly attempt: number;
  readonly generation: number;
  readonly groveSeq: number | null;
  readonly changes: readonly OperationChange[];
  readonly actor: RequestActor;
}

export interface OperationRow extends NewOperation {
  readonly id: number;
  readonly app: string;
  readonly state: OperationState;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it failed, or what was odd about it. */
  readonly detail: string | null;
  readonly output: string | null;
}

/** What one change does to an app, in one transaction. */
export interface AppChange {
  readonly app: string;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** A new mapping, to be followed from `progress`. */
  readonly map: { readonly appParam: string; readonly groveParam: string } | null;
  /** Values that differ from those stored, as they are to be kept. */
  readonly values: readonly { readonly name: string; readonly value: string | null }[];
  readonly generation: number;
  /** Nothing needs to be run for it: what is set counts as told. */
  readonly told: boolean;
  readonly progress: readonly {
    readonly appParam: string;
    readonly appliedSeq: number;
    readonly misfit: string | null;
  }[];
  readonly operation: NewOperation | null;
  /** Flushed to the disk: an operator was, or will be, told that it is done. */
  readonly durable: boolean;
}

export interface OperationEnd {
  readonly id: number;
  readonly app: string;
  readonly state: 'succeeded' | 'failed';
  readonly at: string;
  readonly durationMs: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly detail: string | null;
  readonly output: string | null;
}

export interface AppStore {
  /** Ascending by name. */
  apps(): readonly AppRow[];
  app(name: string): AppRow | null;
  appsCount(): number;
  /** Values that were ever set, ascending by name. */
  values(app: string): readonly AppParamRow[];
  /** Durable. Throws when there is one of that name. */
  createApp(row: AppRow): void;
  /** Its values, operations and mappings go with it. Durable. */
  removeApp(name: string): void;
  /** Returns the operation's number, or null without one. A change by the grove survives a killed process, and is made again after a power failure. */
  changeApp(change: AppChange): number | null;
  /** The app's values count as told, or its error is kept. Survives a killed process. Nothing happens to an operation that does not run. */
  finishOperation(end: OperationEnd): void;
  /** Something failed before anything could be run. */
  noteFailure(app: string, detail: string): void;
  /** Marks every operation that was running when the process before this one ended; returns them. */
  interruptOperations(at: string): readonly OperationRow[];
  operation(id: number): OperationRow | null;
  /** Newest first; `operationsPerAppMax` are kept. */
  operations(app: string, limit: number): readonly OperationRow[];
  /** Apps whose last operation failed, ascending by name. */
  failingApps(): readonly {
    readonly app: string;
    readonly installed: boolean;
    readonly attempts: number;
    readonly lastError: string;
  }[];
  /** Names of installed apps that were not told of their newest values, ascending. */
  untoldApps(): readonly string[];

  /** Ascending by app and param. */
  mappings(): readonly MappingRow[];
  mappingsOf(app: string): readonly MappingRow[];
  /** Those whose value does not fit, ascending by app and param. */
  misfits(): readonly MappingRow[];
  mappingsCount(): number;
  /** False when there is no such mapping. Durable. */
  unmap(app: string, appParam: string): boolean;
  /** Mappings of apps of this node that wait, ascending by app and param. Looks at those only. */
  pending(): readonly PendingNotice[];
  pendingOf(app: string): readonly PendingMapping[];
  /** Has every mapping wait whose grove param is newer than what it took, or is gone. Returns how many. */
  markMissed(): number;
  /** The grove this node is in; null outside one. */
  groveId(): string | null;
  groveParam(name: string): (Param & { readonly seq: number }) | null;
}
