/** `grove_refused_payloads`: what was refused and until when, so that it is not fetched again and again. */
import type { GroveStore, RefusedPayload } from '../ports/store.ts';
import { assert, refusedPayloadsMax } from '../protocol/index.ts';
import type { Connections } from './database.ts';

export interface RefusedPayloadsTable extends Pick<GroveStore, 'refused' | 'refuse'> {
  /** Part of the transaction that leaves the grove. */
  clear(): void;
}

// g[impl store.refused]
export function refusedPayloadsTable({ durable, relaxed }: Connections): RefusedPayloadsTable {
  const select = relaxed.prepare<RefusedPayload>(
    'SELECT hash, reason, until FROM grove_refused_payloads WHERE until_ms > ? ORDER BY until_ms, hash',
  );
  const upsert = relaxed.prepare(
    `INSERT INTO grove_refused_payloads (hash, reason, until, until_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason, until = excluded.until, until_ms = excluded.until_ms`,
  );
  // Those that would be forgotten first go first.
  const prune = relaxed.prepare(
    `DELETE FROM grove_refused_payloads WHERE hash IN (SELECT hash FROM grove_refused_payloads
       ORDER BY until_ms DESC, hash LIMIT -1 OFFSET ${refusedPayloadsMax})`,
  );
  const clear = durable.prepare('DELETE FROM grove_refused_payloads');

  return {
    refused: (now) => select.all(toMilliseconds(now)),
    refuse: ({ hash, reason, until }) => {
      relaxed.write(() => {
        upsert.run(hash, reason, until, toMilliseconds(until));
        prune.run();
      });
    },
    clear: () => {
      clear.run();
    },
  };
}

/** Times are compared as numbers: as text, 12:00:00.5Z would come before 12:00:00Z. */
function toMilliseconds(time: string): number {
  const milliseconds = Date.parse(time);
  assert(!Number.isNaN(milliseconds), `not an RFC 3339 time: ${time}`);
  return milliseconds;
}
