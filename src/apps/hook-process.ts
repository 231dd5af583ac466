/** One process of a run: started in a group of its own, fed, watched, stopped when it is late, and seen to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Clock, HookEnd, HookHandler, HookRun } from '../ports/index.ts';
import { hookDrainMs, hookKillGraceMs, hookOutputBytesMax } from '../protocol/index.ts';
import { openInputFile } from './hook-input-file.ts';
import { HookOutput } from './hook-output.ts';
import { killMarked, signalQuietly } from './leftover-processes.ts';
import { startFailure } from './start-failure.ts';

/** Read without a pause; then a pause, so that a program that prints without end takes little of the node's time. */
const readBurstBytesMax = 1_048_576;
const readPauseMs = 50;

export interface HookProcessOptions {
  readonly clock: Clock;
  readonly environment: { readonly [name: string]: string };
  /** A file system in memory, for standard input. */
  readonly memoryDirectory: string;
  /** The value of the variable that marks every process of this run. */
  readonly mark: string;
  /** Called once, when nothing of the run is left in this process. */
  readonly gone: () => void;
}

export class HookProcess {
  readonly #run: HookRun;
  readonly #clock: Clock;
  readonly #mark: string;
  readonly #gone: () => void;
  readonly #output = new HookOutput(hookOutputBytesMax);
  readonly #timers = new Set<unknown>();
  readonly #startedAt: number;
  /** Null once nobody listens any more. */
  #handler: HookHandler | null;
  #child: ChildProcess | null = null;
  #end: { code: number | null; signal: string | null } | null = null;
  #burstBytes = 0;
  #timedOut = false;
  /** The time limit or a cancel: whatever is found of the run is killed. */
  #isStopping = false;
  #leftBehind = false;
  /** Nobody holds the output any more. */
  #isClosed = false;
  #isOver = false;

  constructor(run: HookRun, handler: HookHandler, options: HookProcessOptions) {
    this.#run = run;
    this.#handler = handler;
    this.#clock = options.clock;
    this.#mark = options.mark;
    this.#gone = options.gone;
    this.#startedAt = options.clock.monotonicMs();
    this.#start(options);
  }

  // i[impl app.cancel]
  /** The handler hears nothing more; the process is stopped. Idempotent. */
  cancel(): void {
    this.#handler = null;
    this.#stop();
  }

  #start(options: HookProcessOptions): void {
    const { command, workingDirectory } = this.#run;
    const [program = '', ...words] = command;
    const input = openInputFile(this.#run.stdin, options.memoryDirectory);
    try {
      const child = spawn(program, words, {
        cwd: workingDirectory ?? '/',
        env: options.environment,
        // A session and a group of its own: stopped as a whole, and out of reach of the terminal.
        detached: true,
        shell: false,
        stdio: [input ?? 'pipe', 'pipe', 'pipe'],
      });
      this.#child = child;
      child.once('spawn', () => this.#handler?.started(child.pid ?? 0));
      child.on('error', (error) => {
        if (child.pid === undefined) this.#cannotStart(error);
      });
      child.once('exit', (code, signal) => this.#exited(code, signal));
      child.once('close', () => this.#closed());
      this.#feed(child);
      this.#read(child);
      this.#after(this.#run.timeoutMs, () => this.#late());
    } catch (error) {
      // Some failures are thrown, others come as an event. To the caller they are one.
      this.#after(0, () => this.#cannotStart(error));
    } finally {
      if (input !== null) closeSync(input);
    }
  }

  // i[impl app.stdin]
  /** Nothing to do when standard input is a file. */
  #feed({ stdin }: ChildProcess): void {
    // A program need not read its input: EPIPE and ECONNRESET are its good right.
    stdin?.on('error', () => stdin.destroy());
    stdin?.end(this.#run.stdin);
  }

  #read(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('error', () => stream.destroy());
      stream?.on('data', (chunk: Buffer) => {
        this.#output.push(chunk);
        this.#burstBytes += chunk.length;
        if (this.#burstBytes > readBurstBytesMax) this.#pause(child);
      });
    }
  }

  #pause(child: ChildProcess): void {
    this.#burstBytes = 0;
    child.stdout?.pause();
    child.stderr?.pause();
    this.#after(readPauseMs, () => {
      child.stdout?.resume();
      child.stderr?.resume();
    });
  }

  // i[impl app.time-limit]
  #late(): void {
    if (this.#end !== null) return;
    this.#timedOut = true;
    this.#stop();
  }

  #stop(): void {
    if (this.#isStopping || this.#isOver) return;
    this.#isStopping = true;
    if (this.#end === null) {
      this.#signalGroup('SIGTERM');
      this.#after(hookKillGraceMs, () => this.#kill());
    }
  }

  #kill(): void {
    this.#signalGroup('SIGKILL');
    killMarked(this.#mark);
    this.#after(hookKillGraceMs, () => this.#abandon());
  }

  /** Not even SIGKILL ended it: it hangs in the kernel, or runs as another user. The run ends all the same. */
  #abandon(): void {
    this.#end = { code: null, signal: null };
    this.#leftBehind = true;
    this.#child?.unref();
    this.#finish();
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child?.pid === undefined || this.#isOver) return;
    this.#end = { code, signal };
    this.#clearTimers();
    if (this.#isStopping) {
      this.#leftBehind = this.#signalGroup('SIGKILL');
      this.#leftBehind = killMarked(this.#mark) > 0 || this.#leftBehind;
    }
    this.#child.stdin?.destroy();
    this.#child.stdout?.resume();
    this.#child.stderr?.resume();
    this.#after(hookDrainMs, () => this.#drained());
  }

  /** Nobody holds the output any more. Who is left in the group may be a daemon about to leave it: it gets the time for that. */
  #closed(): void {
    this.#isClosed = true;
    if (this.#isStopping || !this.#isGroupAlive()) this.#finish();
  }

  // i[impl app.left-behind]
  /** The program has ended, and with it the run: neither its group nor who holds its output is waited for any longer. */
  #drained(): void {
    this.#leftBehind = this.#signalGroup('SIGKILL') || !this.#isClosed || this.#leftBehind;
    this.#finish();
  }

  #cannotStart(error: unknown): void {
    if (this.#isOver) return;
    const handler = this.#release();
    handler?.cannotStart(startFailure(error, this.#run));
    this.#gone();
  }

  #finish(): void {
    if (this.#isOver || this.#end === null) return;
    const end: HookEnd = {
      exitCode: this.#end.code,
      signal: this.#end.signal,
      timedOut: this.#timedOut,
      ...this.#output.keep(this.#run.secrets),
      leftBehind: this.#leftBehind,
      durationMs: Math.round(this.#clock.monotonicMs() - this.#startedAt),
    };
    const handler = this.#release();
    handler?.ended(end);
    this.#gone();
  }

  #release(): HookHandler | null {
    this.#isOver = true;
    this.#clearTimers();
    const handler = this.#handler;
    this.#handler = null;
    this.#child?.stdin?.destroy();
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
    return handler;
  }

  /** True when there was somebody in the group. */
  #signalGroup(signal: NodeJS.Signals): boolean {
    const pid = this.#child?.pid;
    return pid !== undefined && signalQuietly(-pid, signal);
  }

  #isGroupAlive(): boolean {
    return this.#child?.pid !== undefined && signalQuietly(-this.#child.pid, 0);
  }

  #after(delayMs: number, act: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }
}
