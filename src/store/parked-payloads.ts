/** `grove_parked_payloads`: verified payloads that wait for their time, or for the operator. */
import type { GroveStore, ParkedPayload } from '../ports/store.ts';
import { parkedPayloadsMax } from '../protocol/index.ts';
import type { Version } from '../protocol/types.ts';
import type { DamageReport } from './damage.ts';
import type { Connection } from './database.ts';
import { columnsToSigned, type SignedColumns, signedToColumns } from './encoding.ts';

interface ParkedColumns extends SignedColumns {
  readonly hash: string;
  readonly seq: number;
  readonly reason: ParkedPayload['reason'];
  readonly peer_fingerprint: string;
  readonly parked_at: string;
}

export interface ParkedPayloadsTable extends Pick<GroveStore, 'parked' | 'park' | 'unpark'> {
  /** Part of a payload's transaction: what it applies or overtakes no longer waits. */
  forgetOvertaken(applied: Version): void;
  clear(): void;
}

// g[impl store.parked]
export function parkedPayloadsTable(connection: Connection, damage: DamageReport): ParkedPayloadsTable {
  const columns = 'hash, seq, payload, signature, leader_key, reason, peer_fingerprint, parked_at';
  const select = connection.prepare<ParkedColumns>(
    `SELECT ${columns} FROM grove_parked_payloads ORDER BY sequence`,
  );
  const insert = connection.prepare(
    `INSERT INTO grove_parked_payloads (${columns}) VALUES (@hash, @seq, @payload, @signature, @leader_key,
       @reason, @peerFingerprint, @parkedAt)
     ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason`,
  );
  const prune = connection.prepare(
    `DELETE FROM grove_parked_payloads WHERE sequence IN
       (SELECT sequence FROM grove_parked_payloads ORDER BY sequence DESC LIMIT -1 OFFSET ${parkedPayloadsMax})`,
  );
  const remove = connection.prepare('DELETE FROM grove_parked_payloads WHERE hash = ?');
  const removeOvertaken = connection.prepare('DELETE FROM grove_parked_payloads WHERE seq < ? OR hash = ?');
  const clear = connection.prepare('DELETE FROM grove_parked_payloads');

  return {
    parked: () =>
      damage.readable(
        'grove_parked_payloads',
        select.all(),
        ({ hash }) => hash,
        (row) => ({
          hash: row.hash,
          seq: row.seq,
          signed: columnsToSigned(row, connection.path),
          reason: row.reason,
          peerFingerprint: row.peer_fingerprint,
          parkedAt: row.parked_at,
        }),
      ),
    park: ({ hash, seq, signed, reason, peerFingerprint, parkedAt }) => {
      connection.write(() => {
        insert.run({ hash, seq, ...signedToColumns(signed), reason, peerFingerprint, parkedAt });
        prune.run();
      });
    },
    unpark: (hash) => {
      remove.run(hash);
    },
    forgetOvertaken: ({ seq, hash }) => {
      removeOvertaken.run(seq, hash);
    },
    clear: () => {
      clear.run();
    },
  };
}
