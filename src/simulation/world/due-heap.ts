/** What is due in a simulated world, the earliest first; of two that are due at one moment, whichever was asked for first. */

/** One thing to happen. `cancelled` ones are skipped when their time comes. */
export interface Due {
  readonly at: number;
  readonly order: number;
  readonly node: number;
  run: (() => void) | null;
}

/** Below each entry stand so many: fewer levels than with two, and all of them side by side in memory. */
const below = 4;

export class DueHeap {
  readonly #dues: Due[] = [];
  /** The moments of `#dues`, apart from them: thousands lie all over the memory, and most comparisons need no more. */
  readonly #ats: number[] = [];

  get size(): number {
    return this.#dues.length;
  }

  get first(): Due | null {
    return this.#dues[0] ?? null;
  }

  push(due: Due): void {
    let index = this.#dues.length;
    while (index > 0) {
      const above = Math.floor((index - 1) / below);
      if (!this.#isBefore(due, above)) break;
      this.#move(above, index);
      index = above;
    }
    this.#put(due, index);
  }

  /** Takes the first one away. */
  pop(): void {
    const last = this.#dues.pop();
    this.#ats.pop();
    if (last === undefined || this.#dues.length === 0) return;
    let index = 0;
    for (;;) {
      const next = this.#firstBelow(index);
      if (next === null || this.#isBefore(last, next)) break;
      this.#move(next, index);
      index = next;
    }
    this.#put(last, index);
  }

  #firstBelow(index: number): number | null {
    const begin = below * index + 1;
    const end = Math.min(begin + below, this.#dues.length);
    if (begin >= end) return null;
    let first = begin;
    for (let other = begin + 1; other < end; other += 1) {
      if ((this.#ats[other] ?? 0) > (this.#ats[first] ?? 0)) continue;
      const due = this.#dues[other];
      if (due !== undefined && this.#isBefore(due, first)) first = other;
    }
    return first;
  }

  #isBefore(due: Due, index: number): boolean {
    const at = this.#ats[index] ?? 0;
    return due.at < at || (due.at === at && due.order < (this.#dues[index]?.order ?? 0));
  }

  #move(from: number, to: number): void {
    const due = this.#dues[from];
    if (due !== undefined) this.#put(due, to);
  }

  #put(due: Due, index: number): void {
    this.#dues[index] = due;
    this.#ats[index] = due.at;
  }
}
