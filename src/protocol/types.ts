/** The words of the protocol as types. Names and encodings are fixed: other implementations speak them. */

/** Anything the strict reader can return. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type ParamKind = 'text' | 'multiline' | 'email' | 'password' | 'weak-password';

export interface Member {
  /** Lowercase hex SHA-256 of the member's SubjectPublicKeyInfo DER. */
  readonly fp: string;
  readonly label: string;
}

export interface Param {
  readonly name: string;
  readonly kind: ParamKind;
  readonly value: string;
}

/** The full state of a grove under one sequence number. Members ascend by fp, params by name. */
export interface Payload {
  readonly grove_id: string;
  /** 1 … 2^53-1, one more per publish. */
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly created_at: string;
  readonly leader_fp: string;
  readonly members: readonly Member[];
  readonly params: readonly Param[];
  /** Reserved; always empty in this version. */
  readonly secrets: readonly [];
}

export type Role = 'leader' | 'follower';

/** How a node wants its news over one link: whole payloads, or an announcement it may pull on. */
export type PushMode = 'version' | 'hello';

export interface HelloMessage {
  readonly type: 'hello';
  /** The nil UUID while joining. */
  readonly grove_id: string;
  /** 0 while joining. */
  readonly our_seq: number;
  /** 64 hex digits, or empty while joining. */
  readonly our_payload_hash: string;
  readonly our_role: Role;
  readonly our_fingerprint: string;
  readonly protocol_version: number;
  /** The process's boot number, kept as the digits that were sent: it is compared, never computed with. */
  readonly nonce: string;
  /** Absent from implementations that lack it, which are sent whole payloads. */
  readonly push?: PushMode;
}

export interface VersionMessage {
  readonly type: 'version';
  /** The payload as it was parsed, unknown fields included, never rebuilt. */
  readonly payload: { readonly [key: string]: Json };
  /** 128 hex digits. */
  readonly signature: string;
  /** 64 hex digits, the leader's raw public key. Absent from implementations that lack it. */
  readonly leader_key?: string;
}

export interface PeerEntry {
  readonly fingerprint: string;
  readonly addresses: readonly string[];
  readonly last_seen: string;
}

export interface PeersMessage {
  readonly type: 'peers';
  readonly entries: readonly PeerEntry[];
}

export type KnownAbortReason =
  | 'grove_mismatch'
  | 'signature_invalid'
  | 'seq_regression'
  | 'leader_mismatch'
  | 'version_too_old'
  | 'payload_too_large';

export type OtherAbortReason =
  | 'fork_detected'
  | 'created_in_future'
  | 'malformed'
  | 'revoked'
  | 'unsupported_protocol_version'
  | 'busy';

/** `{ other }` may hold any printable text when it comes from a peer. */
export type AbortReason = KnownAbortReason | { readonly other: string };

export interface AbortMessage {
  readonly type: 'abort';
  readonly reason: AbortReason;
}

export type GroveMessage = HelloMessage | VersionMessage | PeersMessage | AbortMessage;

/** A payload with what is needed to verify it and hand it on. Plain JSON. */
export interface SignedPayload {
  readonly payload: { readonly [key: string]: Json };
  readonly signature: string;
  readonly leader_key: string;
}

/** Which payload a node holds. */
export interface Version {
  readonly seq: number;
  /** Payload hash, 64 hex digits; empty with seq 0. */
  readonly hash: string;
}

/** A change to a grove, asked for by an operator of the leader. */
export type Change =
  | { readonly kind: 'invite'; readonly member: Member }
  | { readonly kind: 'revoke'; readonly fp: string }
  | {
      readonly kind: 'params';
      readonly set: readonly Param[];
      readonly unset: readonly string[];
    }
  /** The same content under the next number: how a leader ends a fork. */
  | { readonly kind: 'republish' };

/** The typed refusals of the operator interface. */
export type ErrorCode =
  | 'not_found'
  | 'already_installed'
  | 'not_installed'
  | 'operation_in_progress'
  | 'requirements_invalid'
  | 'unauthorized'
  | 'server_busy'
  | 'invalid_request'
  | 'unknown_method'
  | 'internal';

/** A refusal that reaches an operator: what went wrong and what to do, with its numbers in `details`. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: { readonly [key: string]: Json };
}

/** Who asked for something. Recorded in the audit log and on the events a request causes. */
export interface RequestActor {
  readonly kind: string;
  readonly id: string;
  readonly display: string;
  readonly session?: string;
}

/** How a decision ends: a value, or a reason. Protocol functions return it instead of throwing. */
export type Verdict<Value, Reason> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: Reason };
