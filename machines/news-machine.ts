/**
 * What the node has heard of and not yet got: whom to ask for it and when, so that a payload is asked of one link at
 * a time. And the moment to tell the links that are not pushed to what we hold now.
 */
import { assign, enqueueActions, setup } from 'xstate';
import { announcersMax, refusedPayloadsMax } from '../src/protocol/index.ts';
import type { Version } from '../src/protocol/types.ts';
import { newsDelays } from './delays.ts';
import type { NewsToSupervisor, SupervisorToNews } from './events.ts';

interface NewsContext {
  /** The newest payload announced and not here yet. */
  wanted: Version | null;
  /** Links that announced it, in order. */
  announcers: readonly string[];
  /** The link that was asked last. */
  asked: string | null;
  /** Highest seq that is here. */
  heldSeq: number;
  /** The announcement said that nobody will send it unasked. */
  urgent: boolean;
  /** An announcement of ours is due. */
  announcing: boolean;
  /** Hashes of payloads that were refused for good. */
  refused: readonly string[];
}

type NewsEvent = SupervisorToNews | { readonly type: 'announce.due' };

export const newsMachine = setup({
  types: {
    context: {} as NewsContext,
    events: {} as NewsEvent,
    input: {} as { heldSeq: number; refused: readonly string[] },
  },
  guards: {
    isNews: ({ context, event }) => isNews(context, event),
    isUrgentNews: ({ context, event }) =>
      isNews(context, event) && event.type === 'peer.announced' && event.urgent,
    outdatesWanted: ({ context, event }) =>
      isNews(context, event) &&
      event.type === 'peer.announced' &&
      event.version.seq > (context.wanted?.seq ?? 0),
    satisfies: ({ context, event }) =>
      event.type === 'news.arrived' && context.wanted !== null && event.version.seq >= context.wanted.seq,
    isRefusedWanted: ({ context, event }) =>
      event.type === 'news.refused' && event.hash === context.wanted?.hash,
    hasAnnouncer: ({ context }) => context.announcers.length > 0,
    wasAsked: ({ context, event }) => event.type === 'news.link-gone' && event.linkId === context.asked,
  },
  actions: {
    want: assign(({ context, event }) => {
      if (event.type !== 'peer.announced') return {};
      const fresh = context.wanted === null || event.version.seq > context.wanted.seq;
      const others = fresh ? [] : context.announcers.filter((linkId) => linkId !== event.linkId);
      return {
        wanted: fresh ? event.version : context.wanted,
        announcers: [...others, event.linkId].slice(-announcersMax),
        urgent: event.urgent || (!fresh && context.urgent),
      };
    }),
    askNext: enqueueActions(({ context, enqueue }) => {
      const [linkId, ...rest] = context.announcers;
      if (linkId === undefined) return;
      enqueue.assign({ asked: linkId, announcers: rest });
      enqueue.sendParent({ type: 'news.pull', linkId } satisfies NewsToSupervisor);
    }),
    forgetLink: assign(({ context, event }) =>
      event.type === 'news.link-gone'
        ? { announcers: context.announcers.filter((linkId) => linkId !== event.linkId) }
        : {},
    ),
    hold: assign(({ context, event }) =>
      event.type === 'news.arrived' ? { heldSeq: Math.max(context.heldSeq, event.version.seq) } : {},
    ),
    refuse: assign(({ context, event }) =>
      event.type === 'news.refused'
        ? { refused: [...context.refused, event.hash].slice(-refusedPayloadsMax) }
        : {},
    ),
    forgetWanted: assign({ wanted: null, announcers: [], asked: null, urgent: false }),
    // Not put off by a payload that follows: a busy grove would never announce.
    scheduleAnnouncement: enqueueActions(({ context, enqueue }) => {
      if (context.announcing) return;
      enqueue.assign({ announcing: true });
      enqueue.raise({ type: 'announce.due' }, { delay: 'announceDelay' });
    }),
    announce: enqueueActions(({ enqueue }) => {
      enqueue.assign({ announcing: false });
      enqueue.sendParent({ type: 'news.announce' } satisfies NewsToSupervisor);
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
    urgent: false,
    announcing: false,
    refused: input.refused,
  }),
  initial: 'informed',
  on: {
    'news.stored': { actions: 'scheduleAnnouncement' },
    'announce.due': { actions: 'announce' },
    'news.refused': { actions: 'refuse' },
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
      after: { pullDelay: 'asking' },
      on: {
        'peer.announced': [
          { guard: 'isUrgentNews', target: 'asking', actions: 'want' },
          { guard: 'isNews', actions: 'want' },
        ],
        'news.arrived': [{ guard: 'satisfies', target: 'informed', actions: 'hold' }, { actions: 'hold' }],
        'news.refused': [
          { guard: 'isRefusedWanted', target: 'informed', actions: 'refuse' },
          { actions: 'refuse' },
        ],
        'news.link-gone': { actions: 'forgetLink' },
      },
    },
    asking: {
      entry: 'askNext',
      after: {
        pullTimeout: [{ guard: 'hasAnnouncer', target: 'asking', reenter: true }, { target: 'informed' }],
      },
      on: {
        'peer.announced': [
          { guard: 'outdatesWanted', target: 'asking', reenter: true, actions: 'want' },
          { guard: 'isNews', actions: 'want' },
        ],
        'news.arrived': [{ guard: 'satisfies', target: 'informed', actions: 'hold' }, { actions: 'hold' }],
        'news.refused': [
          { guard: 'isRefusedWanted', target: 'informed', actions: 'refuse' },
          { actions: 'refuse' },
        ],
        'news.link-gone': [
          { guard: 'wasAsked', target: 'reasking', actions: 'forgetLink' },
          { actions: 'forgetLink' },
        ],
      },
    },
    reasking: {
      always: [{ guard: 'hasAnnouncer', target: 'asking' }, { target: 'informed' }],
    },
  },
});

/** Newer than what is here, and not refused before. */
function isNews(context: NewsContext, event: NewsEvent): boolean {
  if (event.type !== 'peer.announced') return false;
  return event.version.seq > context.heldSeq && !context.refused.includes(event.version.hash);
}
