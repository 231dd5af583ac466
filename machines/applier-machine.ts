/**
 * The membership applier: takes candidate payloads one at a time, judges them, has them handed on, stores them and
 * says what they changed. Verified, then handed on, then stored; a hello claims only what is stored.
 */
import { assign, enqueueActions, raise, sendParent, setup } from 'xstate';
import {
  candidateQueueMax,
  forkEvidenceMax,
  judgeVerified,
  parkedPayloadsMax,
  refusedPayloadsMax,
  type VerifiedVerdict,
} from '../src/protocol/index.ts';
import type {
  ApplierInput,
  CandidateVerified,
  KeepDone,
  KeepInput,
  ParkedRead,
  QueuedCandidate,
  StoreDone,
  StoreInput,
  VerifyInput,
} from './applier-actors.ts';
import { holdingOf, rejectionOf, screen, screenedOutcome, verdictOutcome } from './applier-judgement.ts';
import { applierDelays } from './delays.ts';
import type {
  ApplierToSupervisor,
  CandidateOutcome,
  JoinPin,
  Standing,
  SupervisorToApplier,
} from './events.ts';
import { parentOf } from './parent-of.ts';
import { unprovidedActor } from './unprovided.ts';

interface ApplierContext {
  ownFingerprint: string;
  strictTimestampWindow: boolean;
  standing: Standing | null;
  pin: JoinPin | null;
  queue: readonly QueuedCandidate[];
  candidate: QueuedCandidate | null;
  leaderKey: string;
  hash: string;
  lineBytes: number;
  verdict: VerifiedVerdict | null;
  /** Hashes of payloads the leader signed and we refused. */
  refused: readonly string[];
  /** Hashes of payloads set aside, so that a sender is told once. */
  parked: readonly string[];
  forks: readonly string[];
  degraded: boolean;
}

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
    wantsVerifying: ({ context }) => screening(context).kind === 'verify',
    isApplied: ({ context }) => context.verdict?.kind === 'apply',
    isFork: ({ context }) => context.verdict?.kind === 'fork',
    keepsTheirs: ({ context }) => context.verdict?.kind === 'fork' && context.verdict.keep === 'theirs',
    isNewlyParked: ({ context }) =>
      context.verdict?.kind === 'park' && !context.parked.includes(context.verdict.version.hash),
    isParked: ({ context }) => context.verdict?.kind === 'park',
    // Only what the leader really signed is remembered by its hash: a liar could name the hash of a good payload.
    isRefusedContent: ({ context }) =>
      context.verdict?.kind === 'refuse' && context.verdict.reason !== 'signature_invalid',
    isKnownRefusal: ({ context, event }) =>
      event.type === 'candidate.verified' && context.refused.includes(event.hash),
    readAny: ({ event }) => event.type === 'parked.read' && event.candidates.length > 0,
  },
  actions: {
    queueCandidate: assign(({ context, event }) =>
      event.type === 'candidate'
        ? {
            queue: [
              ...context.queue,
              { linkId: event.linkId, fingerprint: event.fingerprint, message: event.message },
            ].slice(-candidateQueueMax),
          }
        : {},
    ),
    queueParked: assign(({ context, event }) =>
      event.type === 'parked.read'
        ? { queue: [...context.queue, ...event.candidates].slice(-candidateQueueMax) }
        : {},
    ),
    dropCandidate: assign({ candidate: null, verdict: null, hash: '' }),
    takeCandidate: assign(({ context }) => ({
      candidate: context.queue[0] ?? null,
      queue: context.queue.slice(1),
      verdict: null,
    })),
    requeue: assign(({ context }) =>
      context.candidate === null
        ? {}
        : { queue: [context.candidate, ...context.queue].slice(0, candidateQueueMax) },
    ),
    noteKey: assign(({ context }) => {
      const screened = screening(context);
      return screened.kind === 'verify' ? { leaderKey: screened.leaderKey } : {};
    }),
    answerScreening: enqueueActions(({ context, enqueue }) => {
      const screened = screening(context);
      if (screened.kind === 'verify') return;
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
    handOn: sendParent(
      ({ context }): ApplierToSupervisor => ({
        type: 'payload.verified',
        linkId: candidateOf(context).linkId,
        fingerprint: candidateOf(context).fingerprint,
        version: judgedOf(context).version,
        lineBytes: context.lineBytes,
      }),
    ),
    takeStored: assign(({ context, event }) =>
      event.type === 'payload.stored'
        ? {
            standing: event.standing,
            pin: null,
            parked: context.parked.filter((hash) => hash !== event.standing.version.hash),
          }
        : {},
    ),
    reportApplied: sendParent(({ context, event }): ApplierToSupervisor => {
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
      const { version } = judgedOf(context);
      if (context.forks.includes(version.hash)) return;
      enqueue.assign({ forks: [...context.forks, version.hash].slice(-forkEvidenceMax) });
      enqueue.sendParent({
        type: 'fork.detected',
        seq: version.seq,
        hashes: [context.standing?.version.hash ?? '', version.hash].sort(),
        fingerprint: candidateOf(context).fingerprint,
      } satisfies ApplierToSupervisor);
    }),
    noteParked: enqueueActions(({ context, enqueue }) => {
      const { version } = judgedOf(context);
      enqueue.assign({ parked: [...context.parked, version.hash].slice(-parkedPayloadsMax) });
      enqueue.raise({ type: 'parked.due' }, { id: 'parked', delay: 'parkedRetry' });
    }),
    scheduleParked: raise({ type: 'parked.due' }, { id: 'parked', delay: 'parkedRetry' }),
    noteRefused: assign(({ context, event }) =>
      event.type === 'kept' || event.type === 'keep.failed'
        ? { refused: [...context.refused, context.hash].slice(-refusedPayloadsMax) }
        : {},
    ),
    noteDegraded: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'store.failed') return;
      if (!context.degraded) {
        enqueue.sendParent({ type: 'store.degraded', detail: event.detail } satisfies ApplierToSupervisor);
      }
      enqueue.assign({ degraded: true });
    }),
    noteRecovered: enqueueActions(({ context, enqueue }) => {
      if (context.degraded) enqueue.sendParent({ type: 'store.recovered' } satisfies ApplierToSupervisor);
      enqueue.assign({ degraded: false });
    }),
    takeStanding: assign(({ event }) =>
      event.type === 'standing.changed' ? { standing: event.standing } : {},
    ),
    takePin: assign(({ event }) => (event.type === 'join.began' ? { pin: event.pin, standing: null } : {})),
    forgetGrove: assign({ standing: null, pin: null, queue: [], parked: [], forks: [], refused: [] }),
  },
  delays: applierDelays,
}).createMachine({
  id: 'applier',
  context: ({ input }) => ({
    ownFingerprint: input.ownFingerprint,
    strictTimestampWindow: input.strictTimestampWindow,
    standing: input.standing,
    pin: null,
    queue: [],
    candidate: null,
    leaderKey: '',
    hash: '',
    lineBytes: 0,
    verdict: null,
    refused: input.refused,
    parked: [],
    forks: [],
    degraded: false,
  }),
  on: {
    candidate: { actions: 'queueCandidate' },
    'standing.changed': { actions: 'takeStanding' },
    'join.began': { actions: 'takePin' },
    'standing.lost': { actions: 'forgetGrove' },
    // Not while something is being judged: later.
    'parked.due': { actions: 'scheduleParked' },
  },
  initial: 'rereading',
  states: {
    idle: {
      entry: 'dropCandidate',
      always: { guard: 'hasCandidate', target: 'screening', actions: 'takeCandidate' },
      on: {
        'parked.due': 'rereading',
        'clock.moved': 'rereading',
      },
    },
    rereading: {
      invoke: { src: 'readParked', input: {} },
      on: {
        'parked.read': [
          { guard: 'readAny', target: 'idle', actions: ['queueParked', 'scheduleParked'] },
          { target: 'idle' },
        ],
      },
    },
    screening: {
      always: [
        { guard: 'wantsVerifying', target: 'verifying', actions: 'noteKey' },
        { target: 'idle', actions: 'answerScreening' },
      ],
    },
    verifying: {
      invoke: {
        src: 'verifyCandidate',
        input: ({ context }) => ({
          message: candidateOf(context).message,
          leaderKey: context.leaderKey,
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
        { guard: 'isFork', target: 'keepingEvidence', actions: 'reportFork' },
        { guard: 'isNewlyParked', target: 'parking' },
        { guard: 'isParked', target: 'idle', actions: 'answerIgnored' },
        { guard: 'isRefusedContent', target: 'refusing' },
        { target: 'idle', actions: 'answerVerdict' },
      ],
    },
    handingOn: {
      entry: 'handOn',
      on: { 'payload.relayed': 'storing' },
    },
    storing: {
      invoke: { src: 'storePayload', input: ({ context }) => storeInput(context) },
      on: {
        'payload.stored': {
          target: 'idle',
          actions: ['noteRecovered', 'takeStored', 'reportApplied', 'answerVerdict'],
        },
        'store.failed': { target: 'degraded', actions: 'noteDegraded' },
      },
    },
    degraded: {
      after: { storeRetry: { target: 'idle', actions: 'requeue' } },
      on: { 'standing.lost': { target: 'idle', actions: 'forgetGrove' } },
    },
    keepingEvidence: {
      invoke: { src: 'keepAside', input: ({ context }) => evidenceInput(context) },
      on: {
        kept: [
          { guard: 'keepsTheirs', target: 'handingOn' },
          { target: 'idle', actions: 'answerVerdict' },
        ],
        'keep.failed': [
          { guard: 'keepsTheirs', target: 'handingOn' },
          { target: 'idle', actions: 'answerVerdict' },
        ],
      },
    },
    parking: {
      invoke: { src: 'keepAside', input: ({ context }) => parkInput(context) },
      on: {
        kept: { target: 'idle', actions: ['noteParked', 'answerVerdict'] },
        'keep.failed': { target: 'idle', actions: 'answerVerdict' },
      },
    },
    refusing: {
      invoke: { src: 'keepAside', input: ({ context }) => refuseInput(context) },
      on: {
        kept: { target: 'idle', actions: ['noteRefused', 'answerVerdict'] },
        'keep.failed': { target: 'idle', actions: ['noteRefused', 'answerVerdict'] },
      },
    },
  },
});

function candidateOf(context: ApplierContext): QueuedCandidate {
  if (context.candidate === null) throw new Error('no candidate is being judged');
  return context.candidate;
}

/** The verdict, in the states that follow one on a genuine payload. */
function judgedOf(context: ApplierContext) {
  const { verdict } = context;
  if (verdict === null || !('version' in verdict)) throw new Error('the verdict is on no genuine payload');
  return verdict;
}

function screening(context: ApplierContext) {
  return screen(context, candidateOf(context).message);
}

function judgement(context: ApplierContext, verified: CandidateVerified): Partial<ApplierContext> {
  const { hash, canonicalBytes, signatureValid, lineBytes, now, floorSeq } = verified;
  const { payload } = candidateOf(context).message;
  const verdict = judgeVerified(
    holdingOf(context),
    { payload, hash, canonicalBytes, signatureValid },
    {
      now,
      floorSeq,
      strictTimestampWindow: context.strictTimestampWindow,
      acceptRollback: context.pin?.acceptRollback ?? false,
    },
  );
  return { hash, lineBytes, verdict };
}

function storeInput(context: ApplierContext): StoreInput {
  const { version, revokesUs, kind } = judgedOf(context);
  const previous = context.standing?.version ?? null;
  return { version, previous, revokesUs, replacesSameSeq: kind === 'fork' };
}

function evidenceInput(context: ApplierContext): KeepInput {
  const ours = context.standing?.version;
  const { version } = judgedOf(context);
  const { fingerprint } = candidateOf(context);
  return { kind: 'evidence', versions: ours === undefined ? [version] : [ours, version], fingerprint };
}

function parkInput(context: ApplierContext): KeepInput {
  const verdict = judgedOf(context);
  if (verdict.kind !== 'park') throw new Error('only a parked payload is set aside');
  return {
    kind: 'park',
    version: verdict.version,
    why: verdict.why,
    fingerprint: candidateOf(context).fingerprint,
  };
}

function refuseInput(context: ApplierContext): KeepInput {
  if (context.verdict?.kind !== 'refuse') throw new Error('only a refused payload is remembered as such');
  return { kind: 'refuse', hash: context.hash, reason: context.verdict.reason };
}

/** Tells the supervisor what was not applied and why, and the link how its payload ended. */
function answers(context: ApplierContext, outcome: CandidateOutcome): ApplierToSupervisor[] {
  const { linkId, fingerprint } = candidateOf(context);
  // A parked payload that is looked at again has no link that waits, and is no news.
  if (linkId === null) return [];
  const rejection = rejectionOf(outcome, fingerprint, context.hash);
  const judged = { type: 'candidate.judged' as const, linkId, outcome };
  return rejection === null ? [judged] : [rejection, judged];
}
