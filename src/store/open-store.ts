/** Opens a node's database: takes the directory, checks and migrates the schema, and hands out the store port. */
import { join } from 'node:path';
import type { GroveStore } from '../ports/store.ts';
import { appsTable } from './apps.ts';
import { auditTable } from './audit.ts';
import type { GroveTables } from './commit-payload.ts';
import { type DamageReport, damageReport } from './damage.ts';
import { Connection, type Connections } from './database.ts';
import { type PayloadCells, plainCells } from './encoding.ts';
import { eventsTable } from './events.ts';
import { floorsTable } from './floors.ts';
import type { FlushFile } from './flush-file.ts';
import { forkEvidenceTable } from './fork-evidence.ts';
import { formerMembersTable } from './former-members.ts';
import { historyTable } from './history.ts';
import { type DirectoryLock, lockDirectory } from './lock.ts';
import type { StoreLog } from './log.ts';
import { LogFlush } from './log-flush.ts';
import { mappingsTable } from './mappings.ts';
import { membershipTable } from './membership.ts';
import { migrate, refuseNewerSchema, shippedMigrations } from './migrate.ts';
import { type OperatorKeyStore, operatorKeysTable } from './operator-keys.ts';
import { paramsTable } from './params.ts';
import { parkedPayloadsTable } from './parked-payloads.ts';
import { payloadCommits } from './payload-commits.ts';
import { peersTable } from './peers.ts';
import { refusedPayloadsTable } from './refused-payloads.ts';

export interface OpenStoreOptions {
  /** The data directory, made if need be, or `:memory:`. */
  readonly directory: string;
  readonly log?: StoreLog;
  /** Told what is wrong with what is stored. */
  readonly warn?: StoreLog;
  /** The directory's lock, when the caller already holds it; it then also releases it. */
  readonly lock?: DirectoryLock;
  /** In memory only: begins as what `image` of another store gave. */
  readonly image?: Uint8Array;
  /** How payloads lie in their columns. Default: byte for byte. */
  readonly payloadCells?: PayloadCells;
  /** Writes that would make the database larger fail as `disk_full`. Default: what the disk holds. */
  readonly databaseBytesMax?: number;
  /** How the log is flushed after a commit that waits for nothing. Default: by the system, on another thread. */
  readonly flushFile?: FlushFile;
}

export type NodeStore = GroveStore & {
  readonly operatorKeys: OperatorKeyStore;
  /** The whole database as it is now: a backup, to open another one in memory from. */
  image(): Uint8Array;
};

const inMemory = ':memory:';

/** Throws a `StoreError`: `locked_by_process`, `newer_schema`, `corrupt`, `disk_full`, `busy` or `io`. */
export function openStore(options: OpenStoreOptions): NodeStore {
  const lock =
    options.directory === inMemory || options.lock !== undefined
      ? null
      : lockDirectory(options.directory, options.log);
  let connections: Connections | null = null;
  let flush: LogFlush | null = null;
  const close = () => {
    flush?.close();
    connections?.relaxed.close();
    connections?.durable.close();
    lock?.release();
  };
  try {
    connections = connect(options);
    const { path } = connections.durable;
    if (path !== inMemory) flush = new LogFlush(path, options.flushFile);
    const damage = damageReport(options.warn);
    return assemble(connections, { cells: options.payloadCells ?? plainCells, flush, damage }, close);
  } catch (error) {
    close();
    throw error;
  }
}

// g[impl store.private]
function connect(options: OpenStoreOptions): Connections {
  const path = options.directory === inMemory ? inMemory : join(options.directory, 'grove.db');
  const bound = options.databaseBytesMax === undefined ? {} : { databaseBytesMax: options.databaseBytesMax };
  const image = options.image === undefined ? {} : { image: options.image };
  const durable = new Connection({ path, durability: 'full', ...bound, ...image });
  try {
    const migrations = shippedMigrations();
    refuseNewerSchema(durable, migrations);
    durable.useWriteAheadLog();
    migrate(durable, migrations, options.log);
    if (path === inMemory) return { durable, relaxed: durable };
    return { durable, relaxed: new Connection({ path, durability: 'normal', ...bound }) };
  } catch (error) {
    durable.close();
    throw error;
  }
}

function assemble(
  connections: Connections,
  {
    cells,
    flush,
    damage,
  }: { readonly cells: PayloadCells; readonly flush: LogFlush | null; readonly damage: DamageReport },
  close: () => void,
): NodeStore {
  const { durable, relaxed } = connections;
  const membership = membershipTable(durable, cells);
  const audit = auditTable(durable, damage);
  const mappings = mappingsTable(connections);
  const tables: GroveTables = {
    cells,
    membership,
    history: historyTable(durable, cells, membership.leaderKey),
    params: paramsTable(durable),
    mappings,
    formerMembers: formerMembersTable(durable),
    peers: peersTable(connections),
    parked: parkedPayloadsTable(durable, damage),
    refused: refusedPayloadsTable(connections),
    evidence: forkEvidenceTable(durable, damage),
    floors: floorsTable(durable),
    audit,
    listed: { members: null },
  };
  const { commitPayload, commitPayloadSoon, leave, settled } = payloadCommits(durable, tables, flush);
  return {
    membership: settled(membership.membership),
    commitPayload,
    commitPayloadSoon,
    leave,
    floor: tables.floors.floor,
    params: settled(tables.params.params),
    formerMembers: settled(tables.formerMembers.formerMembers),
    history: settled(tables.history.history),
    payloadAt: settled(tables.history.payloadAt),
    peers: tables.peers.peers,
    savePeers: tables.peers.savePeers,
    removePeers: tables.peers.removePeers,
    parked: tables.parked.parked,
    park: tables.parked.park,
    unpark: tables.parked.unpark,
    forkEvidence: tables.evidence.forkEvidence,
    keepForkEvidence: tables.evidence.keepForkEvidence,
    refused: tables.refused.refused,
    refuse: tables.refused.refuse,
    ...eventsTable(relaxed, damage),
    audit: audit.audit,
    appendAudit: audit.appendAudit,
    damaged: damage.damaged,
    apps: appsTable(connections, mappings),
    operatorKeys: operatorKeysTable(durable),
    image: () => durable.image(),
    close,
  };
}
