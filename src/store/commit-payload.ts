/** The one transaction behind every payload: membership, history, projections and audit change together or not at all. */
import type { GroveFloor, PayloadCommit } from '../ports/store.ts';
import { assert } from '../protocol/index.ts';
import type { Member } from '../protocol/types.ts';
import type { AuditTable } from './audit.ts';
import type { Connection } from './database.ts';
import type { PayloadCells } from './encoding.ts';
import type { FloorsTable } from './floors.ts';
import type { ForkEvidenceTable } from './fork-evidence.ts';
import type { FormerMembersTable } from './former-members.ts';
import type { HistoryTable } from './history.ts';
import type { MappingsTable } from './mappings.ts';
import type { CurrentVersion, MembershipTable } from './membership.ts';
import type { ParamsTable } from './params.ts';
import type { ParkedPayloadsTable } from './parked-payloads.ts';
import type { PeersTable } from './peers.ts';
import type { RefusedPayloadsTable } from './refused-payloads.ts';

export interface GroveTables {
  readonly cells: PayloadCells;
  readonly membership: MembershipTable;
  readonly history: HistoryTable;
  readonly params: ParamsTable;
  readonly mappings: MappingsTable;
  readonly formerMembers: FormerMembersTable;
  readonly peers: PeersTable;
  readonly parked: ParkedPayloadsTable;
  readonly refused: RefusedPayloadsTable;
  readonly evidence: ForkEvidenceTable;
  readonly floors: FloorsTable;
  readonly audit: AuditTable;
  /** The members the tables follow since the last commit of this process; null when not known. */
  readonly listed: { members: readonly Member[] | null };
}

// g[impl store.one-transaction]
/** `flushed`: on the disk when it returns. Otherwise that is left to the caller. */
export function writePayload(
  connection: Connection,
  tables: GroveTables,
  commit: PayloadCommit,
  flushed: boolean,
): void {
  assert(commit.version.hash === tables.cells.put(commit.canonical).hash, 'the hash is that of the payload');
  const body = () => {
    assertGoesForward(tables.membership.current(), commit);
    tables.membership.put(commit);
    tables.history.keep(commit);
    const changed = tables.params.project(commit.params, commit.version.seq);
    tables.mappings.markChanged(changed, commit.version.seq);
    followMembers(tables, commit);
    tables.parked.forgetOvertaken(commit.version);
    if (commit.audit !== undefined) tables.audit.append(commit.audit);
  };
  try {
    if (flushed) connection.write(body);
    else connection.writeUnflushed(body);
  } catch (error) {
    // It was taken back, and so is what the tables remember of it.
    tables.membership.reread();
    tables.history.recount();
    tables.params.reread();
    throw error;
  }
  // Not before the transaction is through.
  tables.listed.members = commit.members;
}

/** What stands in the tables for the members is written again only when they changed. */
function followMembers(tables: GroveTables, { members, removedFingerprints, version }: PayloadCommit): void {
  if (removedFingerprints.length === 0 && isSameList(tables.listed.members, members)) return;
  const fingerprints = members.map(({ fp }) => fp);
  tables.formerMembers.update({ removed: removedFingerprints, members: fingerprints, seq: version.seq });
  tables.peers.followPayload(members, removedFingerprints);
}

function isSameList(some: readonly Member[] | null, others: readonly Member[]): boolean {
  if (some === null || some.length !== others.length) return false;
  return some.every(({ fp, label }, index) => fp === others[index]?.fp && label === others[index]?.label);
}

/** Ends the membership. What belonged to the grove goes; the floor, the events and the audit log stay. */
// g[impl store.leave]
export function leave(connection: Connection, tables: GroveTables, floor: GroveFloor): void {
  tables.listed.members = null;
  connection.write(() => {
    const current = tables.membership.current();
    if (current !== null) {
      assert(floor.groveId === current.groveId, 'the floor is that of the grove to leave');
      assert(
        floor.leaderFingerprint === current.leaderFingerprint,
        'the floor names the leader of the grove',
      );
    }
    tables.floors.keep({ ...floor, seqMax: Math.max(floor.seqMax, current?.seq ?? 0) });
    tables.membership.clear();
    tables.history.clear();
    tables.params.clear();
    tables.formerMembers.clear();
    tables.peers.clear();
    tables.parked.clear();
    tables.refused.clear();
    tables.evidence.clear();
    tables.mappings.clear();
  });
}

// g[impl store.seq-rises]
function assertGoesForward(current: CurrentVersion | null, commit: PayloadCommit): void {
  assert(Number.isSafeInteger(commit.version.seq) && commit.version.seq >= 1, 'a seq is 1 … 2^53-1');
  if (current === null) return;
  assert(commit.groveId === current.groveId, 'a node is in one grove: leave it before joining another');
  assert(commit.leaderFingerprint === current.leaderFingerprint, 'the pinned leader never changes');
  if (commit.replacesSameSeq) {
    assert(commit.version.seq === current.seq, 'a fork is settled under the number it happened at');
  } else {
    assert(commit.version.seq > current.seq, `the seq rises: ${commit.version.seq} after ${current.seq}`);
  }
}
