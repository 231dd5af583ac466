/**
 * Decides when a connection is attended to: read, written, its packets sent, its timer set. Packets that
 * arrive together are answered together, once the socket has been emptied; what the program writes leaves in
 * the same turn of the event loop it was written in.
 */

export interface Attended {
  attend(): void;
}

export class TurnQueue<Item extends Attended> {
  #soon = new Set<Item>();
  #afterReads = new Set<Item>();
  readonly #failed: (item: Item, error: unknown) => void;

  constructor(failed: (item: Item, error: unknown) => void) {
    this.#failed = failed;
  }

  // t[impl flow.same-turn]
  /** Before the event loop goes on. */
  thisTurn(item: Item): void {
    if (this.#soon.size === 0) queueMicrotask(() => this.#run(this.#takeSoon()));
    this.#soon.add(item);
  }

  /** When the datagrams that are waiting in the socket have been read. */
  afterReads(item: Item): void {
    if (this.#afterReads.size === 0) setImmediate(() => this.#run(this.#takeAfterReads()));
    this.#afterReads.add(item);
  }

  #takeSoon(): Set<Item> {
    const items = this.#soon;
    this.#soon = new Set();
    return items;
  }

  #takeAfterReads(): Set<Item> {
    const items = this.#afterReads;
    this.#afterReads = new Set();
    return items;
  }

  #run(items: ReadonlySet<Item>): void {
    for (const item of items) {
      try {
        item.attend();
      } catch (error) {
        this.#failed(item, error);
      }
    }
  }
}
