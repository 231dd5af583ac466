/**
 * What to do with a payload somebody sent, in two steps around the costly one: `judgeCandidate` before
 * anything is hashed or verified, `judgeVerified` after. Both only decide; keeping, applying and answering
 * is done elsewhere.
 */
import { otherReason } from './abort-reasons.ts';
import { isHex } from './hex.ts';
import { fingerprintOfKey, publicKeyRefusal } from './keys.ts';
import { futureToleranceMs, seqJumpMax, strictWindowMs } from './limits.ts';
import { abortReasonOf, describePayloadRefusal, isSeq, validatePayload } from './payload.ts';
import { parseTimestamp } from './timestamp.ts';
import type { AbortReason, Json, Payload, Version, VersionMessage } from './types.ts';

/** What we hold, and whom we follow. Seq 0 with an empty hash while joining. */
export interface Holding {
  readonly fingerprint: string;
  readonly leaderFingerprint: string;
  /** 64 hex digits; null when it was never seen. */
  readonly leaderKey: string | null;
  /** Null while joining a grove whose id is not known yet. */
  readonly groveId: string | null;
  readonly version: Version;
  /** Of the payload we hold; null while joining. */
  readonly signature: string | null;
}

export type CandidateVerdict =
  /** Older than what we hold: the sender is behind, which is no fault. */
  | { readonly kind: 'stale'; readonly seq: number }
  /** What we hold already. */
  | { readonly kind: 'duplicate'; readonly seq: number }
  /** Hash it, look the hash up among the refused ones, verify it with this key, then call `judgeVerified`. */
  | { readonly kind: 'verify'; readonly seq: number; readonly leaderKey: string }
  | RefusedVerdict;

export interface RefusedVerdict {
  readonly kind: 'refuse';
  readonly reason: AbortReason;
  /** For logs and operators; holds nothing a peer wrote but checked ids and numbers. */
  readonly detail: string;
}

export interface Judged {
  /** The payload and which it is. */
  readonly version: Version;
  readonly payload: Payload;
  /** Applying it ends our membership. */
  readonly revokesUs: boolean;
}

export type VerifiedVerdict =
  | ({ readonly kind: 'apply' } & Judged)
  | { readonly kind: 'stale'; readonly seq: number }
  | { readonly kind: 'duplicate'; readonly seq: number }
  /** The leader signed two payloads under one number. Keep both as evidence; hold the one with the smaller hash. */
  | ({ readonly kind: 'fork'; readonly keep: 'ours' | 'theirs' } & Judged)
  | ({ readonly kind: 'park'; readonly why: 'created_in_future' | 'seq_jump' } & Judged)
  /** While joining: genuine, but it does not list us. We were not invited yet, or revoked. */
  | ({ readonly kind: 'not-listed' } & Judged)
  /** While joining: older than what this node held of this grove before. */
  | ({ readonly kind: 'below-floor'; readonly floorSeq: number } & Judged)
  | RefusedVerdict;

/** Decides as much as can be without hashing or verifying. */
export function judgeCandidate(holding: Holding, message: VersionMessage): CandidateVerdict {
  const { grove_id, seq, leader_fp } = message.payload;
  if (!isSeq(seq)) return refuse(otherReason('malformed'), 'the payload has no usable seq');
  // g[impl message.grove-mismatch]
  if (holding.groveId !== null && grove_id !== holding.groveId) {
    return refuse('grove_mismatch', 'the payload is of another grove');
  }
  if (leader_fp !== holding.leaderFingerprint) {
    return refuse('leader_mismatch', 'the payload names another leader than the one this node follows');
  }
  // g[impl message.stale]
  if (seq < holding.version.seq) return { kind: 'stale', seq };
  if (seq === holding.version.seq && message.signature === holding.signature)
    return { kind: 'duplicate', seq };
  const key = leaderKeyOf(holding, message);
  return typeof key === 'string' ? { kind: 'verify', seq, leaderKey: key } : key;
}

// g[impl payload.leader-key]
/** The key to verify with: the message's when it is the pinned leader's, else the one stored at first sight. */
function leaderKeyOf(
  { leaderFingerprint, leaderKey }: Holding,
  message: VersionMessage,
): string | RefusedVerdict {
  const sent = message.leader_key;
  if (sent === undefined) {
    return (
      leaderKey ??
      refuse('signature_invalid', "the leader's public key is not known and did not come with the payload")
    );
  }
  // It was checked when it was stored.
  if (sent === leaderKey) return sent;
  const problem = isHex(sent, 32) ? publicKeyRefusal(sent) : 'malformed';
  if (problem !== null) return refuse('leader_mismatch', `the leader key is refused: ${problem}`);
  if (fingerprintOfKey(sent) === leaderFingerprint) return sent;
  return refuse('leader_mismatch', 'the key that came with the payload is not the one of the leader');
}

export interface VerifiedCandidate {
  /** As it was parsed, unknown fields included. */
  readonly payload: { readonly [key: string]: Json };
  /** From its digest. */
  readonly hash: string;
  readonly canonicalBytes: number;
  readonly signatureValid: boolean;
}

export interface JudgeOptions {
  /** The receiver's wall clock, milliseconds since the epoch. */
  readonly now: number;
  /** Refuses payloads older than five minutes, as the first draft of the protocol did. Default: age never matters. */
  readonly strictTimestampWindow?: boolean;
  /** The newest seq this node held of the grove it joins again; 0 when it held none. */
  readonly floorSeq?: number;
  /** The operator accepts less than that. */
  readonly acceptRollback?: boolean;
  /** The operator takes this payload however far ahead it is. */
  readonly acceptJump?: boolean;
}

/** Decides on a payload whose signature was checked. A leader is judged like any member: it adopts what its key signed. */
export function judgeVerified(
  holding: Holding,
  candidate: VerifiedCandidate,
  options: JudgeOptions,
): VerifiedVerdict {
  if (!candidate.signatureValid)
    return refuse('signature_invalid', "the signature is not the leader's over this payload");
  const validity = validatePayload(candidate.payload, {
    leaderFingerprint: holding.leaderFingerprint,
    groveId: holding.groveId,
    canonicalBytes: candidate.canonicalBytes,
  });
  if (!validity.ok) return refuse(abortReasonOf(validity.reason), describePayloadRefusal(validity.reason));
  const payload = validity.value;
  const { seq } = payload;
  const revokesUs = !payload.members.some(({ fp }) => fp === holding.fingerprint);
  const judged = { version: { seq, hash: candidate.hash }, payload, revokesUs };
  if (seq < holding.version.seq) return { kind: 'stale', seq };
  if (seq === holding.version.seq) return judgeSameSeq(holding, judged);
  return judgeTime(payload, options, judged) ?? judgeNewer(holding, judged, options);
}

// g[impl message.fork]
function judgeSameSeq(holding: Holding, judged: Judged): VerifiedVerdict {
  const { seq, hash } = judged.version;
  if (hash === holding.version.hash) return { kind: 'duplicate', seq };
  return { kind: 'fork', keep: hash < holding.version.hash ? 'theirs' : 'ours', ...judged };
}

// g[impl payload.future] g[impl payload.age]
function judgeTime(payload: Payload, options: JudgeOptions, judged: Judged): VerifiedVerdict | null {
  const createdAt = parseTimestamp(payload.created_at) ?? 0;
  if (createdAt - options.now > futureToleranceMs)
    return { kind: 'park', why: 'created_in_future', ...judged };
  if (options.strictTimestampWindow !== true || options.now - createdAt <= strictWindowMs) return null;
  const ageSeconds = Math.floor((options.now - createdAt) / 1000);
  return refuse(
    'version_too_old',
    `the payload is ${ageSeconds} s old and the strict timestamp window is on`,
  );
}

function judgeNewer(holding: Holding, judged: Judged, options: JudgeOptions): VerifiedVerdict {
  const { seq } = judged.version;
  if (holding.version.seq === 0) return judgeJoin(judged, options);
  // g[impl payload.seq-jump]
  if (seq - holding.version.seq > seqJumpMax && options.acceptJump !== true) {
    return { kind: 'park', why: 'seq_jump', ...judged };
  }
  return { kind: 'apply', ...judged };
}

// g[impl message.join-verdict]
/** The first payload of a grove for us: any number, as long as it lists us and is no step back. */
function judgeJoin(judged: Judged, { floorSeq = 0, acceptRollback }: JudgeOptions): VerifiedVerdict {
  if (judged.revokesUs) return { kind: 'not-listed', ...judged };
  if (judged.version.seq < floorSeq && acceptRollback !== true)
    return { kind: 'below-floor', floorSeq, ...judged };
  return { kind: 'apply', ...judged };
}

function refuse(reason: AbortReason, detail: string): RefusedVerdict {
  return { kind: 'refuse', reason, detail };
}
