/**
 * What the operator interface asks of a node. The actor system implements it; the handlers, and later the web
 * page, are written against it. Reads are synchronous snapshots; commands wait for their outcome.
 */
import type { AuditEntry, StoredEvent } from '../ports/store.ts';
import type { Invite } from '../protocol/invite.ts';
import type { Change, Json, ParamKind, Refusal, RequestActor, Role, Verdict } from '../protocol/types.ts';
import type { AppsControl } from './app-control.ts';

export type GroveCommand =
  | { readonly type: 'init'; readonly label: string }
  | {
      readonly type: 'change';
      readonly change: Change;
      /** Refused with `current_seq` when another change came first. */
      readonly expectSeq?: number;
      /** Publish at once, without waiting after a start for members to report what they hold. */
      readonly force?: boolean;
    }
  | { readonly type: 'join'; readonly invite: Invite; readonly acceptRollback?: boolean }
  | { readonly type: 'leave'; readonly force?: boolean }
  /** Takes the parked payload of this number, however far ahead it is. */
  | { readonly type: 'accept-jump'; readonly seq: number };

/** The node's life in a grove, as operators see it. */
export type GroveState =
  | 'outside'
  | 'joining'
  | 'following'
  | 'leading'
  | 'suspected-revoked'
  | 'revoked'
  | 'degraded';

/** Stable. docs/operating.md says of each what to do; a test holds the two together. */
export type ProblemCode =
  | 'loopback-only'
  | 'store-degraded'
  | 'revoked'
  | 'key-mismatch'
  | 'suspected-revoked'
  | 'created-in-future'
  | 'seq-jump'
  | 'fork'
  | 'identity-conflict'
  | 'damaged-rows'
  | 'events-unreadable'
  | 'store-unreadable'
  | 'app-failing'
  | 'install-failed'
  | 'mapping-incompatible'
  | 'no-links'
  | 'no-address-file'
  | 'holding';

export interface Problem {
  readonly code: ProblemCode;
  /** What is wrong and what to do about it, in plain words. */
  readonly message: string;
}

export type GroveStatus =
  | {
      readonly is_member: false;
      readonly state: GroveState;
      readonly own_fp: string;
      readonly problems: readonly Problem[];
    }
  | {
      readonly is_member: true;
      readonly state: GroveState;
      readonly role: Role;
      readonly grove_id: string;
      readonly leader_fp: string;
      readonly own_fp: string;
      readonly current_seq: number;
      readonly payload_hash: string;
      readonly created_at: string;
      readonly members_count: number;
      readonly params_count: number;
      readonly connected_peers: number;
      readonly problems: readonly Problem[];
    };

export interface PeerStatus {
  readonly fingerprint: string;
  readonly label: string | null;
  readonly connected: boolean;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly seq: number | null;
  readonly addresses: readonly string[];
  readonly last_connected_at: string | null;
  readonly last_seen_at: string | null;
  readonly last_error: string | null;
}

export interface HistoryEntry {
  readonly seq: number;
  readonly created_at: string;
  readonly received_at: string;
  /** Who asked for it; null on a node that did not publish it. */
  readonly actor: RequestActor | null;
  readonly changes: readonly HistoryChange[];
}

export type HistoryChange =
  | {
      readonly change: 'member-added' | 'member-removed';
      readonly fingerprint: string;
      readonly label: string;
    }
  | {
      readonly change: 'param-set' | 'param-unset';
      readonly name: string;
      readonly kind: ParamKind;
      readonly old_value: string | null;
      readonly new_value: string | null;
    };

/** Events from one point on. `gap` says which were lost to a reader that came too late or read too slowly. */
export type EventDelivery =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'gap'; readonly from: string; readonly to: string }
  /** Once a subscription, when every kept event was delivered: from here on they are new. Also with `since` null. */
  | { readonly kind: 'caught-up' };

export interface NodeControl {
  readonly apps: AppsControl;
  status(): GroveStatus;
  /** Each read refuses with `not_found` when the node is in no grove. */
  members(): Verdict<readonly { fingerprint: string; label: string }[], Refusal>;
  params(): Verdict<
    readonly { name: string; kind: ParamKind; value: string; version_seq: number }[],
    Refusal
  >;
  peers(): Verdict<readonly PeerStatus[], Refusal>;
  history(options: {
    readonly limit?: number;
    readonly beforeSeq?: number;
  }): Promise<Verdict<readonly HistoryEntry[], Refusal>>;
  payload(seq?: number): Verdict<{ payload: Json; signature: string; leader_key: string | null }, Refusal>;
  /** Resolves with the method's result (`grove_id`, `seq`, `members_count`, `leader_fp`, `invite` as they apply). Never rejects. */
  execute(
    command: GroveCommand,
    actor: RequestActor,
  ): Promise<Verdict<{ readonly [key: string]: Json }, Refusal>>;
  /**
   * Delivers events after `since` (null: only new ones; empty: everything that is kept), in order, until the returned function is called.
   * `deliver` returns false when the reader is full: it has taken that delivery and is given no other one until
   * `pull` of the returned handle is called. `deliver` may be called before `subscribe` returns.
   */
  subscribe(
    since: string | null,
    deliver: (delivery: EventDelivery) => boolean,
  ): { pull(): void; close(): void };
  /** Who asked for what, newest first. */
  audit(limit: number): readonly AuditEntry[];
  /** Writes an event that the operator surface itself causes (keys changed, …) and an audit line. */
  record(entry: { readonly method: string; readonly summary: string; readonly actor: RequestActor }): void;
}
