/** What the operator interface asks of a node about its apps, and how apps and mappings look from outside. */
import type { AppDefinition } from '../protocol/app-types.ts';
import type { Json, ParamKind, Refusal, RequestActor, Verdict } from '../protocol/types.ts';

export type AppAsk =
  | { readonly what: 'create'; readonly definition: AppDefinition }
  | { readonly what: 'remove' | 'install' }
  | { readonly what: 'set'; readonly name: string; readonly value: string }
  | { readonly what: 'unset'; readonly name: string }
  | { readonly what: 'map'; readonly appParam: string; readonly groveParam: string }
  | { readonly what: 'unmap'; readonly appParam: string };

/** `retrying`: the last operation failed and is tried again. */
export type AppState = 'not-installed' | 'installing' | 'idle' | 'operating' | 'retrying';

export interface AppSummary {
  readonly app: string;
  readonly state: AppState;
  readonly generation: number;
  readonly params_count: number;
  readonly bound_count: number;
  readonly last_error: string | null;
}

export interface AppParamView {
  readonly name: string;
  readonly kind: ParamKind;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly description: string;
  readonly secret: boolean;
  /** What the app has, the default where nothing is set. Null for none, and always for a secret. */
  readonly value: string | null;
  readonly is_set: boolean;
  /** The grove param it follows. */
  readonly grove_param: string | null;
}

export interface OperationView {
  readonly id: number;
  readonly kind: 'install' | 'on_change';
  readonly reason: string;
  readonly attempt: number;
  readonly generation: number;
  readonly seq: number | null;
  /** The params it was about, the change of the grove, and a digest of the value; secrets have none. */
  readonly changes: readonly {
    readonly name: string;
    readonly seq: number | null;
    readonly sha256: string | null;
  }[];
  readonly actor: RequestActor;
  readonly state: 'running' | 'succeeded' | 'failed' | 'interrupted';
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly detail: string | null;
  readonly output: string | null;
}

/** An app as it was described, its values, and what was run for it. */
export interface AppView {
  readonly definition: AppDefinition;
  readonly params: readonly AppParamView[];
  readonly state: AppState;
  readonly generation: number;
  readonly created_at: string;
  /** Operations begun since the app was last told of its values. */
  readonly failures: number;
  readonly last_error: string | null;
  /** Newest first. */
  readonly operations: readonly OperationView[];
}

export type MappingState = 'in-sync' | 'pending' | 'applying' | 'failed' | 'incompatible';

export interface MappingView {
  readonly app: string;
  readonly app_param: string;
  readonly grove_param: string;
  readonly state: MappingState;
  readonly applied_seq: number | null;
  readonly last_error: string | null;
}

export interface AppsControl {
  /** Ascending by name. */
  list(): readonly AppSummary[];
  show(app: string): Verdict<AppView, Refusal>;
  /** Refuses with `not_found` when the node is in no grove. */
  mappings(): Verdict<readonly MappingView[], Refusal>;
  /** Resolves with the method's result. Never rejects. What is run for it goes on. */
  ask(
    app: string,
    ask: AppAsk,
    actor: RequestActor,
  ): Promise<Verdict<{ readonly [key: string]: Json }, Refusal>>;
}
