/** `grove_versions`: the newest payloads, byte for byte. */
import type { GroveStore, PayloadCommit, StoredVersion } from '../ports/store.ts';
import type { Connection } from './database.ts';
import { bytesToHex, hexToBytes, type PayloadCells, parsePayload } from './encoding.ts';
import { boundedLimit, historyBytesMax, historyVersionsMax } from './limits.ts';

interface VersionColumns {
  readonly seq: number;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly received_at: string;
}

export interface HistoryTable extends Pick<GroveStore, 'history' | 'payloadAt'> {
  keep(commit: PayloadCommit): void;
  /** What was counted may have been taken back: count anew. */
  recount(): void;
  clear(): void;
}

/** `leaderKey` gives the key of the grove the versions belong to: one leader signed them all. */
export function historyTable(
  connection: Connection,
  cells: PayloadCells,
  leaderKey: () => string | null,
): HistoryTable {
  const columns = 'seq, payload, signature, received_at';
  const select = connection.prepare<VersionColumns>(
    `SELECT ${columns} FROM grove_versions WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  const selectOne = connection.prepare<VersionColumns>(`SELECT ${columns} FROM grove_versions WHERE seq = ?`);
  const insert = connection.prepare(
    `INSERT OR IGNORE INTO grove_versions (${columns}) VALUES (@seq, @payload, @signature, @receivedAt)`,
  );
  const replace = connection.prepare(
    `INSERT OR REPLACE INTO grove_versions (${columns}) VALUES (@seq, @payload, @signature, @receivedAt)`,
  );
  const clear = connection.prepare('DELETE FROM grove_versions');
  const pruner = historyPruner(connection);

  function toStoredVersion(row: VersionColumns): StoredVersion {
    const { canonical, hash, parsed } = cells.get(row.payload);
    return {
      version: { seq: row.seq, hash },
      signed: {
        payload: parsed ?? parsePayload(canonical, connection.path),
        signature: bytesToHex(row.signature),
        leader_key: leaderKey(),
      },
      receivedAt: row.received_at,
    };
  }

  return {
    history: ({ limit, beforeSeq }) =>
      select
        .all(beforeSeq ?? Number.MAX_SAFE_INTEGER + 1, boundedLimit(limit, historyVersionsMax))
        .map(toStoredVersion),
    payloadAt: (seq) => {
      const row = selectOne.get(seq);
      return row === undefined ? null : toStoredVersion(row);
    },
    // g[impl store.byte-exact] g[impl store.fork-replaces]
    keep: (commit) => {
      (commit.replacesSameSeq ? replace : insert).run({
        seq: commit.version.seq,
        payload: cells.put(commit.canonical).cell,
        signature: hexToBytes(commit.signature, 64),
        receivedAt: commit.receivedAt,
      });
      if (commit.replacesSameSeq) pruner.recount();
      pruner.added(commit.canonical.length);
    },
    recount: () => pruner.recount(),
    clear: () => {
      clear.run();
      pruner.recount();
    },
  };
}

// g[impl store.history-bound]
/** Counts what is kept instead of looking at it: reading the history with each commit costs more than the commit. */
function historyPruner(connection: Connection): { added(bytes: number): void; recount(): void } {
  const total = connection.prepare<{ readonly versions: number; readonly bytes: number | null }>(
    'SELECT count(*) AS versions, sum(length(payload)) AS bytes FROM grove_versions',
  );
  const dropOldest = connection.prepare(
    'DELETE FROM grove_versions WHERE seq = (SELECT min(seq) FROM grove_versions)',
  );
  const sizes = connection.prepare<{ readonly seq: number; readonly bytes: number }>(
    'SELECT seq, length(payload) AS bytes FROM grove_versions ORDER BY seq DESC',
  );
  const dropUpTo = connection.prepare('DELETE FROM grove_versions WHERE seq <= ?');

  /** `bytes` is an upper bound. Null: not known. */
  let kept: { versions: number; bytes: number } | null = null;

  function count(): { versions: number; bytes: number } {
    const { versions = 0, bytes = 0 } = total.get() ?? {};
    return { versions, bytes: bytes ?? 0 };
  }

  function dropBeyondBytes(): void {
    let bytes = 0;
    for (const version of sizes.all()) {
      bytes += version.bytes;
      if (bytes <= historyBytesMax) continue;
      dropUpTo.run(version.seq);
      return;
    }
  }

  return {
    added: (bytes) => {
      kept = kept === null ? count() : { versions: kept.versions + 1, bytes: kept.bytes + bytes };
      for (; kept.versions > historyVersionsMax; kept.versions -= 1) dropOldest.run();
      if (kept.bytes <= historyBytesMax) return;
      dropBeyondBytes();
      kept = count();
    },
    recount: () => {
      kept = null;
    },
  };
}
