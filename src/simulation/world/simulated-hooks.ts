/**
 * What apps have done, without a process or a file: every run, file and signal is noted, and takes as long on the
 * clock it is given and ends as it is told to.
 */
import type {
  ActionOutcome,
  AppActions,
  HookEnd,
  HookHandler,
  HookRun,
  HookRunner,
  RenderRequest,
  RestartRequest,
  SecretBox,
  SecretFailure,
  SecretPlace,
} from '../../ports/index.ts';
import type { AppSignal } from '../../protocol/app-types.ts';
import type { Verdict } from '../../protocol/types.ts';
import { type ParamValues, Programs } from './programs.ts';

interface Timers {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** How a run goes. */
export interface HookManner {
  readonly ms?: number;
  readonly exitCode?: number;
  readonly cannotStart?: string;
  readonly output?: string;
}

export interface NotedRun {
  readonly id: string;
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly input: { readonly [name: string]: unknown };
  state: 'running' | 'ended' | 'cancelled';
}

/** The process that has things done, and the machine it is on. */
export interface HookHost {
  readonly programs: Programs;
  /** Nothing that this process does has an effect any more. */
  readonly isDead: () => boolean;
  /** A program was just started. */
  readonly started: () => void;
  /** Has the process hear of something as soon as it can, unless it is gone. */
  readonly deliver: (action: () => void) => void;
}

export class SimulatedHooks implements HookRunner, AppActions {
  readonly runs: NotedRun[] = [];
  readonly rendered: RenderRequest[] = [];
  readonly signalled: AppSignal[] = [];
  readonly restarted: RestartRequest[] = [];
  readonly stopped: string[] = [];
  /** How the next runs go. */
  manner: (run: HookRun) => HookManner = () => ({});
  readonly #timers: Timers;
  readonly #host: HookHost;

  constructor(timers: Timers, host: HookHost = aloneWith(timers)) {
    this.#timers = timers;
    this.#host = host;
  }

  get running(): number {
    return this.runs.filter(({ state }) => state === 'running').length;
  }

  run(run: HookRun, handler: HookHandler): () => void {
    const { programs, isDead, started, deliver } = this.#host;
    if (isDead()) return () => {};
    const { ms = 1, exitCode = 0, cannotStart, output = '' } = this.manner(run);
    const input = JSON.parse(new TextDecoder().decode(run.stdin)) as NotedRun['input'];
    const { id, command, environment, timeoutMs } = run;
    const noted: NotedRun = { id, command, environment, input, state: 'running' };
    this.runs.push(noted);
    const durationMs = Math.min(ms, timeoutMs);
    const timedOut = ms > timeoutMs;
    const well = cannotStart === undefined && exitCode === 0 && !timedOut;
    const program = { id, app: String(input.app), params: input.params as ParamValues };
    programs.begin(program, { ms: durationMs, well }, () => {
      if (noted.state !== 'running') return;
      noted.state = 'ended';
      deliver(() => {
        if (cannotStart !== undefined)
          return handler.cannotStart({ kind: 'not_found', message: cannotStart });
        handler.started(this.runs.length);
        handler.ended(endOf({ exitCode: timedOut ? null : exitCode, timedOut, output, durationMs }));
      });
    });
    started();
    return () => {
      // A process that was killed stops nothing.
      if (noted.state !== 'running' || isDead()) return;
      noted.state = 'cancelled';
      programs.stop(id);
    };
  }

  stopLeftover(id: string, done: (killed: number) => void): void {
    if (this.#host.isDead()) return;
    this.stopped.push(id);
    const killed = this.#host.programs.stop(id);
    this.#timers.setTimeout(() => done(killed), 1);
  }

  close(done: () => void): void {
    this.#host.programs.stopAll();
    this.#timers.setTimeout(done, 0);
  }

  renderFile(
    request: RenderRequest,
    done: (outcome: ActionOutcome<{ readonly changed: boolean }>) => void,
  ): () => void {
    const before = this.rendered.findLast(({ render }) => render.target === request.render.target);
    const changed = JSON.stringify(before?.values) !== JSON.stringify(request.values);
    this.rendered.push(request);
    return this.#soon(() => done({ ok: true, result: { changed } }));
  }

  signalProcess(
    signal: AppSignal,
    done: (outcome: ActionOutcome<{ readonly pid: number }>) => void,
  ): () => void {
    this.signalled.push(signal);
    return this.#soon(() => done({ ok: true, result: { pid: 77 } }));
  }

  restartUnit(request: RestartRequest, done: (outcome: ActionOutcome<HookEnd>) => void): () => void {
    this.restarted.push(request);
    const end = endOf({ exitCode: 0, timedOut: false, output: '', durationMs: 1 });
    return this.#soon(() => done({ ok: true, result: end }));
  }

  #soon(callback: () => void): () => void {
    const timer = this.#timers.setTimeout(callback, 1);
    return () => this.#timers.clearTimeout(timer);
  }
}

function aloneWith(timers: Timers): HookHost {
  return {
    programs: new Programs(timers),
    isDead: () => false,
    started: () => {},
    deliver: (action) => action(),
  };
}

/** Seals so that a test can tell it from the value, and opens what it sealed for the same place. */
export class SimulatedSecrets implements SecretBox {
  /** Set to lose the key. */
  lost = false;

  seal(value: string, { app, param }: SecretPlace): Verdict<string, SecretFailure> {
    if (this.lost) return keyMissing;
    return { ok: true, value: Buffer.from(`${app} ${param} ${value}`).toString('base64') };
  }

  open(sealed: string, { app, param }: SecretPlace): Verdict<string, SecretFailure> {
    if (this.lost) return keyMissing;
    const place = `${app} ${param} `;
    const text = Buffer.from(sealed, 'base64').toString();
    if (text.startsWith(place)) return { ok: true, value: text.slice(place.length) };
    return { ok: false, reason: { kind: 'damaged', message: 'sealed for another place' } };
  }
}

const keyMissing = {
  ok: false as const,
  reason: { kind: 'key_missing' as const, message: 'the key file is gone: restore it' },
};

function endOf(end: Pick<HookEnd, 'exitCode' | 'timedOut' | 'output' | 'durationMs'>): HookEnd {
  return {
    ...end,
    signal: end.exitCode === null ? 'SIGKILL' : null,
    outputTruncated: false,
    leftBehind: false,
  };
}
