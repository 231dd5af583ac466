/**
 * The node's event log: gives every event an id and a time, keeps it, and delivers it to readers. Ids ascend across
 * restarts and clock changes. Written in batches: a batch is lost only when the process dies within it.
 */
import type { GroveEvent } from '../machines/grove-events.ts';
import type { Clock, GroveStore, StoredEvent } from '../src/ports/index.ts';
import { formatTimestamp } from '../src/protocol/index.ts';
import type { Json, RequestActor } from '../src/protocol/types.ts';
import { type EventDelivery, EventReader, type EventSource } from './event-reader.ts';
import type { GroveLog } from './parts.ts';
import { whenStoreFails } from './store-failure.ts';

/** How long an event may wait for others to be written with it. */
const batchMs = 50;
/** After a failed write the next one waits this long: a full disk does not empty by asking often. */
const retryMs = 10_000;
/** Events that wait to be written while the disk refuses; the oldest go. */
const unwrittenMax = 1_000;
/** Events read at once for a reader that is behind. */
const pageMax = 256;
const timeDigits = 9;
const countDigits = 4;
const countMax = 36 ** countDigits - 1;

export interface EventLog {
  append(event: GroveEvent): StoredEvent;
  /** See `NodeControl.subscribe`. */
  subscribe(
    since: string | null,
    deliver: (delivery: EventDelivery) => boolean,
  ): { pull(): void; close(): void };
  flush(): void;
  /** Why events could not be read the last time; null while they can. */
  readonly unreadable: string | null;
  close(): void;
}

export function createEventLog(parts: {
  readonly store: GroveStore;
  readonly clock: Clock;
  readonly log: GroveLog;
}): EventLog {
  const { store, clock, log } = parts;
  const readers = new Set<EventReader>();
  const kept = new KeptEvents(store, (detail) => log.warn('events could not be read', { detail }));
  const nextId = idSequence(kept.newest === '' ? null : kept.newest, () => clock.now());
  let failing = false;
  let timer: unknown = null;

  function flush(): void {
    clock.clearTimeout(timer);
    timer = null;
    const { failure, waiting } = kept.write();
    if (failure !== null) {
      if (!failing) log.warn('events could not be written', { detail: failure, waiting });
      schedule(retryMs);
    }
    failing = failure !== null;
  }

  function schedule(delayMs: number): void {
    timer ??= clock.setTimeout(flush, delayMs);
  }

  return {
    append: (event) => {
      const { type, actor, ...data } = event;
      const stored: StoredEvent = {
        id: nextId(),
        type,
        timestamp: formatTimestamp(clock.now()),
        ...(actor === undefined ? {} : { actor: actor satisfies RequestActor }),
        data: data as { readonly [key: string]: Json },
      };
      const before = kept.add(stored);
      schedule(batchMs);
      for (const reader of readers) reader.appended(stored, before);
      return stored;
    },

    // i[impl events.resume]
    subscribe: (since, deliver) => {
      const reader = new EventReader(kept, since, deliver);
      readers.add(reader);
      reader.advance();
      return {
        pull: () => reader.pull(),
        close: () => {
          reader.close();
          readers.delete(reader);
        },
      };
    },

    flush,
    get unreadable() {
      return kept.unreadable;
    },
    close: () => {
      flush();
      readers.clear();
      clock.clearTimeout(timer);
      timer = null;
    },
  };
}

/** The events on the disk, and behind them those not written yet. */
class KeptEvents implements EventSource {
  newest: string;
  lostTo = '';
  readonly #store: GroveStore;
  #unwritten: StoredEvent[] = [];
  readonly #failed: (detail: string) => void;
  unreadable: string | null = null;

  /** `failed` is told once for each time reading begins to fail. */
  constructor(store: GroveStore, failed: (detail: string) => void) {
    this.#store = store;
    this.#failed = failed;
    this.newest = store.eventBounds()?.newest ?? '';
  }

  get oldest(): string {
    return this.#read(() => this.#store.eventBounds()?.oldest) ?? this.#unwritten[0]?.id ?? '';
  }

  holds(id: string): boolean {
    return this.#unwritten.some((event) => event.id === id);
  }

  after(since: string): readonly StoredEvent[] | null {
    const stored = this.#read(() => this.#store.eventsSince(since === '' ? null : since, pageMax));
    if (stored === null || stored === undefined) return null;
    const last = stored.at(-1)?.id ?? since;
    return stored.length === pageMax ? stored : [...stored, ...this.#unwritten.filter(({ id }) => id > last)];
  }

  /** Null when the store fails. */
  #read<Result>(read: () => Result): Result | null {
    return whenStoreFails<Result | null>(
      () => {
        const result = read();
        this.unreadable = null;
        return result;
      },
      (detail) => {
        if (this.unreadable === null) this.#failed(detail);
        this.unreadable = detail;
        return null;
      },
    );
  }

  /** Returns the id of the event before it. */
  add(event: StoredEvent): string {
    const before = this.newest;
    this.#unwritten.push(event);
    this.newest = event.id;
    return before;
  }

  /** Writes what waits; what the disk refuses goes on waiting, up to a bound. */
  write(): { readonly failure: string | null; readonly waiting: number } {
    const waiting = this.#unwritten.length;
    if (waiting === 0) return { failure: null, waiting };
    const failure = whenStoreFails<string | null>(
      () => {
        this.#store.appendEvents(this.#unwritten);
        return null;
      },
      (detail) => detail,
    );
    if (failure !== null) this.lostTo = this.#unwritten.at(-unwrittenMax - 1)?.id ?? this.lostTo;
    this.#unwritten = failure === null ? [] : this.#unwritten.slice(-unwrittenMax);
    return { failure, waiting };
  }
}

/** Sortable ids: milliseconds and a count, both in base 36 of fixed width. */
function idSequence(newest: string | null, now: () => number): () => string {
  let lastMs = newest === null ? 0 : Number.parseInt(newest.slice(0, timeDigits), 36);
  let count = newest === null ? 0 : Number.parseInt(newest.slice(timeDigits), 36);
  return () => {
    const nowMs = Math.floor(now());
    if (nowMs > lastMs) {
      lastMs = nowMs;
      count = 0;
    } else if (count < countMax) {
      count += 1;
    } else {
      lastMs += 1;
      count = 0;
    }
    return lastMs.toString(36).padStart(timeDigits, '0') + count.toString(36).padStart(countDigits, '0');
  };
}
