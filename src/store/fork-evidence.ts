/** `grove_fork_evidence`: payloads the leader signed under a number it had already used. */
import type { GroveStore } from '../ports/store.ts';
import { forkEvidenceMax } from '../protocol/index.ts';
import type { DamageReport } from './damage.ts';
import type { Connection } from './database.ts';
import { columnsToSigned, type SignedColumns, signedToColumns } from './encoding.ts';

interface EvidenceColumns extends SignedColumns {
  readonly seq: number;
  readonly hash: string;
  readonly peer_fingerprint: string;
  readonly seen_at: string;
}

export interface ForkEvidenceTable extends Pick<GroveStore, 'forkEvidence' | 'keepForkEvidence'> {
  clear(): void;
}

// g[impl store.fork-evidence]
export function forkEvidenceTable(connection: Connection, damage: DamageReport): ForkEvidenceTable {
  const columns = 'seq, hash, payload, signature, leader_key, peer_fingerprint, seen_at';
  const select = connection.prepare<EvidenceColumns>(
    `SELECT ${columns} FROM grove_fork_evidence ORDER BY sequence`,
  );
  const insert = connection.prepare(
    `INSERT INTO grove_fork_evidence (${columns}) VALUES (@seq, @hash, @payload, @signature, @leader_key,
       @peerFingerprint, @seenAt)
     ON CONFLICT (seq, hash) DO NOTHING`,
  );
  const prune = connection.prepare(
    `DELETE FROM grove_fork_evidence WHERE sequence IN
       (SELECT sequence FROM grove_fork_evidence ORDER BY sequence DESC LIMIT -1 OFFSET ${forkEvidenceMax})`,
  );
  const clear = connection.prepare('DELETE FROM grove_fork_evidence');

  return {
    forkEvidence: () =>
      damage.readable(
        'grove_fork_evidence',
        select.all(),
        ({ seq, hash }) => `${seq} ${hash}`,
        (row) => ({
          seq: row.seq,
          hash: row.hash,
          signed: columnsToSigned(row, connection.path),
          peerFingerprint: row.peer_fingerprint,
          seenAt: row.seen_at,
        }),
      ),
    keepForkEvidence: (evidence) => {
      connection.write(() => {
        for (const { seq, hash, signed, peerFingerprint, seenAt } of evidence) {
          insert.run({ seq, hash, ...signedToColumns(signed), peerFingerprint, seenAt });
        }
        prune.run();
      });
    },
    clear: () => {
      clear.run();
    },
  };
}
