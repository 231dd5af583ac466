/** What tests of the news hand it, the states they begin in, and the cases that are the same in each. */
import type { EventFrom, SnapshotFrom } from 'xstate';
import type { SupervisorToNews } from '../../machines/events.ts';
import { newsMachine } from '../../machines/news-machine.ts';
import type { Coming, PeerAnnounced } from '../../machines/peer-events.ts';
import type { Version } from '../../src/protocol/types.ts';
import { version } from './peer-fixture.ts';
import { begin, type Row, walk } from './transition-rows.ts';

type Snapshot = SnapshotFrom<typeof newsMachine>;
type Event = EventFrom<typeof newsMachine>;

export function announced(
  linkId: string,
  announcement: Version,
  comes: Coming = 'over-another',
): PeerAnnounced {
  return { type: 'peer.announced', linkId, version: announcement, comes };
}

export function arrived(seq: number): SupervisorToNews {
  return { type: 'news.arrived', version: version(seq) };
}

export function refused(of: Version): SupervisorToNews {
  return { type: 'news.refused', hash: of.hash, forMs: null };
}

export function gone(linkId: string): SupervisorToNews {
  return { type: 'news.link-gone', linkId };
}

export function asks(linkId: string): Row {
  return { to: 'parent', event: { type: 'news.pull', linkId } };
}

export function knows(linkId: string, announcement: Version, comes: Coming = 'over-another') {
  return { linkId, version: announcement, comes };
}

export function callsNearer(linkId: string): Row {
  return { to: 'parent', event: { type: 'news.nearer', linkId } };
}

export function after(from: Snapshot, ...events: Event[]): Snapshot {
  return walk(newsMachine, from, ...events);
}

export const informed = begin(newsMachine, {
  heldSeq: 5,
  refused: [{ hash: version(9, 'b').hash, forMs: null }],
}).snapshot;
/** Heard of 6 from `a`. */
export const waiting = after(informed, announced('a', version(6)));
/** Asked `a` for it. */
export const asking = after(informed, announced('a', version(6), 'when-asked'));
/** `b` has it too. */
export const askingWithMore = after(asking, announced('b', version(6)));

/** What may come by itself did not. */
export const overdue = { type: 'xstate.after.pullDelay.news.waiting' } as unknown as Event;
export const puts: Row = { cancel: 'pullDelay' };
export const over: Row = { cancel: 'pullTimeout' };
export const patience: Row = { after: 'pullTimeout', delay: 2_000 };
export const nothingWanted = { wanted: null, announcers: [] };

export interface Case {
  readonly title: string;
  readonly from: Snapshot;
  readonly event: Event;
  readonly value: string;
  readonly changes?: { readonly [field: string]: unknown };
  readonly rows?: readonly Row[];
}

const soon: Row = { raise: { type: 'announce.due' }, delay: 10 };
const stored: Event = { type: 'news.stored', version: version(5) };
const due: Event = { type: 'announce.due' };
export const tells: Row = { to: 'parent', event: { type: 'news.announce' } };

/** In every state: what we hold is told a moment after it is stored. */
// g[verify gossip.announcement]
export function telling(from: Snapshot, value: string): Case[] {
  return [
    {
      title: 'plans to tell what is stored',
      from,
      event: stored,
      value,
      changes: { announcing: true },
      rows: [soon],
    },
    { title: 'plans that once', from: after(from, stored), event: stored, value },
    {
      title: 'tells it when that is due',
      from: after(from, stored),
      event: due,
      value,
      changes: { announcing: false },
      rows: [tells],
    },
    {
      title: 'forgets a refusal when its time is over',
      from,
      event: { type: 'refusal.over', hash: version(9, 'b').hash },
      value,
      changes: { refused: [] },
    },
  ];
}

const known = [{ hash: version(9, 'b').hash, forMs: null }];
export const remembered = (of: Version) => ({ refused: [...known, { hash: of.hash, forMs: null }] });
