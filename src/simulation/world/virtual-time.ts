/**
 * The one clock of a simulated world: a queue of what is due, by time and then by the order in which it was asked for.
 * Nothing happens between two steps, and a step sees the exact moment it was due at.
 */
import { assert } from '../../protocol/index.ts';
import { type Due, DueHeap } from './due-heap.ts';

/** Who a step belongs to when it belongs to no node. */
export const noNode = -1;

export class VirtualTime {
  /** Milliseconds since the world began. */
  now = 0;
  /** Steps taken. */
  steps = 0;
  #orders = 0;
  readonly #heap = new DueHeap();

  /** Things that are due some time, cancelled ones included. */
  get waiting(): number {
    return this.#heap.size;
  }

  /** When the next step is due, or null when nothing ever is. */
  get next(): number | null {
    return this.#heap.first?.at ?? null;
  }

  schedule(delayMs: number, node: number, run: () => void): Due {
    return this.scheduleAt(this.now + Math.max(0, delayMs), node, run);
  }

  scheduleAt(at: number, node: number, run: () => void): Due {
    assert(at >= this.now, 'nothing is due in the past');
    this.#orders += 1;
    const due: Due = { at, order: this.#orders, node, run };
    this.#heap.push(due);
    return due;
  }

  cancel(due: Due): void {
    due.run = null;
  }

  /** Takes the next step that is due by `end`; null when there is none, and then it is `end`. */
  step(end: number): Due | null {
    for (let due = this.#heap.first; due !== null && due.at <= end; due = this.#heap.first) {
      this.#heap.pop();
      const { run } = due;
      if (run === null) continue;
      due.run = null;
      this.now = due.at;
      this.steps += 1;
      run();
      return due;
    }
    this.now = Math.max(this.now, end);
    return null;
  }
}
