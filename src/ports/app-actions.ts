/**
 * The seam to what an app can have done without a script: render a file, signal a process, restart a systemd
 * unit.
 *
 * Promises of every implementation: no method throws; `done` is called exactly once, never inside the call
 * that registered it, and not at all after the returned cancel function, which is idempotent. What was begun may
 * still finish after a cancel, as a whole or not at all.
 */
import type { AppRender, AppRestart, AppSignal, AppValues } from '../protocol/app-types.ts';
import type { HookEnd } from './hook-runner.ts';

export interface ActionFailure {
  readonly kind: /** The template is no template, or names what the app lacks. */
    | 'template'
    /** A value cannot stand where the template puts it, such as a line break in a file of lines. */
    | 'value'
    /** A file is missing, closed to us, too large, or not a plain file. */
    | 'file'
    /** The pid file holds no process number. */
    | 'bad_pid'
    /** No such process, or it is another one than was meant. */
    | 'no_process'
    /** We may not. */
    | 'not_permitted'
    | 'cannot_start'
    | 'exit'
    | 'timeout'
    | 'shutting_down';
  /** Printable, names the file, the template's line and the param, says what an operator can do. Never holds a value. */
  readonly message: string;
}

export type ActionOutcome<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly failure: ActionFailure };

export interface RenderRequest {
  readonly app: string;
  readonly render: AppRender;
  readonly values: AppValues;
  /** Names of secret params. A new file that holds one gets mode 0600 when no mode is given, any other 0644. */
  readonly secretNames: readonly string[];
}

export interface RestartRequest {
  /** Unique, as the id of a hook run. */
  readonly id: string;
  readonly restart: AppRestart;
}

export interface AppActions {
  /**
   * Makes the target hold what template and values say. A reader sees the old file or the new one, at any moment and
   * after a power loss; owner and mode stay (or nothing is written); a target that is a symbolic link is refused.
   * When the file is as it should be, nothing is written, and `changed` is false. When `changed` is true, it is durable.
   */
  renderFile(
    request: RenderRequest,
    done: (outcome: ActionOutcome<{ readonly changed: boolean }>) => void,
  ): () => void;
  /** Sends the signal to the process named in the pid file, and to nobody when the file is missing or stale as far as can be told. */
  signalProcess(
    signal: AppSignal,
    done: (outcome: ActionOutcome<{ readonly pid: number }>) => void,
  ): () => void;
  /** `systemctl ACTION UNIT`, with a time limit. `ok` when it exited with 0. Cancelling stops it. */
  restartUnit(request: RestartRequest, done: (outcome: ActionOutcome<HookEnd>) => void): () => void;
}
