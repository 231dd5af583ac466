/** A node of the example grove as machines see it: what it holds, and what others send it. */
import type { CandidateVerified } from '../../machines/applier-actors.ts';
import type { JoinPin, Standing } from '../../machines/events.ts';
import type { Candidate } from '../../machines/peer-events.ts';
import type { Json, Payload, RequestActor } from '../../src/protocol/types.ts';
import {
  example,
  examplePayload,
  fingerprints,
  groveId,
  hashOf,
  leader,
  noon,
  versionOf,
} from '../protocol/fixtures.ts';

/** Members besides the leader, and somebody who is none. */
export const [own = '', second = '', third = '', last = ''] = fingerprints;
export const outsider = 'aa'.repeat(32);
export const operator: RequestActor = { kind: 'ctl', id: 'f0', display: 'ada' };

/** What a node holds that took the example payload with some changes. */
export function standingOf(change: Partial<Payload> = {}, more: Partial<Standing> = {}): Standing {
  const payload = examplePayload(change);
  const message = versionOf(payload);
  return {
    groveId,
    leaderFingerprint: leader.fingerprint,
    leaderKey: leader.publicKey,
    role: 'follower',
    version: { seq: change.seq ?? 42, hash: hashOf(payload) },
    signature: message.signature,
    createdAt: String(payload.created_at),
    lineBytes: 900,
    members: (change.members ?? example().members).map(({ fp }) => fp),
    ...more,
  };
}

export function pinOf(change: Partial<JoinPin> = {}): JoinPin {
  return {
    leaderFingerprint: leader.fingerprint,
    leaderKey: null,
    groveId: null,
    acceptRollback: false,
    ...change,
  };
}

export interface Offer {
  readonly candidate: Candidate;
  readonly verified: CandidateVerified;
  readonly version: { readonly seq: number; readonly hash: string };
}

/** A payload that `second` sends over link 7, and what the verifier finds out about it. */
export function offer(
  change: { readonly [field: string]: Json } = {},
  found: Partial<CandidateVerified> = {},
): Offer {
  const payload = { ...examplePayload(), seq: 43, ...change };
  const hash = hashOf(payload);
  return {
    candidate: {
      type: 'candidate',
      linkId: '7',
      fingerprint: second,
      boot: '41',
      message: versionOf(payload),
    },
    verified: {
      type: 'candidate.verified',
      hash,
      canonicalBytes: 800,
      lineBytes: 900,
      signatureValid: true,
      now: noon,
      floorSeq: 0,
      ...found,
    },
    version: { seq: Number(payload.seq), hash },
  };
}
