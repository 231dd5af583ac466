/**
 * The seam to the disk. Every method but `commitPayloadSoon` is one synchronous step: when it returns, what it promises
 * is durable; when it throws a `StoreError`, nothing of it happened. Ports never hand out live rows: results are plain
 * values the caller owns.
 */
import type { Json, Member, Param, RequestActor, Role, SignedPayload, Version } from '../protocol/types.ts';
import type { AppStore } from './app-store.ts';

export type StoreErrorCode = 'disk_full' | 'busy' | 'corrupt' | 'newer_schema' | 'locked_by_process' | 'io';

/** The floor a node keeps after leaving a grove: joining again below it needs the operator's word. */
export interface GroveFloor {
  readonly groveId: string;
  readonly leaderFingerprint: string;
  readonly seqMax: number;
}

/** A payload in force, now or before. Its leader's key is null when the database is from before the key was kept. */
export type HeldPayload = Omit<SignedPayload, 'leader_key'> & { readonly leader_key: string | null };

/** What this node is a member of, as one row of `grove_membership` and the rows beside it. */
export interface Membership {
  readonly groveId: string;
  readonly role: Role;
  readonly leaderFingerprint: string;
  /** 64 hex digits, raw key, stored at first sight. Null as in `HeldPayload`. */
  readonly leaderKey: string | null;
  readonly current: Version;
  readonly signed: HeldPayload;
  readonly joinedAt: string;
  /** Set once this node applied, or saw proof of, a payload that removes it. */
  readonly revokedAtSeq: number | null;
}

/**
 * One applied or published payload. The store writes membership, history, the params projection and which mappings wait
 * for it in one transaction.
 */
export interface PayloadCommit {
  readonly role: Role;
  readonly groveId: string;
  readonly leaderFingerprint: string;
  readonly leaderKey: string;
  readonly version: Version;
  /** The canonical JSON (RFC 8785) of the payload, without the signature's domain prefix. Must hash to `version.hash`. */
  readonly canonical: Uint8Array;
  readonly signature: string;
  /** Members and params of the payload, for the projections. */
  readonly members: readonly Member[];
  readonly params: readonly Param[];
  /** Members of the previous payload that this one no longer lists. Remembered, so that their dials are answered `revoked`. */
  readonly removedFingerprints: readonly string[];
  /** RFC 3339 UTC. */
  readonly receivedAt: string;
  /** True when the payload removes this node: it is stored and the membership is marked revoked at its seq. */
  readonly revokesUs: boolean;
  /** True only when a fork is settled: same seq, smaller hash. Otherwise the commit must raise the seq or it throws. */
  readonly replacesSameSeq: boolean;
  /** For leaders: what the operator asked for, in the audit log of the same transaction. */
  readonly audit?: AuditEntry;
}

export interface AuditEntry {
  readonly at: string;
  readonly actor: RequestActor;
  readonly method: string;
  readonly summary: string;
}

export interface StoredVersion {
  readonly version: Version;
  readonly signed: HeldPayload;
  readonly receivedAt: string;
}

export interface ParamRow extends Param {
  /** The seq at which this param last changed. */
  readonly version_seq: number;
}

/** One address of the address book. Hints never replace verified addresses. */
export interface AddressRow {
  readonly address: string;
  readonly source: 'configured' | 'verified' | 'hint';
}

export interface PeerRow {
  readonly fingerprint: string;
  readonly label: string | null;
  readonly addresses: readonly AddressRow[];
  readonly lastSeenAt: string | null;
  readonly lastConnectedAt: string | null;
}

/** A payload kept aside: created in the future, or a jump too wide to take without the operator. */
export interface ParkedPayload {
  readonly hash: string;
  readonly seq: number;
  readonly signed: SignedPayload;
  readonly reason: 'created_in_future' | 'seq_jump';
  readonly peerFingerprint: string;
  readonly parkedAt: string;
}

/** Two payloads the leader signed under one number. */
export interface ForkEvidence {
  readonly seq: number;
  readonly hash: string;
  readonly signed: SignedPayload;
  readonly peerFingerprint: string;
  readonly seenAt: string;
}

export interface RefusedPayload {
  readonly hash: string;
  readonly reason: string;
  /** RFC 3339 UTC; forgotten after it. */
  readonly until: string;
}

export interface StoredEvent {
  /** Sortable: ids ascend in the order of events, across restarts. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly actor?: RequestActor;
  readonly data: { readonly [key: string]: Json };
}

/** Rows of one table that cannot be read any more, as far as they were come across since the start. */
export interface DamagedRows {
  readonly table: string;
  readonly rows: number;
}

export interface GroveStore {
  membership(): Membership | null;
  /** Durable (fsync) when it returns. */
  commitPayload(commit: PayloadCommit): void;
  /**
   * The same without waiting for the disk. What cannot be written is thrown at once. Otherwise `settled` is called
   * once, maybe within the call: with null when the payload is durable, or with a `StoreError` when it is not known to
   * be; then nothing may be claimed of it, and the same commit, or a later one, may be tried again. A read that would
   * show the payload before that waits for the disk. Not called any more once the store is closed.
   */
  commitPayloadSoon(commit: PayloadCommit, settled: (failure: unknown) => void): void;
  /** Ends the membership and keeps the floor, in one transaction. Params, history and mappings of the grove go. */
  leave(floor: GroveFloor): void;
  floor(groveId: string, leaderFingerprint: string): GroveFloor | null;
  params(): readonly ParamRow[];
  /** Fingerprints that once were members of this grove and are not now, with the seq that removed them. */
  formerMembers(): readonly { readonly fingerprint: string; readonly removedAtSeq: number }[];
  /** Newest first. `beforeSeq` is exclusive. */
  history(options: { readonly limit: number; readonly beforeSeq?: number }): readonly StoredVersion[];
  payloadAt(seq: number): StoredVersion | null;

  peers(): readonly PeerRow[];
  /** Writes address book rows in one batch; not fsynced (losing the last batch at power loss is harmless). */
  savePeers(rows: readonly PeerRow[]): void;
  removePeers(fingerprints: readonly string[]): void;

  parked(): readonly ParkedPayload[];
  /** At most `parkedPayloadsMax`; the oldest goes. */
  park(parked: ParkedPayload): void;
  unpark(hash: string): void;
  forkEvidence(): readonly ForkEvidence[];
  /** Idempotent by seq and hash; at most `forkEvidenceMax`, the oldest go. */
  keepForkEvidence(evidence: readonly ForkEvidence[]): void;
  refused(now: string): readonly RefusedPayload[];
  /** Not fsynced: a lost refusal costs one more look. At most `refusedPayloadsMax`; those forgotten soonest go. */
  refuse(refused: RefusedPayload): void;

  /** Appends in one batch whose ids ascend beyond the newest kept (otherwise it throws); survives a killed process, not fsynced. Bounded: the oldest go. */
  appendEvents(events: readonly StoredEvent[]): void;
  /** Events after `since` (exclusive), oldest first. */
  eventsSince(since: string | null, limit: number): readonly StoredEvent[];
  /** The oldest and newest ids kept, or null when there are none. */
  /** Who asked for these numbers of the grove this node is in, as far as its events say: those a leader published. */
  publishers(fromSeq: number, toSeq: number): ReadonlyMap<number, RequestActor>;
  eventBounds(): { readonly oldest: string; readonly newest: string } | null;
  appendAudit(entry: AuditEntry): void;
  /** Newest first. */
  audit(limit: number): readonly AuditEntry[];
  /** What `parked`, `forkEvidence`, `eventsSince` and `audit` left out, because it cannot be read. */
  damaged(): readonly DamagedRows[];

  readonly apps: AppStore;

  close(): void;
}
