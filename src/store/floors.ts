/** `grove_floors`: the highest number seen in each grove this node left. */
import type { GroveFloor, GroveStore } from '../ports/store.ts';
import type { Connection } from './database.ts';
import { uuidToBytes } from './encoding.ts';
import { floorsMax } from './limits.ts';

export interface FloorsTable extends Pick<GroveStore, 'floor'> {
  /** A floor never sinks: the higher of this one and what was kept before stays. */
  keep(floor: GroveFloor): void;
}

export function floorsTable(connection: Connection): FloorsTable {
  const select = connection.prepare<{ readonly seqMax: number }>(
    'SELECT seq_max AS seqMax FROM grove_floors WHERE grove_id = ? AND leader_fingerprint = ?',
  );
  const upsert = connection.prepare(
    `INSERT INTO grove_floors (grove_id, leader_fingerprint, seq_max) VALUES (?, ?, ?)
     ON CONFLICT (grove_id, leader_fingerprint) DO UPDATE SET seq_max = max(seq_max, excluded.seq_max)`,
  );
  const prune = connection.prepare(
    `DELETE FROM grove_floors WHERE sequence IN
       (SELECT sequence FROM grove_floors ORDER BY sequence DESC LIMIT -1 OFFSET ${floorsMax})`,
  );

  return {
    floor: (groveId, leaderFingerprint) => {
      const row = select.get(uuidToBytes(groveId), leaderFingerprint);
      return row === undefined ? null : { groveId, leaderFingerprint, seqMax: row.seqMax };
    },
    // g[impl store.floor]
    keep: ({ groveId, leaderFingerprint, seqMax }) => {
      upsert.run(uuidToBytes(groveId), leaderFingerprint, seqMax);
      prune.run();
    },
  };
}
