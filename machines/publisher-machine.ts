/**
 * The leader publisher: one change at a time, drafted, checked for size, signed, stored, and only then announced.
 * After a start it holds back until members have said what they hold, and later whenever a member holds more than we
 * do, so that a leader restored from an old backup does not sign a number twice.
 */
import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { isListed, publishHearingsMin, publishQueueMax } from '../src/protocol/index.ts';
import type { Change, Refusal, RequestActor, Version } from '../src/protocol/types.ts';
import { publisherDelays } from './delays.ts';
import type { PublisherToSupervisor, Standing, SupervisorToPublisher } from './events.ts';
import { parentOf } from './parent-of.ts';
import { unprovidedActor } from './unprovided.ts';

/** A change waiting for its turn; founding a grove is one too. */
export interface PublishRequest {
  readonly requestId: string;
  readonly change: Change | { readonly kind: 'found'; readonly label: string };
  readonly expectSeq: number | null;
  readonly force: boolean;
  readonly actor: RequestActor;
}

export type DraftInput = { readonly request: PublishRequest; readonly current: Version | null };
/** The draft is kept under the request's id until it is signed. */
export type DraftDone =
  | { readonly type: 'draft.ready' }
  | { readonly type: 'draft.unchanged' }
  | { readonly type: 'draft.refused'; readonly refusal: Refusal };
export type SignInput = { readonly requestId: string };
export type SignDone = { readonly type: 'draft.signed'; readonly version: Version };
export type StorePublishInput = {
  readonly version: Version;
  readonly previous: Version | null;
  readonly request: PublishRequest;
};
export type StorePublishDone =
  | {
      readonly type: 'publish.stored';
      readonly standing: Standing;
      readonly membersAdded: readonly string[];
      readonly membersRemoved: readonly string[];
      readonly paramsChanged: readonly string[];
    }
  | { readonly type: 'publish.failed'; readonly refusal: Refusal };

export interface PublisherInput {
  readonly standing: Standing | null;
  readonly ownFingerprint: string;
}

interface PublisherContext {
  ownFingerprint: string;
  current: Version | null;
  members: readonly string[];
  /** The wait after the start is over: from now on only a newer payload is waited for. */
  settled: boolean;
  /** Members that reported since the start. */
  heard: readonly string[];
  /** The highest number any of them said it holds; while it is above ours, its payload is still on its way. */
  heardSeq: number;
  queue: readonly PublishRequest[];
  request: PublishRequest | null;
  signed: Version | null;
}

type PublisherEvent = SupervisorToPublisher | DraftDone | SignDone | StorePublishDone;

export const publisherMachine = setup({
  types: {
    context: {} as PublisherContext,
    events: {} as PublisherEvent,
    input: {} as PublisherInput,
  },
  actors: {
    draftPayload: unprovidedActor<DraftInput>('draftPayload'),
    signPayload: unprovidedActor<SignInput>('signPayload'),
    storePublish: unprovidedActor<StorePublishInput>('storePublish'),
  },
  guards: {
    // g[impl leader.hold]
    heardEnough: ({ context }) => {
      const others = context.members.length - 1;
      const enough = context.heard.length >= Math.min(publishHearingsMin, Math.max(others, 0));
      return (context.settled || enough) && !isBehind(context);
    },
    isBehind: ({ context }) => isBehind(context),
    isForced: ({ context }) => context.queue.some((request) => request.force),
    isFull: ({ context }) => context.queue.length >= publishQueueMax,
    hasRequest: ({ context }) => context.queue.length > 0,
    overtakes: ({ context, event }) =>
      event.type === 'standing.changed' && event.standing.version.seq > (context.current?.seq ?? 0),
  },
  actions: {
    enqueue: assign(({ context, event }) => {
      if (event.type === 'publish') {
        const { requestId, change, expectSeq, force, actor } = event;
        return { queue: [...context.queue, { requestId, change, expectSeq, force, actor }] };
      }
      if (event.type === 'found') {
        const { requestId, label, actor } = event;
        const change = { kind: 'found' as const, label };
        return { queue: [...context.queue, { requestId, change, expectSeq: null, force: true, actor }] };
      }
      return {};
    }),
    // g[impl leader.queue]
    refuseFull: enqueueActions(({ event, enqueue }) => {
      if (event.type !== 'publish' && event.type !== 'found') return;
      enqueue.sendTo(parentOf, {
        type: 'publish.refused',
        requestId: event.requestId,
        actor: event.actor,
        refusal: {
          code: 'operation_in_progress',
          message: `${publishQueueMax} changes are waiting to be published: try again in a moment`,
        },
      } satisfies PublisherToSupervisor);
    }),
    takeRequest: assign(({ context }) => ({
      request: context.queue[0] ?? null,
      queue: context.queue.slice(1),
      signed: null,
    })),
    hear: assign(({ context, event }) => {
      if (event.type !== 'member.heard' || !isListed(context.members, event.fingerprint)) return {};
      // One that is just joining has nothing to tell.
      if (event.seq === 0) return {};
      const others = context.heard.filter((fingerprint) => fingerprint !== event.fingerprint);
      return {
        heard: [...others, event.fingerprint].slice(-publishHearingsMin),
        heardSeq: Math.max(context.heardSeq, event.seq),
      };
    }),
    noteSettled: assign({ settled: true }),
    /** What is not here by now may never come. */
    giveUp: assign({ heardSeq: 0 }),
    // g[impl leader.one-at-a-time]
    // Word of our own payloads comes back to us, maybe after the next one: going back would sign a number twice.
    takeStanding: assign(({ context, event }) =>
      (event.type === 'standing.changed' || event.type === 'publish.stored') &&
      event.standing.version.seq >= (context.current?.seq ?? 0)
        ? { current: event.standing.version, members: event.standing.members }
        : {},
    ),
    noteSigned: assign(({ event }) => (event.type === 'draft.signed' ? { signed: event.version } : {})),
    reportPublished: sendTo(parentOf, ({ context, event }): PublisherToSupervisor => {
      if (event.type !== 'publish.stored') throw new Error('reportPublished answers publish.stored');
      const { requestId, actor } = requestOf(context);
      const { standing, membersAdded, membersRemoved, paramsChanged } = event;
      return {
        type: 'payload.published',
        requestId,
        actor,
        standing,
        membersAdded,
        membersRemoved,
        paramsChanged,
      };
    }),
    // g[impl leader.refusal]
    reportRefused: sendTo(parentOf, ({ context, event }): PublisherToSupervisor => {
      if (event.type !== 'draft.refused' && event.type !== 'publish.failed') {
        throw new Error('reportRefused answers a refusal');
      }
      const { requestId, actor } = requestOf(context);
      return { type: 'publish.refused', requestId, actor, refusal: event.refusal };
    }),
    reportUnchanged: sendTo(
      parentOf,
      ({ context }): PublisherToSupervisor => ({
        type: 'publish.unchanged',
        requestId: requestOf(context).requestId,
      }),
    ),
  },
  delays: publisherDelays,
}).createMachine({
  id: 'publisher',
  context: ({ input }) => ({
    ownFingerprint: input.ownFingerprint,
    current: input.standing?.version ?? null,
    members: input.standing?.members ?? [input.ownFingerprint],
    settled: false,
    heard: [],
    heardSeq: 0,
    queue: [],
    request: null,
    signed: null,
  }),
  initial: 'holding',
  on: {
    publish: [{ guard: 'isFull', actions: 'refuseFull' }, { actions: 'enqueue' }],
    found: [{ guard: 'isFull', actions: 'refuseFull' }, { actions: 'enqueue' }],
    'standing.changed': { actions: 'takeStanding' },
    'member.heard': { actions: 'hear' },
  },
  states: {
    holding: {
      always: [
        { guard: 'heardEnough', target: 'ready' },
        { guard: 'isForced', target: 'ready', actions: 'giveUp' },
      ],
      after: { holdTimeout: { target: 'ready', actions: 'giveUp' } },
      exit: 'noteSettled',
    },
    // g[impl leader.hold-again]
    ready: {
      always: [
        { guard: 'isBehind', target: 'holding' },
        { guard: 'hasRequest', target: 'drafting', actions: 'takeRequest' },
      ],
    },
    // g[impl leader.draft-again]
    drafting: {
      invoke: {
        src: 'draftPayload',
        input: ({ context }) => ({ request: requestOf(context), current: context.current }),
      },
      on: {
        'draft.ready': 'signing',
        'draft.unchanged': { target: 'ready', actions: 'reportUnchanged' },
        'draft.refused': { target: 'ready', actions: 'reportRefused' },
        // A newer payload of ours came back from a member: the change goes on top of that one.
        'standing.changed': {
          guard: 'overtakes',
          target: 'drafting',
          reenter: true,
          actions: 'takeStanding',
        },
      },
    },
    signing: {
      invoke: { src: 'signPayload', input: ({ context }) => ({ requestId: requestOf(context).requestId }) },
      on: {
        'draft.signed': { target: 'storing', actions: 'noteSigned' },
        // What is being signed would take a number that is in use.
        'standing.changed': { guard: 'overtakes', target: 'drafting', actions: 'takeStanding' },
      },
    },
    // g[impl leader.persist-then-speak]
    storing: {
      invoke: {
        src: 'storePublish',
        input: ({ context }) => ({
          version: signedOf(context),
          previous: context.current,
          request: requestOf(context),
        }),
      },
      on: {
        'publish.stored': { target: 'ready', actions: ['takeStanding', 'reportPublished'] },
        'publish.failed': { target: 'ready', actions: 'reportRefused' },
      },
    },
  },
});

/** Publishing before the newer payload is taken would sign its number a second time. */
function isBehind({ current, heardSeq }: PublisherContext): boolean {
  return heardSeq > (current?.seq ?? 0);
}

function requestOf(context: PublisherContext): PublishRequest {
  if (context.request === null) throw new Error('no request is being published');
  return context.request;
}

function signedOf(context: PublisherContext): Version {
  if (context.signed === null) throw new Error('nothing is signed');
  return context.signed;
}
