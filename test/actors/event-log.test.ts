/** The event log on a real store, with a clock that can be set back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog, type EventLog } from '../../actors/event-log.ts';
import type { EventDelivery } from '../../actors/event-reader.ts';
import type { GroveStore } from '../../src/ports/index.ts';
import { type NodeStore, openStore } from '../../src/store/index.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { ManualClock } from '../machines/manual-clock.ts';

let directory: string;
let store: NodeStore;
let clock: ManualClock;
let wallMs: number;
let full: boolean;
let writes: number;
let warnings: string[];
let unreadable: boolean;
let log: EventLog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'grove-events-'));
  clock = new ManualClock();
  [wallMs, full, unreadable, writes, warnings] = [Date.UTC(2026, 4, 7), false, false, 0, []];
  store = openStore({ directory });
  log = openLog();
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

function openLog(): EventLog {
  const sometimes: GroveStore = {
    ...store,
    eventsSince: (since, limit) => {
      if (unreadable) throw new StoreError('io', 'the disk does not answer');
      return store.eventsSince(since, limit);
    },
    appendEvents: (events) => {
      writes += 1;
      if (full) throw new StoreError('disk_full', 'the disk is full');
      store.appendEvents(events);
    },
  };
  return createEventLog({
    store: sometimes,
    clock: {
      setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
      clearTimeout: (handle) => clock.clearTimeout(handle),
      now: () => wallMs + clock.now(),
      monotonicMs: () => clock.now(),
    },
    log: { warn: (message) => warnings.push(message) },
  });
}

/** Appends events numbered `from` to `to`; returns their ids. */
function append(from: number, to = from): string[] {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return numbers.map((seq) => log.append({ type: 'grove.leader-state-recovered', seq }).id);
}

/** A reader that takes `appetite` deliveries at a time; notes numbers, gaps and the word that it is up to date. */
function read(since: string | null, appetite = Number.POSITIVE_INFINITY) {
  const notes: (number | string)[] = [];
  let hungry = appetite;
  const subscription = log.subscribe(since, (delivery: EventDelivery) => {
    notes.push(
      delivery.kind === 'event'
        ? Number(delivery.event.data.seq)
        : delivery.kind === 'gap'
          ? 'gap'
          : 'up to date',
    );
    hungry -= 1;
    return hungry > 0;
  });
  const pull = (more: number) => {
    hungry = more;
    subscription.pull();
  };
  return { notes, pull, close: () => subscription.close() };
}

describe('the ids of events', () => {
  it('ascend within a millisecond, when the clock is set back, and over a restart', () => {
    const ids = append(1, 3);
    wallMs -= 3_600_000;
    ids.push(...append(4, 5));
    log.close();
    wallMs -= 86_400_000;
    log = openLog();
    ids.push(...append(6, 7));
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toHaveLength(7);
    log.flush();
    expect(store.eventsSince(null, 100).map(({ id }) => id)).toEqual(ids);
  });
});

describe('a reader', () => {
  it('gets what follows the event it saw last, written or not, and then what happens', () => {
    const [first = ''] = append(1, 2);
    log.flush();
    append(3);
    const { notes } = read(first);
    append(4);
    expect(notes).toEqual([2, 3, 'up to date', 4]);
    expect(read('').notes).toEqual([1, 2, 3, 4, 'up to date']);
    expect(read(null).notes).toEqual(['up to date']);
  });

  it('resumes over a restart', () => {
    const [, second = ''] = append(1, 3);
    log.close();
    log = openLog();
    append(4);
    expect(read(second).notes).toEqual([3, 4, 'up to date']);
  });

  it('that is slow gets everything in its own time', () => {
    const { notes, pull } = read('', 2);
    append(1, 600);
    expect(notes).toEqual(['up to date', 1]);
    log.flush();
    pull(300);
    expect(notes.length).toBe(302);
    pull(1_000);
    append(601);
    expect(notes).toEqual(['up to date', ...Array.from({ length: 601 }, (_, index) => index + 1)]);
  });

  it('that comes too late is told of the gap', () => {
    const [first = ''] = append(1);
    append(2, 10_100);
    log.flush();
    const { notes } = read(first);
    expect([notes[0], notes[1], notes.at(-2), notes.at(-1)]).toEqual(['gap', 101, 10_100, 'up to date']);
  });

  it('that was too slow is told of the gap', () => {
    const { notes, pull } = read('', 2);
    append(1, 2);
    append(3, 10_100);
    log.flush();
    pull(1_000_000);
    expect(notes.slice(0, 4)).toEqual(['up to date', 1, 'gap', 101]);
    expect(notes.at(-1)).toBe(10_100);
  });

  it('hears nothing after it closed, not even from within a delivery', () => {
    append(1, 5);
    const heard: string[] = [];
    const subscription = log.subscribe(null, ({ kind }) => {
      heard.push(kind);
      if (heard.length === 3) subscription.close();
      return true;
    });
    append(6, 9);
    expect(heard).toEqual(['caught-up', 'event', 'event']);
  });
});

describe('a log that cannot be read', () => {
  // i[verify events.unreadable]
  it('leaves a gap for those who are behind, warns once, and serves who follows', () => {
    append(1, 300);
    log.flush();
    const follower = read(null);
    const slow = read('', 3);
    unreadable = true;
    slow.pull(1_000);
    append(301, 302);
    expect(slow.notes).toEqual([1, 2, 3, 'gap', 'up to date', 301, 302]);
    expect(read('').notes).toEqual(['gap', 'up to date']);
    expect([warnings, log.unreadable]).toEqual([['events could not be read'], 'the disk does not answer']);
    unreadable = false;
    expect(read('').notes).toHaveLength(303);
    expect([follower.notes, log.unreadable]).toEqual([['up to date', 301, 302], null]);
  });
});

describe('a log that cannot be written', () => {
  it('keeps events, tries again without haste, warns once, and delivers meanwhile', () => {
    const { notes } = read('');
    full = true;
    append(1, 3);
    clock.advance(3_600_000);
    expect(writes).toBeLessThan(400);
    expect(warnings).toEqual(['events could not be written']);
    expect(notes).toEqual(['up to date', 1, 2, 3]);
    full = false;
    clock.advance(11_000);
    expect(store.eventsSince(null, 10).map(({ data }) => data.seq)).toEqual([1, 2, 3]);
    full = true;
    append(4);
    clock.advance(60_000);
    expect(warnings).toHaveLength(2);
  });

  it('gives up the oldest beyond a thousand, and says so to readers that lack them', () => {
    const slow = read('', 3);
    const fast = read('');
    append(1, 2);
    log.flush();
    full = true;
    append(3, 1_500);
    clock.advance(60_000);
    full = false;
    clock.advance(11_000);
    slow.pull(1_000_000);
    expect(slow.notes.slice(0, 5)).toEqual(['up to date', 1, 2, 'gap', 501]);
    expect(slow.notes.at(-1)).toBe(1_500);
    expect(fast.notes).toHaveLength(1_501);
    expect(fast.notes).not.toContain('gap');
  });
});
