/** What the applier hands its actors, and what they answer. */
import type { AbortReason, Version, VersionMessage } from '../src/protocol/types.ts';
import type { RefusedHash, Standing } from './events.ts';

/** A candidate and where it came from; `linkId` and `boot` are null for parked ones that are tried again. */
export interface QueuedCandidate {
  readonly linkId: string | null;
  readonly fingerprint: string;
  readonly boot: string | null;
  readonly message: VersionMessage;
  /** The operator's request to take it however far ahead it is. */
  readonly acceptedBy?: string;
}

export interface VerifyInput {
  readonly message: VersionMessage;
  /** The key to check the signature with, 64 hex digits. */
  readonly leaderKey: string;
  /** The first payload of a grove: its floor matters. */
  readonly joins: boolean;
}

/** What the verifier found out about a candidate, and the circumstances of the moment. */
export interface CandidateVerified {
  readonly type: 'candidate.verified';
  readonly hash: string;
  readonly canonicalBytes: number;
  /** Bytes of the line it is handed on in. */
  readonly lineBytes: number;
  readonly signatureValid: boolean;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  /** The highest seq this node held in that grove before it left; 0 when it never did. */
  readonly floorSeq: number;
}

export interface StoreInput {
  /** What was in force before; null when nothing was. */
  readonly previous: Version | null;
  readonly version: Version;
  readonly revokesUs: boolean;
  readonly replacesSameSeq: boolean;
}

export type StoreDone =
  | {
      readonly type: 'payload.stored';
      readonly standing: Standing;
      readonly membersAdded: readonly string[];
      readonly membersRemoved: readonly string[];
      readonly paramsChanged: readonly string[];
    }
  | { readonly type: 'store.failed'; readonly detail: string };

/** What is kept besides the payload in force. */
export type KeepInput =
  | {
      readonly kind: 'park';
      readonly version: Version;
      readonly why: 'created_in_future' | 'seq_jump';
      readonly fingerprint: string;
    }
  | { readonly kind: 'refuse'; readonly hash: string; readonly reason: AbortReason }
  | { readonly kind: 'evidence'; readonly versions: readonly Version[]; readonly fingerprint: string };
export type KeepDone = { readonly type: 'kept' } | { readonly type: 'keep.failed'; readonly detail: string };

/** Parked payloads, read back to be judged again. */
export type ParkedRead = { readonly type: 'parked.read'; readonly candidates: readonly QueuedCandidate[] };

export interface ApplierInput {
  readonly ownFingerprint: string;
  readonly standing: Standing | null;
  readonly refused: readonly RefusedHash[];
  readonly strictTimestampWindow: boolean;
}
