/**
 * The one clock of a simulated world: a queue of what is due, by time and then by the order in which it was asked for.
 * Nothing happens between two steps, and a step sees the exact moment it was due at.
 */
import { assert } from '../../protocol/index.ts';

/** One thing to happen. `cancelled` ones are skipped when their time comes. */
export interface Due {
  readonly at: number;
  readonly order: number;
  readonly node: number;
  run: (() => void) | null;
}

/** Who a step belongs to when it belongs to no node. */
export const noNode = -1;

export class VirtualTime {
  /** Milliseconds since the world began. */
  now = 0;
  /** Steps taken. */
  steps = 0;
  #orders = 0;
  readonly #heap: Due[] = [];

  /** Things that are due some time, cancelled ones included. */
  get waiting(): number {
    return this.#heap.length;
  }

  /** When the next step is due, or null when nothing ever is. */
  get next(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  schedule(delayMs: number, node: number, run: () => void): Due {
    return this.scheduleAt(this.now + Math.max(0, delayMs), node, run);
  }

  scheduleAt(at: number, node: number, run: () => void): Due {
    assert(at >= this.now, 'nothing is due in the past');
    this.#orders += 1;
    const due: Due = { at, order: this.#orders, node, run };
    this.#push(due);
    return due;
  }

  cancel(due: Due): void {
    due.run = null;
  }

  /** Takes the next step that is due by `end`; null when there is none, and then it is `end`. */
  step(end: number): Due | null {
    for (let due = this.#heap[0]; due !== undefined && due.at <= end; due = this.#heap[0]) {
      this.#pop();
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

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(due, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const first = heap[left];
      if (first === undefined) break;
      const second = heap[right];
      const isRight = second !== undefined && isBefore(second, first);
      const child = isRight ? second : first;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = isRight ? right : left;
    }
    heap[index] = last;
  }
}

function isBefore(left: Due, right: Due): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
