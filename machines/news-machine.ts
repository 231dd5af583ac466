/**
 * What the node has heard of and not yet got: whom to ask for it and when, so that a payload is asked of one link at
 * a time. And the moment to tell the links that are not pushed to what we hold now.
 */
import { assign, enqueueActions, setup } from 'xstate';
import { announcersMax, refusedPayloadsMax, sameVersion } from '../src/protocol/index.ts';
import type { Version } from '../src/protocol/types.ts';
import { newsDelays } from './delays.ts';
import type { NewsToSupervisor, SupervisorToNews } from './events.ts';
import { parentOf } from './parent-of.ts';
import type { Coming } from './peer-events.ts';

interface Announcer {
  readonly linkId: string;
  readonly version: Version;
  readonly comes: Coming;
}

interface Refusal {
  readonly hash: string;
  /** How long it is remembered from when it was noted; null while the payload is set aside. */
  readonly forMs: number | null;
}

interface NewsContext {
  /** The newest payload announced and not here yet. */
  wanted: Version | null;
  /** Links to ask, in the order they announced, and what each announced last. */
  announcers: readonly Announcer[];
  /** Who was asked last, and for what. */
  asked: Announcer | null;
  /** Highest seq that is here. */
  heldSeq: number;
  /** An announcement of ours is due. */
  announcing: boolean;
  /** Payloads that were refused or set aside. */
  refused: readonly Refusal[];
}

type NewsEvent =
  | SupervisorToNews
  | { readonly type: 'announce.due' }
  | { readonly type: 'refusal.over'; readonly hash: string };

export const newsMachine = setup({
  types: {
    context: {} as NewsContext,
    events: {} as NewsEvent,
    input: {} as { heldSeq: number; refused: readonly Refusal[] },
  },
  guards: {
    isNews: ({ context, event }) => isNews(context, event),
    isUrgentNews: ({ context, event }) =>
      isNews(context, event) && event.type === 'peer.announced' && event.comes === 'when-asked',
    satisfies: ({ context, event }) =>
      event.type === 'news.arrived' && context.wanted !== null && event.version.seq >= context.wanted.seq,
    isRefusedWanted: ({ context, event }) =>
      event.type === 'news.refused' && event.hash === context.wanted?.hash,
    hasAnnouncer: ({ context }) => context.announcers.length > 0,
    leavesAnnouncer: ({ context, event }) =>
      event.type === 'news.arrived' && stillNews(context.announcers, event.version.seq).length > 0,
    wasAsked: ({ context, event }) =>
      event.type === 'news.link-gone' && event.linkId === context.asked?.linkId,
  },
  actions: {
    // g[impl gossip.ask-one]
    // In the order they announced: one that keeps announcing what it does not have must not come before the others.
    want: assign(({ context, event }) => {
      if (event.type !== 'peer.announced') return {};
      const { linkId, version, comes } = event;
      const others = context.announcers.filter((announcer) => announcer.linkId !== linkId);
      const announcers = [...others, { linkId, version, comes }].slice(0, announcersMax);
      return { wanted: newestOf(context.wanted, version), announcers };
    }),
    askNext: enqueueActions(({ context, enqueue }) => {
      const [next, ...rest] = context.announcers;
      if (next === undefined) return;
      const { linkId } = next;
      enqueue.assign({ asked: next, announcers: rest });
      enqueue.sendTo(parentOf, { type: 'news.pull', linkId } satisfies NewsToSupervisor);
    }),
    tellNearer: enqueueActions(({ context, event, enqueue }) => {
      const nearer = event.type === 'news.arrived' ? nearerThanBringer(context, event.version) : undefined;
      if (nearer === undefined) return;
      const { linkId } = nearer;
      enqueue.sendTo(parentOf, { type: 'news.nearer', linkId } satisfies NewsToSupervisor);
    }),
    forgetLink: assign(({ context, event }) =>
      event.type === 'news.link-gone'
        ? { announcers: context.announcers.filter(({ linkId }) => linkId !== event.linkId) }
        : {},
    ),
    hold: assign(({ context, event }) => {
      if (event.type !== 'news.arrived') return {};
      const heldSeq = Math.max(context.heldSeq, event.version.seq);
      return { heldSeq, announcers: stillNews(context.announcers, heldSeq) };
    }),
    // g[impl gossip.refused]
    refuse: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'news.refused') return;
      const { hash, forMs } = event;
      const others = context.refused.filter((known) => known.hash !== hash);
      enqueue.assign({
        refused: [...others, { hash, forMs }].slice(-refusedPayloadsMax),
        announcers: context.announcers.filter(({ version }) => version.hash !== hash),
      });
      if (forMs === null) return;
      const id = refusalId(hash);
      // A second timer of one id would not replace the first.
      enqueue.cancel(id);
      enqueue.raise({ type: 'refusal.over', hash }, { id, delay: forMs });
    }),
    forgetRefusal: assign(({ context, event }) =>
      event.type === 'refusal.over'
        ? { refused: context.refused.filter(({ hash }) => hash !== event.hash) }
        : {},
    ),
    // What was refused before this process started.
    forgetLater: enqueueActions(({ context, enqueue }) => {
      for (const { hash, forMs } of context.refused)
        if (forMs !== null)
          enqueue.raise({ type: 'refusal.over', hash }, { id: refusalId(hash), delay: forMs });
    }),
    rethink: assign(({ context }) => ({
      wanted: context.announcers.map(({ version }) => version).reduce(newestOf, null),
    })),
    forgetWanted: assign({ wanted: null, announcers: [], asked: null }),
    // A timer left behind would end early what another grove's payload is refused for.
    forgetGrove: enqueueActions(({ context, enqueue }) => {
      for (const { hash, forMs } of context.refused) if (forMs !== null) enqueue.cancel(refusalId(hash));
      enqueue.assign({ heldSeq: 0, refused: [] });
    }),
    // Not put off by a payload that follows: a busy grove would never announce.
    scheduleAnnouncement: enqueueActions(({ context, enqueue }) => {
      if (context.announcing) return;
      enqueue.assign({ announcing: true });
      enqueue.raise({ type: 'announce.due' }, { delay: 'announceDelay' });
    }),
    announce: enqueueActions(({ enqueue }) => {
      enqueue.assign({ announcing: false });
      enqueue.sendTo(parentOf, { type: 'news.announce' } satisfies NewsToSupervisor);
    }),
  },
  delays: newsDelays,
}).createMachine({
  id: 'news',
  context: ({ input }) => ({
    wanted: null,
    announcers: [],
    asked: null,
    heldSeq: input.heldSeq,
    announcing: false,
    refused: input.refused,
  }),
  entry: 'forgetLater',
  initial: 'informed',
  on: {
    'news.stored': { actions: 'scheduleAnnouncement' },
    'announce.due': { actions: 'announce' },
    'news.refused': { actions: 'refuse' },
    'refusal.over': { actions: 'forgetRefusal' },
    'standing.lost': { target: '.informed', actions: 'forgetGrove' },
  },
  states: {
    informed: {
      entry: 'forgetWanted',
      on: {
        'peer.announced': [
          { guard: 'isUrgentNews', target: 'asking', actions: 'want' },
          { guard: 'isNews', target: 'waiting', actions: 'want' },
        ],
        'news.arrived': { actions: 'hold' },
      },
    },
    waiting: {
      after: { pullDelay: 'choosing' },
      on: {
        'peer.announced': [
          { guard: 'isUrgentNews', target: 'asking', actions: 'want' },
          { guard: 'isNews', actions: 'want' },
        ],
        'news.arrived': [
          { guard: 'satisfies', target: 'informed', actions: ['tellNearer', 'hold'] },
          { actions: 'hold' },
        ],
        'news.refused': [{ guard: 'isRefusedWanted', actions: ['refuse', 'rethink'] }, { actions: 'refuse' }],
        'news.link-gone': { actions: 'forgetLink' },
      },
    },
    asking: {
      entry: 'askNext',
      after: { pullTimeout: 'choosing' },
      on: {
        'peer.announced': { guard: 'isNews', actions: 'want' },
        'news.arrived': [
          { guard: 'satisfies', target: 'informed', actions: ['tellNearer', 'hold'] },
          // The answer to what was asked, while something newer was announced.
          { guard: 'leavesAnnouncer', target: 'choosing', actions: 'hold' },
          { actions: 'hold' },
        ],
        'news.refused': [
          { guard: 'isRefusedWanted', target: 'choosing', actions: ['refuse', 'rethink'] },
          { actions: 'refuse' },
        ],
        'news.link-gone': [
          { guard: 'wasAsked', target: 'choosing', actions: 'forgetLink' },
          { actions: 'forgetLink' },
        ],
      },
    },
    choosing: {
      always: [{ guard: 'hasAnnouncer', target: 'asking' }, { target: 'informed' }],
    },
  },
});

function newestOf(left: Version | null, right: Version): Version {
  return left !== null && left.seq >= right.seq ? left : right;
}

function refusalId(hash: string): string {
  return `refusal.${hash}`;
}

function stillNews(announcers: readonly Announcer[], heldSeq: number): readonly Announcer[] {
  return announcers.filter(({ version }) => version.seq > heldSeq);
}

// g[impl gossip.swap]
/**
 * Who announced what is here before the link brought it that was to. Who was asked for it is sending it by now, which makes
 * that link a branch. Without one that was asked it is the first over whose link nothing but announcements come: a link that
 * carries payloads, but is no branch, would only announce the next long one as well.
 */
function nearerThanBringer({ asked, announcers }: NewsContext, here: Version): Announcer | undefined {
  const ways: readonly Coming[] = asked === null ? ['over-another'] : ['over-another', 'over-either'];
  const known = asked === null ? announcers : [asked];
  return known.find(({ version, comes }) => sameVersion(version, here) && ways.includes(comes));
}

// g[impl gossip.refused]
/** Newer than what is here, and not refused before. */
function isNews(context: NewsContext, event: NewsEvent): boolean {
  if (event.type !== 'peer.announced') return false;
  return (
    event.version.seq > context.heldSeq && !context.refused.some(({ hash }) => hash === event.version.hash)
  );
}
