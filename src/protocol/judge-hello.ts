/** What a hello means to us: whether to go on at all, which version to speak, and who is ahead. */

import { otherReason } from './abort-reasons.ts';
import { nilUuid } from './names.ts';
import type { AbortReason, HelloMessage, Version } from './types.ts';

/** The version of the protocol this implementation speaks. */
export const protocolVersion = 1;

/** What we hold and whom we follow when the hello arrives. */
export interface OurStanding {
  readonly fingerprint: string;
  readonly leaderFingerprint: string;
  /** Null while joining a grove whose id is not known yet. */
  readonly groveId: string | null;
  /** Seq 0 and an empty hash while joining. */
  readonly version: Version;
  readonly protocolVersion: number;
}

/** Who has the newer payload: `fork` means the same number on different payloads. */
export type Relation = 'level' | 'we-are-ahead' | 'they-are-ahead' | 'fork';

export type HelloVerdict =
  | {
      readonly kind: 'accept';
      /** The protocol version both sides speak. */
      readonly speak: number;
      readonly relation: Relation;
      /** The peer holds no payload yet. */
      readonly joiner: boolean;
    }
  /** Answer with an `abort` and close as `aborted`. */
  | { readonly kind: 'abort'; readonly reason: AbortReason }
  /** Close as `protocol_error`. */
  | { readonly kind: 'protocol-error'; readonly detail: string }
  /** The peer proved our own key: a copy of this node, or a dial that led back to us. */
  | { readonly kind: 'ourselves' };

/**
 * Judges a first hello or an announcement; the same one twice gets the same answer. `claimedSeq` is the highest number
 * the peer claimed on this link before.
 */
export function judgeHello(
  ours: OurStanding,
  theirFingerprint: string,
  hello: HelloMessage,
  claimedSeq = 0,
): HelloVerdict {
  if (theirFingerprint === ours.fingerprint) return { kind: 'ourselves' };
  // g[impl message.hello-identity]
  if (hello.our_fingerprint !== theirFingerprint) {
    return {
      kind: 'protocol-error',
      detail: 'the hello names another fingerprint than the connection proved',
    };
  }
  // g[impl message.protocol-version]
  if (hello.protocol_version < 1)
    return { kind: 'abort', reason: otherReason('unsupported_protocol_version') };
  const joiner = hello.our_seq === 0;
  // g[impl message.grove-mismatch]
  if (hello.grove_id !== nilUuid && ours.groveId !== null && hello.grove_id !== ours.groveId) {
    return { kind: 'abort', reason: 'grove_mismatch' };
  }
  // g[impl message.leader-role]
  if (hello.our_role === 'leader' && theirFingerprint !== ours.leaderFingerprint) {
    return { kind: 'abort', reason: 'leader_mismatch' };
  }
  // g[impl message.seq-regression]
  // What it says is stored, and one process stores rising numbers only.
  if (hello.our_seq < claimedSeq) return { kind: 'abort', reason: 'seq_regression' };
  const theirs = { seq: hello.our_seq, hash: hello.our_payload_hash };
  return {
    kind: 'accept',
    speak: Math.min(ours.protocolVersion, hello.protocol_version),
    relation: relate(ours.version, theirs),
    joiner,
  };
}

// g[impl message.relation]
/** Order is the sequence number and nothing else. */
export function relate(ours: Version, theirs: Version): Relation {
  if (ours.seq !== theirs.seq) return ours.seq > theirs.seq ? 'we-are-ahead' : 'they-are-ahead';
  return ours.hash === theirs.hash ? 'level' : 'fork';
}
