/**
 * The membership applier: takes candidate payloads one at a time, judges them, has them handed on, stores them and
 * says what they changed. Verified, then handed on, then stored; a hello claims only what is stored.
 */
import { assign, cancel, enqueueActions, raise, sendTo, setup } from 'xstate';
import { candidateQueueMax, forkEvidenceMax, parkedPayloadsMax } from '../src/protocol/index.ts';
import type {
  ApplierInput,
  CandidateVerified,
  KeepDone,
  KeepInput,
  ParkedRead,
  StoreDone,
  StoreInput,
  VerifyInput,
} from './applier-actors.ts';
import {
  type ApplierContext,
  answers,
  candidateOf,
  evidenceInput,
  hasNewer,
  initialApplierContext,
  judgedOf,
  judgement,
  keyOf,
  membersRemoved,
  parkedKey,
  parkInput,
  queueWithParked,
  refuseInput,
  storeInput,
  withRefused,
} from './applier-context.ts';
import {
  jumpGivenUp,
  jumpMissing,
  jumpNotStored,
  jumpSettled,
  screen,
  screenedOutcome,
  verdictOutcome,
} from './applier-judgement.ts';
import { applierDelays } from './delays.ts';
import type { ApplierToSupervisor, SupervisorToApplier } from './events.ts';
import { parentOf } from './parent-of.ts';
import { unprovidedActor } from './unprovided.ts';

type ApplierEvent =
  | SupervisorToApplier
  | CandidateVerified
  | StoreDone
  | KeepDone
  | ParkedRead
  | { readonly type: 'parked.due' };

export const applierMachine = setup({
  types: {
    context: {} as ApplierContext,
    events: {} as ApplierEvent,
    input: {} as ApplierInput,
  },
  actors: {
    verifyCandidate: unprovidedActor<VerifyInput>('verifyCandidate'),
    storePayload: unprovidedActor<StoreInput>('storePayload'),
    keepAside: unprovidedActor<KeepInput>('keepAside'),
    readParked: unprovidedActor<Record<never, never>>('readParked'),
  },
  guards: {
    hasCandidate: ({ context }) => context.queue.length > 0,
    hasNewer: ({ context }) => hasNewer(context),
    overtakes: ({ context, event }) =>
      event.type === 'standing.changed' && event.standing.version.seq > (context.standing?.version.seq ?? 0),
    wantsVerifying: ({ context }) => context.screened?.kind === 'verify',
    isApplied: ({ context }) => context.verdict?.kind === 'apply',
    isFork: ({ context }) => context.verdict?.kind === 'fork',
    keepsTheirs: ({ context }) => context.verdict?.kind === 'fork' && context.verdict.keep === 'theirs',
    isNewlyParked: ({ context }) =>
      context.verdict?.kind === 'park' &&
      !context.parked.includes(parkedKey(context.verdict.why, context.verdict.version.hash)),
    isParked: ({ context }) => context.verdict?.kind === 'park',
    // Only what the leader really signed is remembered by its hash: a liar could name the hash of a good payload.
    isRefusedContent: ({ context }) =>
      context.verdict?.kind === 'refuse' && context.verdict.reason !== 'signature_invalid',
    isKnownRefusal: ({ context, event }) =>
      event.type === 'candidate.verified' &&
      context.refused.some(({ hash, untilMs }) => hash === event.hash && untilMs > event.now),
    wantsJump: ({ context }) => context.accepting !== null,
    readAny: ({ context, event }) =>
      context.standing !== null && event.type === 'parked.read' && event.candidates.length > 0,
  },
  actions: {
    queueCandidate: assign(({ context, event }) => {
      if (event.type !== 'candidate') return {};
      const { linkId, fingerprint, boot, message } = event;
      return { queue: [...context.queue, { linkId, fingerprint, boot, message }].slice(-candidateQueueMax) };
    }),
    queueParked: assign(({ context, event }) =>
      event.type === 'parked.read' ? { queue: queueWithParked(context, event.candidates) } : {},
    ),
    noteAccepting: assign(({ event }) =>
      event.type === 'jump.accept' ? { accepting: { requestId: event.requestId, seq: event.seq } } : {},
    ),
    answerMissing: enqueueActions(({ context, event, enqueue }) => {
      const { accepting, queue } = context;
      if (accepting === null || event.type !== 'parked.read') return;
      const { requestId, seq } = accepting;
      enqueue.assign({ accepting: null });
      if (queue.some(({ acceptedBy }) => acceptedBy === requestId)) return;
      enqueue.sendTo(parentOf, jumpSettled(requestId, jumpMissing(seq)));
    }),
    giveUpJump: enqueueActions(({ context, enqueue }) => {
      const { accepting, candidate, queue } = context;
      const waiting = [accepting?.requestId, candidate?.acceptedBy, ...queue.map((held) => held.acceptedBy)];
      const requestId = waiting.find((id) => id !== undefined);
      if (requestId !== undefined) enqueue.sendTo(parentOf, jumpSettled(requestId, jumpGivenUp));
    }),
    dropCandidate: assign({ candidate: null, screened: null, verdict: null, hash: '' }),
    takeCandidate: assign(({ context }) => {
      const [candidate = null, ...queue] = context.queue;
      const screened = candidate === null ? null : screen(context, candidate.message);
      return { candidate, screened, queue, verdict: null };
    }),
    requeue: assign(({ context }) =>
      context.candidate === null
        ? {}
        : { queue: [...context.queue, context.candidate].slice(-candidateQueueMax) },
    ),
    answerScreening: enqueueActions(({ context, enqueue }) => {
      const { screened } = context;
      if (screened === null || screened.kind === 'verify') return;
      for (const event of answers(context, screenedOutcome(screened))) enqueue.sendTo(parentOf, event);
    }),
    judge: assign(({ context, event }) =>
      event.type === 'candidate.verified' ? judgement(context, event) : {},
    ),
    answerVerdict: enqueueActions(({ context, enqueue }) => {
      if (context.verdict === null) return;
      for (const event of answers(context, verdictOutcome(context.verdict))) enqueue.sendTo(parentOf, event);
    }),
    answerIgnored: enqueueActions(({ context, enqueue }) => {
      for (const event of answers(context, { kind: 'ignored' })) enqueue.sendTo(parentOf, event);
    }),
    handOn: sendTo(
      parentOf,
      ({ context }): ApplierToSupervisor => ({
        type: 'payload.verified',
        linkId: candidateOf(context).linkId,
        fingerprint: candidateOf(context).fingerprint,
        boot: candidateOf(context).boot,
        version: judgedOf(context).version,
        lineBytes: context.lineBytes,
        membersRemoved: membersRemoved(context),
      }),
    ),
    takeStored: assign(({ context, event }) =>
      event.type === 'payload.stored'
        ? {
            standing: event.standing,
            pin: null,
            parked: context.parked.filter((key) => !key.endsWith(event.standing.version.hash)),
          }
        : {},
    ),
    reportApplied: sendTo(parentOf, ({ context, event }): ApplierToSupervisor => {
      if (event.type !== 'payload.stored') throw new Error('reportApplied answers payload.stored');
      const { standing, membersAdded, membersRemoved, paramsChanged } = event;
      return {
        type: 'payload.applied',
        linkId: candidateOf(context).linkId,
        fingerprint: candidateOf(context).fingerprint,
        standing,
        membersAdded,
        membersRemoved,
        paramsChanged,
        revokesUs: judgedOf(context).revokesUs,
      };
    }),
    reportFork: enqueueActions(({ context, enqueue }) => {
      if (context.verdict?.kind !== 'fork' || context.forks.includes(context.verdict.version.hash)) return;
      const { version } = context.verdict;
      const ours = context.standing?.version.hash ?? '';
      // Both: after moving to this one we are sent the other by whoever still holds it.
      enqueue.assign({ forks: [...context.forks, ours, version.hash].slice(-forkEvidenceMax) });
      enqueue.sendTo(parentOf, {
        type: 'fork.detected',
        seq: version.seq,
        hashes: [ours, version.hash].sort(),
        fingerprint: candidateOf(context).fingerprint,
      } satisfies ApplierToSupervisor);
    }),
    noteParked: assign(({ context }) => {
      const verdict = judgedOf(context);
      if (verdict.kind !== 'park') return {};
      const others = context.parked.filter((key) => !key.endsWith(verdict.version.hash));
      return { parked: [...others, parkedKey(verdict.why, verdict.version.hash)].slice(-parkedPayloadsMax) };
    }),
    // A second timer of one id would not replace the first: both would run, for ever.
    cancelParked: cancel('parked'),
    scheduleParked: raise({ type: 'parked.due' }, { id: 'parked', delay: 'parkedRetry' }),
    scheduleParkedSoon: raise({ type: 'parked.due' }, { id: 'parked', delay: 'parkedSoon' }),
    noteRefused: assign(({ context, event }) =>
      event.type === 'kept' || event.type === 'keep.failed' ? { refused: withRefused(context) } : {},
    ),
    noteDegraded: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'store.failed') return;
      if (!context.degraded) {
        const { detail } = event;
        enqueue.sendTo(parentOf, { type: 'store.degraded', detail } satisfies ApplierToSupervisor);
      }
      enqueue.assign({ degraded: true });
      const requestId = context.candidate?.acceptedBy;
      if (requestId !== undefined)
        enqueue.sendTo(parentOf, jumpSettled(requestId, jumpNotStored(event.detail)));
    }),
    noteRecovered: enqueueActions(({ context, enqueue }) => {
      if (!context.degraded) return;
      enqueue.assign({ degraded: false });
      enqueue.sendTo(parentOf, { type: 'store.recovered' } satisfies ApplierToSupervisor);
    }),
    // One that we overtook while it was on its way changes nothing.
    takeStanding: assign(({ context, event }) =>
      event.type === 'standing.changed' && event.standing.version.seq >= (context.standing?.version.seq ?? 0)
        ? { standing: event.standing }
        : {},
    ),
    takePin: assign(({ event }) => (event.type === 'join.began' ? { pin: event.pin, standing: null } : {})),
    forgetGrove: assign({
      standing: null,
      pin: null,
      queue: [],
      parked: [],
      accepting: null,
      forks: [],
      refused: [],
      degraded: false,
    }),
  },
  delays: applierDelays,
}).createMachine({
  id: 'applier',
  context: ({ input }) => initialApplierContext(input),
  on: {
    candidate: { actions: 'queueCandidate' },
    'standing.changed': { actions: 'takeStanding' },
    'join.began': { actions: 'takePin' },
    // Whatever was under way: what was handed to the supervisor is not handed on any more.
    'standing.lost': { target: '.idle', actions: ['giveUpJump', 'forgetGrove', 'cancelParked'] },
    'jump.accept': { actions: 'noteAccepting' },
    // Not while something is being judged: later.
    'parked.due': { actions: ['cancelParked', 'scheduleParked'] },
  },
  initial: 'rereading',
  states: {
    idle: {
      entry: 'dropCandidate',
      always: [
        { guard: 'hasCandidate', target: 'screening', actions: 'takeCandidate' },
        { guard: 'wantsJump', target: 'rereading' },
      ],
      on: {
        'parked.due': 'rereading',
        'clock.moved': 'rereading',
      },
    },
    // g[impl membership.parked]
    rereading: {
      invoke: { src: 'readParked', input: {} },
      on: {
        'parked.read': [
          {
            guard: 'readAny',
            target: 'idle',
            actions: ['queueParked', 'answerMissing', 'cancelParked', 'scheduleParked'],
          },
          { target: 'idle', actions: 'answerMissing' },
        ],
      },
    },
    screening: {
      always: [
        { guard: 'wantsVerifying', target: 'verifying' },
        { target: 'idle', actions: 'answerScreening' },
      ],
    },
    verifying: {
      invoke: {
        src: 'verifyCandidate',
        input: ({ context }) => ({
          message: candidateOf(context).message,
          leaderKey: keyOf(context),
          joins: context.standing === null,
        }),
      },
      on: {
        'candidate.verified': [
          { guard: 'isKnownRefusal', target: 'idle', actions: 'answerIgnored' },
          { target: 'judging', actions: 'judge' },
        ],
      },
    },
    judging: {
      always: [
        { guard: 'isApplied', target: 'handingOn' },
        { guard: 'isFork', target: 'keepingEvidence' },
        { guard: 'isNewlyParked', target: 'parking' },
        { guard: 'isParked', target: 'idle', actions: 'answerIgnored' },
        { guard: 'isRefusedContent', target: 'refusing' },
        { target: 'idle', actions: 'answerVerdict' },
      ],
    },
    handingOn: {
      entry: 'handOn',
      on: {
        'payload.relayed': 'storing',
        // A leader stored a payload of its own meanwhile: storing this one would go back. It is judged anew.
        'standing.changed': {
          guard: 'overtakes',
          target: 'idle',
          actions: ['reportFork', 'takeStanding', 'requeue'],
        },
      },
    },
    storing: {
      invoke: { src: 'storePayload', input: ({ context }) => storeInput(context) },
      on: {
        'payload.stored': {
          target: 'idle',
          // g[impl leader.fork]
          // The fork after what is kept of it: a leader publishes again at once, on top of that.
          actions: ['noteRecovered', 'reportApplied', 'reportFork', 'takeStored', 'answerVerdict'],
        },
        'store.failed': { target: 'degraded', actions: ['noteDegraded', 'reportFork'] },
        // The disk works beside us, so that this can come in between.
        'clock.moved': { actions: ['cancelParked', 'scheduleParkedSoon'] },
      },
    },
    // g[impl membership.degraded]
    degraded: {
      after: {
        storeRetry: [
          // A newer one may fit where this one does not.
          { guard: 'hasNewer', target: 'idle', actions: 'requeue' },
          { target: 'storing' },
        ],
      },
      // A leader stored a payload of its own meanwhile: what waits here is judged anew.
      on: {
        'standing.changed': { target: 'idle', actions: ['noteRecovered', 'takeStanding', 'requeue'] },
      },
    },
    keepingEvidence: {
      invoke: { src: 'keepAside', input: ({ context }) => evidenceInput(context) },
      on: {
        'standing.changed': {
          guard: 'overtakes',
          target: 'idle',
          actions: ['reportFork', 'takeStanding', 'requeue'],
        },
        kept: [
          { guard: 'keepsTheirs', target: 'handingOn' },
          { target: 'idle', actions: ['reportFork', 'answerVerdict'] },
        ],
        'keep.failed': [
          { guard: 'keepsTheirs', target: 'handingOn' },
          { target: 'idle', actions: ['reportFork', 'answerVerdict'] },
        ],
      },
    },
    parking: {
      invoke: { src: 'keepAside', input: ({ context }) => parkInput(context) },
      on: {
        kept: {
          target: 'idle',
          actions: ['noteParked', 'cancelParked', 'scheduleParked', 'answerVerdict'],
        },
        'keep.failed': { target: 'idle', actions: 'answerVerdict' },
      },
    },
    // g[impl membership.refused]
    refusing: {
      invoke: { src: 'keepAside', input: ({ context }) => refuseInput(context) },
      on: {
        kept: { target: 'idle', actions: ['noteRefused', 'answerVerdict'] },
        'keep.failed': { target: 'idle', actions: ['noteRefused', 'answerVerdict'] },
      },
    },
  },
});
