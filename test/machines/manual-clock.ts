/**
 * A clock tests step by hand: it goes from deadline to deadline, first in first out when two are equal, and timers set
 * by a callback count from that callback's moment.
 */

interface Timer {
  readonly id: number;
  readonly due: number;
  readonly callback: () => void;
}

/** Deadlines one `advance` may pass; more means that timers keep setting timers for now. */
const stepsMax = 1_000_000;

export class ManualClock {
  #now = 0;
  #nextId = 1;
  #timers: Timer[] = [];

  setTimeout(callback: (...args: unknown[]) => void, delayMs: number): unknown {
    const timer = { id: this.#nextId, due: this.#now + Math.max(0, delayMs), callback };
    this.#nextId += 1;
    const later = this.#timers.findIndex(({ due }) => due > timer.due);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return timer.id;
  }

  clearTimeout(handle: unknown): void {
    this.#timers = this.#timers.filter(({ id }) => id !== handle);
  }

  /** Milliseconds since the start. */
  now(): number {
    return this.#now;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** The next deadline, or null when no timer is set. */
  get nextDeadline(): number | null {
    return this.#timers[0]?.due ?? null;
  }

  /** Lets `ms` milliseconds pass; returns how many timers fired. */
  advance(ms: number): number {
    const end = this.#now + ms;
    let fired = 0;
    for (; fired < stepsMax; fired += 1) {
      const [next, ...rest] = this.#timers;
      if (next === undefined || next.due > end) break;
      this.#timers = rest;
      this.#now = next.due;
      next.callback();
    }
    if (fired === stepsMax) throw new Error(`more than ${stepsMax} timers fired within ${ms} ms`);
    this.#now = end;
    return fired;
  }
}
