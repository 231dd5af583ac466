/**
 * The node's event log: gives every event an id and a time, keeps it, and delivers it to readers. Ids ascend across
 * restarts and clock changes. Written in batches: a batch is lost only when the process dies within it.
 */
import type { GroveEvent } from '../machines/grove-events.ts';
import type { Clock, GroveStore, StoredEvent } from '../src/ports/index.ts';
import { formatTimestamp } from '../src/protocol/index.ts';
import type { Json, RequestActor } from '../src/protocol/types.ts';
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

export type EventDelivery =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'gap'; readonly from: string; readonly to: string }
  | { readonly kind: 'caught-up' };

export interface EventLog {
  append(event: GroveEvent): StoredEvent;
  /** See `NodeControl.subscribe`. */
  subscribe(
    since: string | null,
    deliver: (delivery: EventDelivery) => boolean,
  ): { pull(): void; close(): void };
  flush(): void;
  close(): void;
}

interface Reader {
  /** Called with each new event and the id of the one before it. */
  appended(event: StoredEvent, before: string): void;
}

export function createEventLog(parts: {
  readonly store: GroveStore;
  readonly clock: Clock;
  readonly log: GroveLog;
}): EventLog {
  const { store, clock, log } = parts;
  const nextId = idSequence(store.eventBounds()?.newest ?? null, () => clock.now());
  const readers = new Set<Reader>();
  let unwritten: StoredEvent[] = [];
  let newest = store.eventBounds()?.newest ?? '';
  /** The newest event that was given up unwritten; readers that have not passed it are told. */
  let lostTo = '';
  let failing = false;
  let timer: unknown = null;

  function flush(): void {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
    if (unwritten.length === 0) return;
    const failure = whenStoreFails<string | null>(
      () => {
        store.appendEvents(unwritten);
        return null;
      },
      (detail) => detail,
    );
    if (failure === null) unwritten = [];
    else {
      if (!failing) log.warn('events could not be written', { detail: failure, waiting: unwritten.length });
      lostTo = unwritten.at(-unwrittenMax - 1)?.id ?? lostTo;
      unwritten = unwritten.slice(-unwrittenMax);
      schedule(retryMs);
    }
    failing = failure !== null;
  }

  function schedule(delayMs: number): void {
    timer ??= clock.setTimeout(flush, delayMs);
  }

  /** Kept events after `since`, from the disk and then those not written yet. */
  function after(since: string): readonly StoredEvent[] {
    const stored = store.eventsSince(since === '' ? null : since, pageMax);
    const last = stored.at(-1)?.id ?? since;
    return stored.length === pageMax ? stored : [...stored, ...unwritten.filter(({ id }) => id > last)];
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
      const before = newest;
      unwritten.push(stored);
      newest = stored.id;
      schedule(batchMs);
      for (const reader of readers) reader.appended(stored, before);
      return stored;
    },

    // i[impl events.resume]
    subscribe: (since, deliver) => {
      let cursor = since ?? newest;
      let full = false;
      let closed = false;
      let caughtUp = false;
      let advancing = false;
      const oldest = store.eventBounds()?.oldest ?? unwritten[0]?.id ?? '';
      let gapTo = since !== null && since !== '' && since < oldest && !kept(since) ? oldest : null;

      function kept(id: string): boolean {
        return unwritten.some((event) => event.id === id);
      }

      function offer(delivery: EventDelivery): boolean {
        if (!deliver(delivery)) full = true;
        return !full && !closed;
      }

      function advance(): void {
        if (full || advancing || closed) return;
        advancing = true;
        if (gapTo !== null) {
          const to = gapTo;
          gapTo = null;
          offer({ kind: 'gap', from: cursor, to });
        }
        while (!full && !closed) {
          const events = cursor < newest ? after(cursor) : [];
          if (events.length === 0) break;
          for (const event of events) {
            if (cursor < lostTo && event.id > lostTo && !offer({ kind: 'gap', from: cursor, to: event.id })) {
              cursor = lostTo;
              break;
            }
            cursor = event.id;
            if (!offer({ kind: 'event', event })) break;
          }
        }
        if (!full && !closed && !caughtUp) {
          caughtUp = true;
          offer({ kind: 'caught-up' });
        }
        advancing = false;
      }

      // A reader that has everything is handed the next event as it is; one that is behind reads it from the disk.
      const reader: Reader = {
        appended: (event, before) => {
          if (full || advancing || cursor !== before || gapTo !== null) advance();
          else {
            cursor = event.id;
            offer({ kind: 'event', event });
          }
        },
      };
      readers.add(reader);
      advance();
      return {
        pull: () => {
          full = false;
          noticeLoss();
          advance();
        },
        close: () => {
          closed = true;
          readers.delete(reader);
        },
      };

      /** A reader that was too slow finds that what comes next for it was dropped meanwhile. */
      function noticeLoss(): void {
        const bounds = store.eventBounds();
        if (bounds !== null && cursor !== '' && cursor < bounds.oldest && cursor < newest)
          gapTo = bounds.oldest;
      }
    },

    flush,
    close: () => {
      flush();
      readers.clear();
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
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
