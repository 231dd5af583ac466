/** What the applier knows, and what its steps read from it. The context is plain JSON. */
import {
  type CandidateVerdict,
  candidateQueueMax,
  judgeVerified,
  memberFingerprints,
  missingFrom,
  refusedPayloadMs,
  refusedPayloadsMax,
  type VerifiedVerdict,
} from '../src/protocol/index.ts';
import type {
  ApplierInput,
  CandidateVerified,
  KeepInput,
  QueuedCandidate,
  StoreInput,
} from './applier-actors.ts';
import { holdingOf, jumpRefusal, jumpSettled, rejectionOf } from './applier-judgement.ts';
import type { ApplierToSupervisor, CandidateOutcome, JoinPin, RefusedHash, Standing } from './events.ts';

export interface ApplierContext {
  ownFingerprint: string;
  strictTimestampWindow: boolean;
  standing: Standing | null;
  pin: JoinPin | null;
  queue: readonly QueuedCandidate[];
  candidate: QueuedCandidate | null;
  /** The first look at the candidate, before anything is hashed. */
  screened: CandidateVerdict | null;
  hash: string;
  lineBytes: number;
  verdict: VerifiedVerdict | null;
  /** When the candidate was verified, milliseconds since the epoch. */
  now: number;
  /** Payloads the leader signed and we refused. */
  refused: readonly RefusedHash[];
  /** Payloads set aside and why (`parkedKey`), so that a sender is told once. */
  parked: readonly string[];
  /** The operator's wish to take a parked payload, until that is read back. */
  accepting: { readonly requestId: string; readonly seq: number } | null;
  forks: readonly string[];
  degraded: boolean;
}

export function initialApplierContext(input: ApplierInput): ApplierContext {
  return {
    ownFingerprint: input.ownFingerprint,
    strictTimestampWindow: input.strictTimestampWindow,
    standing: input.standing,
    pin: null,
    queue: [],
    candidate: null,
    screened: null,
    hash: '',
    lineBytes: 0,
    now: 0,
    verdict: null,
    refused: input.refused,
    parked: [],
    accepting: null,
    forks: [],
    degraded: false,
  };
}

export function candidateOf(context: ApplierContext): QueuedCandidate {
  if (context.candidate === null) throw new Error('no candidate is being judged');
  return context.candidate;
}

/** The verdict, in the states that follow one on a genuine payload. */
export function judgedOf(context: ApplierContext) {
  const { verdict } = context;
  if (verdict === null || !('version' in verdict)) throw new Error('the verdict is on no genuine payload');
  return verdict;
}

/** Whether a higher number waits behind the candidate that cannot be stored. */
export function hasNewer(context: ApplierContext): boolean {
  const { seq } = judgedOf(context).version;
  return context.queue.some(({ message }) => Number(message.payload.seq) > seq);
}

/** Members of the payload in force that the one being applied does not list. */
export function membersRemoved(context: ApplierContext): readonly string[] {
  return missingFrom(context.standing?.members ?? [], memberFingerprints(judgedOf(context).payload));
}

/** The key that the candidate's signature is checked with. */
export function keyOf({ screened }: ApplierContext): string {
  if (screened?.kind !== 'verify') throw new Error('the candidate is not one to be verified');
  return screened.leaderKey;
}

export function judgement(context: ApplierContext, verified: CandidateVerified): Partial<ApplierContext> {
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
      acceptJump: candidateOf(context).acceptedBy !== undefined,
    },
  );
  return { hash, lineBytes, now, verdict };
}

export function storeInput(context: ApplierContext): StoreInput {
  const { version, revokesUs, kind } = judgedOf(context);
  const previous = context.standing?.version ?? null;
  return { version, previous, revokesUs, replacesSameSeq: kind === 'fork' };
}

export function evidenceInput(context: ApplierContext): KeepInput {
  const ours = context.standing?.version;
  const { version } = judgedOf(context);
  const { fingerprint } = candidateOf(context);
  return { kind: 'evidence', versions: ours === undefined ? [version] : [ours, version], fingerprint };
}

export function parkInput(context: ApplierContext): KeepInput {
  const verdict = judgedOf(context);
  if (verdict.kind !== 'park') throw new Error('only a parked payload is set aside');
  return {
    kind: 'park',
    version: verdict.version,
    why: verdict.why,
    fingerprint: candidateOf(context).fingerprint,
  };
}

export function refuseInput(context: ApplierContext): KeepInput {
  if (context.verdict?.kind !== 'refuse') throw new Error('only a refused payload is remembered as such');
  return { kind: 'refuse', hash: context.hash, reason: context.verdict.reason };
}

/** A payload may wait for its time first, and for the operator then. */
export function parkedKey(why: string, hash: string): string {
  return `${why} ${hash}`;
}

/** What is remembered with one more refusal: for an hour, as in the store. */
export function withRefused({ refused, hash, now }: ApplierContext): readonly RefusedHash[] {
  const others = refused.filter((known) => known.hash !== hash && known.untilMs > now);
  return [...others, { hash, untilMs: now + refusedPayloadMs }].slice(-refusedPayloadsMax);
}

// g[impl membership.accept-jump]
/** Parked payloads on their way back into judgement: those the operator takes come first, so that none is dropped. */
export function queueWithParked(
  { queue, accepting }: ApplierContext,
  candidates: readonly QueuedCandidate[],
): readonly QueuedCandidate[] {
  const isAccepted = ({ message }: QueuedCandidate) => message.payload.seq === accepting?.seq;
  const accepted = candidates
    .filter(isAccepted)
    .map((candidate) => (accepting === null ? candidate : { ...candidate, acceptedBy: accepting.requestId }));
  const others = [...queue, ...candidates.filter((candidate) => !isAccepted(candidate))];
  return [...accepted, ...others.slice(-(candidateQueueMax - accepted.length))];
}

/** Tells the supervisor what was not applied and why, and the link how its payload ended. `null`: it is in force. */
export function answers(context: ApplierContext, outcome: CandidateOutcome | null): ApplierToSupervisor[] {
  const { linkId, fingerprint, acceptedBy } = candidateOf(context);
  if (acceptedBy !== undefined) return [jumpSettled(acceptedBy, jumpRefusal(outcome, context.verdict))];
  // A parked payload that is looked at again has no link that waits, and is no news.
  if (linkId === null || outcome === null) return [];
  const rejection = rejectionOf(outcome, fingerprint, context.hash);
  const judged = { type: 'candidate.judged' as const, linkId, outcome };
  return rejection === null ? [judged] : [rejection, judged];
}
