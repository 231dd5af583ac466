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
  const prune = pruner(connection);

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
      prune(commit.canonical.length);
    },
    clear: () => {
      clear.run();
    },
  };
}

// g[impl store.history-bound]
function pruner(connection: Connection): (addedBytes: number) => void {
  const dropBeyondCount = connection.prepare(
    `DELETE FROM grove_versions WHERE seq <=
       (SELECT seq FROM grove_versions ORDER BY seq DESC LIMIT 1 OFFSET ${historyVersionsMax})`,
  );
  const total = connection.prepare<{ readonly bytes: number | null }>(
    'SELECT sum(length(payload)) AS bytes FROM grove_versions',
  );
  const sizes = connection.prepare<{ readonly seq: number; readonly bytes: number }>(
    'SELECT seq, length(payload) AS bytes FROM grove_versions ORDER BY seq DESC',
  );
  const dropUpTo = connection.prepare('DELETE FROM grove_versions WHERE seq <= ?');

  // Between prunings the sum only grows by what is added: reading it anew for each commit costs more than the commit.
  let bytesAtMost: number | null = null;

  return (added) => {
    bytesAtMost = bytesAtMost === null ? (total.get()?.bytes ?? 0) : bytesAtMost + added;
    dropBeyondCount.run();
    if (bytesAtMost <= historyBytesMax) return;
    bytesAtMost = total.get()?.bytes ?? 0;
    if (bytesAtMost <= historyBytesMax) return;
    let bytes = 0;
    for (const version of sizes.all()) {
      bytes += version.bytes;
      if (bytes > historyBytesMax) {
        dropUpTo.run(version.seq);
        bytesAtMost = null;
        return;
      }
    }
  };
}
