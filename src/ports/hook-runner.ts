/**
 * The seam to other programs: one run of an app's command, from its start to its end.
 *
 * Promises of every implementation: no method throws; no callback runs inside the call that caused it being
 * registered; for every run, either `cannotStart` is called once and nothing else, or `started` once and then
 * `ended` once; after a cancel nothing is called any more. A run always ends: at the latest its time limit and
 * two times `hookKillGraceMs` after its start, whatever the program does. Nothing of an ended run stays behind
 * in this process: no zombie, no descriptor, no timer, no listener.
 */

export interface HookRun {
  /** Unique among the runs of this data directory, for `stopLeftover` after a crash. 1 to 64 letters, digits, `-` and `_`. */
  readonly id: string;
  /** The program and its arguments. No shell reads them. A program without `/` is looked for in the `PATH` it will see. */
  readonly command: readonly string[];
  /** Added to the scrubbed environment of the runner, over it where names meet. */
  readonly environment: { readonly [name: string]: string };
  /** All of standard input. A program that does not read it, or not to its end, is as well. */
  readonly stdin: Uint8Array;
  /** From the start. Then SIGTERM to the process group, and SIGKILL after `hookKillGraceMs`. */
  readonly timeoutMs: number;
  /** Absolute; null for the root directory, so that no mount is kept busy. */
  readonly workingDirectory: string | null;
  /** Texts to take out of the output before anyone sees it, each replaced by `[secret]`. */
  readonly secrets: readonly string[];
}

/** Why there is no process. `message` is printable and says what an operator can do. */
export interface HookStartFailure {
  readonly kind: /** No such program. */
    | 'not_found'
    /** It is there and may not be executed, or is no program (ENOEXEC). */
    | 'not_permitted'
    /** Arguments and environment are more than the kernel or our bound takes. */
    | 'too_big'
    /** The working directory is missing or closed to us. */
    | 'bad_directory'
    /** No argument vector: empty, or with a NUL in it. */
    | 'bad_command'
    /** The machine has no process, descriptor or memory left. Worth a retry. */
    | 'no_resources'
    | 'shutting_down'
    | 'other';
  readonly message: string;
}

export interface HookEnd {
  /** Null when a signal ended it. Both are null when nothing could: it hangs in the kernel, or runs as another user. */
  readonly exitCode: number | null;
  /** Such as `SIGKILL`; null when it exited. */
  readonly signal: string | null;
  /** The time limit passed first: the run failed, whatever the exit code says. */
  readonly timedOut: boolean;
  /**
   * Standard output and error as they arrived, UTF-8 (replaced where it is not). The beginning and the end when there was more
   * than `hookOutputBytesMax`, with a line between that says how much is left out. Not made printable: pass it
   * through `printable` before a terminal.
   */
  readonly output: string;
  readonly outputTruncated: boolean;
  /** Processes outlived the program, in its group (those were killed) or holding its output. Not a failure. */
  readonly leftBehind: boolean;
  readonly durationMs: number;
}

export interface HookHandler {
  /** The process exists and its program was loaded. */
  started(pid: number): void;
  cannotStart(failure: HookStartFailure): void;
  ended(end: HookEnd): void;
}

export interface HookRunner {
  /**
   * Starts one run; bounds nothing about how many there are. Returns the cancel function, which is idempotent: the handler
   * hears nothing more, and the process group is stopped as after the time limit.
   */
  run(run: HookRun, handler: HookHandler): () => void;
  /**
   * Kills what a former process of this node, which was killed itself, left of a run, including what left the process group, as far
   * as the platform lets us find it (Linux: by the run's id in its environment). Afterwards the run may be started again without two
   * of it at once. `done` gets the number of processes killed; 0 also where it cannot be known.
   */
  stopLeftover(id: string, done: (killed: number) => void): void;
  /** Cancels all runs, refuses new ones (`shutting_down`), and calls `done` once their processes are gone. */
  close(done: () => void): void;
}
