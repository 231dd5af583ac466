/** `grove_membership` and the row beside it: the one grove this node is in, and the payload it holds. */
import type { Membership, PayloadCommit } from '../ports/store.ts';
import type { Role } from '../protocol/types.ts';
import type { Connection } from './database.ts';
import {
  bytesToHex,
  bytesToUuid,
  hexToBytes,
  type PayloadCells,
  parsePayload,
  uuidToBytes,
} from './encoding.ts';

interface MembershipColumns {
  readonly grove_id: Uint8Array;
  readonly role: Role;
  readonly leader_fingerprint: string;
  readonly current_seq: number;
  readonly current_payload: Uint8Array;
  readonly current_signature: Uint8Array;
  readonly joined_at: string;
  readonly leader_key: Uint8Array;
  readonly revoked_at_seq: number | null;
}

/** What a commit is checked against: enough to see that it goes forward in the same grove. */
export interface CurrentVersion {
  readonly groveId: string;
  readonly leaderFingerprint: string;
  readonly seq: number;
}

export interface MembershipTable {
  membership(): Membership | null;
  current(): CurrentVersion | null;
  /** Null without a membership, and for one written before the key was kept. */
  leaderKey(): string | null;
  put(commit: PayloadCommit): void;
  /** What was written last may have been taken back: do not count on it. */
  reread(): void;
  clear(): void;
}

export function membershipTable(connection: Connection, cells: PayloadCells): MembershipTable {
  const select = connection.prepare<MembershipColumns>(
    `SELECT grove_id, role, leader_fingerprint, current_seq, current_payload, current_signature, joined_at,
       leader_key, revoked_at_seq
     FROM grove_membership JOIN grove_membership_details USING (id)`,
  );
  const selectCurrent = connection.prepare<
    Pick<MembershipColumns, 'grove_id' | 'leader_fingerprint' | 'current_seq'>
  >('SELECT grove_id, leader_fingerprint, current_seq FROM grove_membership');
  const selectKey = connection.prepare<Pick<MembershipColumns, 'leader_key'>>(
    'SELECT leader_key FROM grove_membership_details',
  );
  const upsert = connection.prepare(
    `INSERT INTO grove_membership (id, grove_id, role, leader_fingerprint, current_seq, current_payload,
       current_signature, joined_at)
     VALUES (1, @groveId, @role, @leaderFingerprint, @seq, @payload, @signature, @joinedAt)
     ON CONFLICT (id) DO UPDATE SET role = excluded.role, current_seq = excluded.current_seq,
       current_payload = excluded.current_payload, current_signature = excluded.current_signature`,
  );
  const remove = connection.prepare('DELETE FROM grove_membership');
  const details = membershipDetails(connection);

  return {
    membership: () => {
      const columns = select.get();
      return columns === undefined ? null : toMembership(columns, cells, connection.path);
    },
    current: () => {
      const columns = selectCurrent.get();
      if (columns === undefined) return null;
      return {
        groveId: bytesToUuid(columns.grove_id),
        leaderFingerprint: columns.leader_fingerprint,
        seq: columns.current_seq,
      };
    },
    leaderKey: () => {
      const columns = selectKey.get();
      return columns === undefined ? null : keyOf(columns);
    },
    put: (commit) => {
      upsert.run({
        groveId: uuidToBytes(commit.groveId),
        role: commit.role,
        leaderFingerprint: commit.leaderFingerprint,
        seq: commit.version.seq,
        payload: cells.put(commit.canonical).cell,
        signature: hexToBytes(commit.signature, 64),
        joinedAt: commit.receivedAt,
      });
      details.put(commit);
    },
    reread: () => details.reread(),
    clear: () => {
      remove.run();
      details.reread();
    },
  };
}

/** The row beside it, written when it changes. It goes with the membership. */
function membershipDetails(connection: Connection): Pick<MembershipTable, 'put' | 'reread'> {
  const upsert = connection.prepare(
    `INSERT INTO grove_membership_details (id, leader_key, revoked_at_seq) VALUES (1, @leaderKey, @revokedAtSeq)
     ON CONFLICT (id) DO UPDATE SET leader_key = excluded.leader_key, revoked_at_seq = excluded.revoked_at_seq
       WHERE leader_key IS NOT excluded.leader_key OR revoked_at_seq IS NOT excluded.revoked_at_seq`,
  );
  /** What was written last; null when not known. */
  let written: { readonly leaderKey: string; readonly revokedAtSeq: number | null } | null = null;

  return {
    put: ({ leaderKey, revokesUs, version }) => {
      // g[impl store.revoked]
      const revokedAtSeq = revokesUs ? version.seq : null;
      if (written?.leaderKey === leaderKey && written.revokedAtSeq === revokedAtSeq) return;
      upsert.run({ leaderKey: hexToBytes(leaderKey, 32), revokedAtSeq });
      written = { leaderKey, revokedAtSeq };
    },
    reread: () => {
      written = null;
    },
  };
}

/** A database from before the key was kept has an empty one. */
function keyOf({ leader_key }: Pick<MembershipColumns, 'leader_key'>): string | null {
  return leader_key.length === 0 ? null : bytesToHex(leader_key);
}

function toMembership(columns: MembershipColumns, cells: PayloadCells, path: string): Membership {
  const leaderKey = keyOf(columns);
  const { canonical, hash, parsed } = cells.get(columns.current_payload);
  return {
    groveId: bytesToUuid(columns.grove_id),
    role: columns.role,
    leaderFingerprint: columns.leader_fingerprint,
    leaderKey,
    current: { seq: columns.current_seq, hash },
    signed: {
      payload: parsed ?? parsePayload(canonical, path),
      signature: bytesToHex(columns.current_signature),
      leader_key: leaderKey,
    },
    joinedAt: columns.joined_at,
    revokedAtSeq: columns.revoked_at_seq,
  };
}
