/** What the applier's guards and actions ask: how a candidate stands to what we hold, and what is said about it. */
import {
  type CandidateVerdict,
  type Holding,
  judgeCandidate,
  type VerifiedVerdict,
} from '../src/protocol/index.ts';
import type { AbortReason, Refusal } from '../src/protocol/types.ts';
import type { CandidateOutcome, JoinPin, JumpSettled, PayloadRejected, Standing } from './events.ts';

const nothingPinned: JoinPin = {
  leaderFingerprint: '',
  leaderKey: null,
  groveId: null,
  acceptRollback: false,
};

// g[impl membership.join-pins]
/** What we hold, or while joining what we expect. */
export function holdingOf(own: {
  ownFingerprint: string;
  standing: Standing | null;
  pin: JoinPin | null;
}): Holding {
  const { standing } = own;
  if (standing !== null) {
    const { leaderFingerprint, leaderKey, groveId, version, signature } = standing;
    return { fingerprint: own.ownFingerprint, leaderFingerprint, leaderKey, groveId, version, signature };
  }
  const { leaderFingerprint, leaderKey, groveId } = own.pin ?? nothingPinned;
  return {
    fingerprint: own.ownFingerprint,
    leaderFingerprint,
    leaderKey,
    groveId,
    version: { seq: 0, hash: '' },
    signature: null,
  };
}

/** How a candidate that was not even verified ends. */
export function screenedOutcome(verdict: Exclude<CandidateVerdict, { kind: 'verify' }>): CandidateOutcome {
  if (verdict.kind === 'refuse') return { kind: 'refused', reason: verdict.reason, detail: verdict.detail };
  return { kind: verdict.kind, seq: verdict.seq };
}

/** How a verified candidate ends for the link that brought it; null for one that is in force. */
export function verdictOutcome(verdict: VerifiedVerdict): CandidateOutcome | null {
  switch (verdict.kind) {
    case 'apply':
      return null;
    case 'fork':
      return verdict.keep === 'theirs' ? null : { kind: 'forked', version: verdict.version };
    case 'stale':
    case 'duplicate':
      return { kind: verdict.kind, seq: verdict.seq };
    case 'park':
      return { kind: 'parked', version: verdict.version, why: verdict.why };
    case 'not-listed':
      return {
        kind: 'unfit',
        why: 'not-listed',
        detail: 'the grove does not list this node: ask its operator to invite it, or whether it was revoked',
      };
    case 'below-floor':
      return {
        kind: 'unfit',
        why: 'below-floor',
        detail: `this node held number ${verdict.floorSeq} of this grove before and is offered ${verdict.version.seq}: join with --accept-rollback if the grove was restored`,
      };
    case 'refuse':
      return { kind: 'refused', reason: verdict.reason, detail: verdict.detail };
  }
}

/** What the supervisor hears of a candidate that is not applied; null when there is nothing to tell. */
export function rejectionOf(
  outcome: CandidateOutcome,
  fingerprint: string,
  hash: string,
): PayloadRejected | null {
  switch (outcome.kind) {
    case 'refused':
      return {
        type: 'payload.rejected',
        fingerprint,
        hash,
        reason: outcome.reason,
        detail: outcome.detail,
        setAside: false,
      };
    case 'parked': {
      const reason: AbortReason = { other: outcome.why };
      return {
        type: 'payload.rejected',
        fingerprint,
        hash,
        reason,
        detail: `seq ${outcome.version.seq} is parked`,
        setAside: true,
      };
    }
    case 'unfit':
      return {
        type: 'payload.rejected',
        fingerprint,
        hash,
        reason: { other: outcome.why },
        detail: outcome.detail,
        setAside: false,
      };
    default:
      return null;
  }
}

export function jumpSettled(requestId: string, refusal: Refusal | null): JumpSettled {
  return { type: 'jump.settled', requestId, refusal };
}

export function jumpMissing(seq: number): Refusal {
  return {
    code: 'not_found',
    message: `no payload with the number ${seq} waits here: \`grove status\` lists those that do`,
  };
}

export function jumpNotStored(detail: string): Refusal {
  return {
    code: 'internal',
    message: `the payload is accepted but could not be written, and is tried again every ten seconds: ${detail}`,
  };
}

export const jumpGivenUp: Refusal = {
  code: 'operation_in_progress',
  message: 'the node left its grove before the payload was applied',
};

/** Why a payload that the operator takes is not applied all the same; null when it is. */
export function jumpRefusal(
  outcome: CandidateOutcome | null,
  verdict: VerifiedVerdict | null,
): Refusal | null {
  if (outcome === null) return null;
  if (verdict?.kind === 'park') {
    return {
      code: 'requirements_invalid',
      message:
        'the payload is dated in the future and waits for its time: check the clocks of this node and of the leader',
    };
  }
  if (outcome.kind === 'stale' || outcome.kind === 'duplicate' || outcome.kind === 'forked')
    return { code: 'already_installed', message: 'this node holds a payload of that number, or a newer one' };
  const detail = 'detail' in outcome ? outcome.detail : 'it was refused before';
  return { code: 'requirements_invalid', message: `the payload cannot be applied: ${detail}` };
}

/** The first look at a candidate, before anything is hashed. */
export function screen(
  own: { ownFingerprint: string; standing: Standing | null; pin: JoinPin | null },
  message: Parameters<typeof judgeCandidate>[1],
): CandidateVerdict {
  return judgeCandidate(holdingOf(own), message);
}
