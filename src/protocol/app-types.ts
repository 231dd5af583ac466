/**
 * A local app as its operator describes it: the form that `/apps/create` takes, that the store keeps and that
 * `apps show --json` prints. Every field is always there; what an operator may leave out has been filled in.
 */
import type { ParamKind } from './types.ts';

export interface AppParam {
  /** As names of grove params; unique within the app, also as `PARAM_<NAME>` (upper case, `-` as `_`). */
  readonly name: string;
  readonly kind: ParamKind;
  /** Without a value and a default the app has nothing to run with. */
  readonly required: boolean;
  /** The value while none is set; null for none. Always null for a secret param. */
  readonly default_value: string | null;
  readonly description: string;
  /** Encrypted at rest and never shown. Always true for kinds `password` and `weak-password`. */
  readonly secret: boolean;
}

/** A program and its arguments, run without a shell: whoever wants one names it, `["/bin/sh", "-c", "…"]`. */
export interface AppCommand {
  readonly command: readonly string[];
  readonly timeout_ms: number;
  /** Absolute; null for the root directory. */
  readonly working_directory: string | null;
}

/** A file made from a template and the app's params. Exactly one of `template` and `template_file` is not null. */
export interface AppRender {
  readonly template: string | null;
  /** Absolute path; read each time. */
  readonly template_file: string | null;
  /** Absolute path. */
  readonly target: string;
  /** Octal digits such as `"0640"`; null keeps the mode a file has. */
  readonly mode: string | null;
}

export type AppSignalName = 'SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTERM' | 'SIGUSR1' | 'SIGUSR2' | 'SIGWINCH';

export interface AppSignal {
  /** Absolute path of a file whose first line is a process number. */
  readonly pid_file: string;
  readonly signal: AppSignalName;
  /** When given, the process must have this name (`/proc/PID/comm`): a stale pid file then hits nobody. */
  readonly process_name: string | null;
}

export type AppRestartAction = 'restart' | 'reload' | 'reload-or-restart' | 'try-restart';

/** A systemd unit to restart or reload. */
export interface AppRestart {
  readonly unit: string;
  readonly action: AppRestartAction;
  readonly timeout_ms: number;
}

export interface AppDefinition {
  readonly name: string;
  /** Ascending by name. */
  readonly params: readonly AppParam[];
  readonly install: AppCommand | null;
  readonly on_change: AppCommand | null;
  readonly render: readonly AppRender[];
  /** At most one of `signal` and `restart` is not null. */
  readonly signal: AppSignal | null;
  readonly restart: AppRestart | null;
}

/** Why a command runs, in `REASON`: bound to a grove param, changed by the grove, unset by it, by an operator, once more. */
export type HookReason = 'bound' | 'changed' | 'removed' | 'operator' | 'retry';

/** One param that a run is about. Null: none, before or after. */
export interface ParamChange {
  readonly name: string;
  readonly old_value: string | null;
  readonly new_value: string | null;
}

/** The values of an app's params, defaults filled in; null for none. Every param of the definition is a key. */
export type AppValues = { readonly [name: string]: string | null };
