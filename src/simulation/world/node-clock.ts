/**
 * A node's clock: the world's time, a wall clock that may be wrong, and the node's own slowness. While a node is busy
 * (its disk is slow) its timers and what the network brings wait, since a node does one thing at a time.
 */
import type { Clock } from '../../ports/index.ts';
import type { Due } from './due-heap.ts';
import type { VirtualTime } from './virtual-time.ts';

/** When every simulated world begins, by a clock that is right. */
export const worldBeganAt = Date.UTC(2026, 4, 7, 12, 0, 0);

export class NodeClock implements Clock {
  /** How far the wall clock is ahead of the right time. */
  skewMs = 0;
  readonly #time: VirtualTime;
  readonly #node: number;
  #busyUntil = 0;
  readonly #timers = new Set<Due>();
  #isStopped = false;

  constructor(time: VirtualTime, node: number) {
    this.#time = time;
    this.#node = node;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return worldBeganAt + this.skewMs + this.#time.now;
  }

  monotonicMs(): number {
    return this.#time.now;
  }

  setTimeout(callback: (...args: unknown[]) => void, delayMs: number): unknown {
    if (this.#isStopped) return null;
    const due: Due = this.#time.schedule(delayMs, this.#node, () => {
      this.#timers.delete(due);
      this.whenFree(callback);
    });
    this.#timers.add(due);
    return due;
  }

  clearTimeout(handle: unknown): void {
    const due = handle as Due | null | undefined;
    if (due === null || due === undefined || !this.#timers.delete(due)) return;
    this.#time.cancel(due);
  }

  /** Has something happen to this node after a while. It cannot be called off, and is not counted as a timer. */
  later(delayMs: number, action: () => void): void {
    this.#time.schedule(delayMs, this.#node, () => this.whenFree(action));
  }

  /** The node does nothing else for this long. */
  occupy(durationMs: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, this.#time.now) + durationMs;
  }

  /** The node is gone: no timer fires any more. */
  stop(): void {
    this.#isStopped = true;
    for (const due of this.#timers) this.#time.cancel(due);
    this.#timers.clear();
  }

  /** Now, or as soon as the node has nothing else to do; never when it is gone. */
  whenFree(action: () => void): void {
    if (this.#isStopped) return;
    if (this.#busyUntil <= this.#time.now) action();
    else this.#time.scheduleAt(this.#busyUntil, this.#node, () => this.whenFree(action));
  }
}
