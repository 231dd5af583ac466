/** One reader of the event log: where it is, whether it takes more, and what it missed. */
import type { StoredEvent } from '../src/ports/index.ts';

export type EventDelivery =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'gap'; readonly from: string; readonly to: string }
  | { readonly kind: 'caught-up' };

/** The log as its readers see it. */
export interface EventSource {
  /** Id of the newest event; empty when there never was one. */
  readonly newest: string;
  /** Id of the newest event that was given up unwritten; empty when none was. */
  readonly lostTo: string;
  /** Id of the oldest event that can still be had; empty when there is none. */
  readonly oldest: string;
  /** Whether an event is still held in memory. */
  holds(id: string): boolean;
  /** The next events, oldest first; empty only when there are none; null when they cannot be read. */
  after(since: string): readonly StoredEvent[] | null;
}

export class EventReader {
  readonly #source: EventSource;
  readonly #deliver: (delivery: EventDelivery) => boolean;
  /** Id of the last event delivered, or passed over. */
  #cursor: string;
  #gapTo: string | null = null;
  #full = false;
  #closed = false;
  #caughtUp = false;
  #advancing = false;

  /** `since` is exclusive, empty for everything; null for what happens from now on. */
  constructor(source: EventSource, since: string | null, deliver: (delivery: EventDelivery) => boolean) {
    this.#source = source;
    this.#deliver = deliver;
    this.#cursor = since ?? source.newest;
    if (since !== null && since !== '' && since < source.oldest && !source.holds(since))
      this.#gapTo = source.oldest;
  }

  /** Delivers what there is, as far as the reader takes it. */
  advance(): void {
    if (this.#full || this.#advancing || this.#closed) return;
    this.#advancing = true;
    this.#tellGap();
    while (this.#takes() && this.#cursor < this.#source.newest) {
      const events = this.#source.after(this.#cursor);
      if (events === null) {
        this.#passOver();
        continue;
      }
      if (events.length === 0) break;
      for (const event of events) if (!this.#pass(event)) break;
    }
    if (this.#takes() && !this.#caughtUp) {
      this.#caughtUp = true;
      this.#offer({ kind: 'caught-up' });
    }
    this.#advancing = false;
  }

  /** An event happened. A reader that has all before it is handed it as it is; one behind reads it from the disk. */
  appended(event: StoredEvent, before: string): void {
    if (!this.#takes() || this.#advancing || this.#cursor !== before || this.#gapTo !== null) this.advance();
    else this.#pass(event);
  }

  /** The reader takes more. What came next for it may have been dropped meanwhile. */
  pull(): void {
    const { oldest, newest } = this.#source;
    this.#full = false;
    if (this.#cursor !== '' && this.#cursor < oldest && this.#cursor < newest && !this.#source.holds(oldest))
      this.#gapTo = oldest;
    this.advance();
  }

  close(): void {
    this.#closed = true;
  }

  #takes(): boolean {
    return !this.#full && !this.#closed;
  }

  // i[impl events.unreadable]
  /** What cannot be read is lost to this reader, and it hears so. */
  #passOver(): void {
    this.#gapTo = this.#source.newest;
    this.#tellGap();
    this.#cursor = this.#source.newest;
  }

  #tellGap(): void {
    if (this.#gapTo === null) return;
    const to = this.#gapTo;
    this.#gapTo = null;
    this.#offer({ kind: 'gap', from: this.#cursor, to });
  }

  /** One event, and before it the word that those between were lost; false when the reader takes no more. */
  #pass(event: StoredEvent): boolean {
    const { lostTo } = this.#source;
    if (this.#cursor < lostTo && event.id > lostTo) {
      const from = this.#cursor;
      this.#cursor = lostTo;
      if (!this.#offer({ kind: 'gap', from, to: event.id })) return false;
    }
    this.#cursor = event.id;
    return this.#offer({ kind: 'event', event });
  }

  #offer(delivery: EventDelivery): boolean {
    if (!this.#deliver(delivery)) this.#full = true;
    return this.#takes();
  }
}
