/**
 * What runs on a node's machine for its apps. A program outlives the process that started it, as it does when a node is
 * killed: it goes on to its end, or until somebody stops it.
 */

interface Timers {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}

export interface Program {
  /** Of the run; unique on one disk. */
  readonly id: string;
  readonly app: string;
  /** What it was told: a value for each param. */
  readonly params: ParamValues;
}

export type ParamValues = { readonly [param: string]: string | null };

/** Sees programs come and go. */
export interface ProgramWatch {
  readonly began?: (program: Program) => void;
  readonly ended?: (program: Program, how: 'well' | 'badly' | 'stopped') => void;
}

export class Programs {
  /** What the app goes by: what its last program was told. Null when that did not end well, or is still running. */
  readonly told = new Map<string, ParamValues | null>();
  readonly #running = new Map<string, { readonly program: Program; readonly timer: unknown }>();
  readonly #timers: Timers;
  readonly #watch: ProgramWatch;

  constructor(timers: Timers, watch: ProgramWatch = {}) {
    this.#timers = timers;
    this.#watch = watch;
  }

  get running(): readonly Program[] {
    return [...this.#running.values()].map(({ program }) => program);
  }

  begin(
    program: Program,
    { ms, well }: { readonly ms: number; readonly well: boolean },
    done: () => void,
  ): void {
    const timer = this.#timers.setTimeout(() => {
      this.#running.delete(program.id);
      if (well) this.told.set(program.app, program.params);
      this.#watch.ended?.(program, well ? 'well' : 'badly');
      done();
    }, ms);
    this.#running.set(program.id, { program, timer });
    this.told.set(program.app, null);
    this.#watch.began?.(program);
  }

  /** How many were stopped: one, or none when it ended before. */
  stop(id: string): number {
    const found = this.#running.get(id);
    if (found === undefined) return 0;
    this.#running.delete(id);
    this.#timers.clearTimeout(found.timer);
    this.#watch.ended?.(found.program, 'stopped');
    return 1;
  }

  stopAll(): void {
    for (const id of [...this.#running.keys()]) this.stop(id);
  }
}
