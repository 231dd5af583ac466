/** `grove_former_members`: who was in this grove once, and the number that removed them. */
import type { GroveStore } from '../ports/store.ts';
import type { Connection } from './database.ts';
import { formerMembersMax } from './limits.ts';

export interface FormerMembersTable extends Pick<GroveStore, 'formerMembers'> {
  /** Remembers those a payload removed, forgets those it lists (again). */
  update(change: { removed: readonly string[]; members: readonly string[]; seq: number }): void;
  clear(): void;
}

export function formerMembersTable(connection: Connection): FormerMembersTable {
  const select = connection.prepare<{ readonly fingerprint: string; readonly removedAtSeq: number }>(
    `SELECT fingerprint, removed_at_seq AS removedAtSeq FROM grove_former_members
     ORDER BY removed_at_seq, fingerprint`,
  );
  const remember = connection.prepare(
    `INSERT INTO grove_former_members (fingerprint, removed_at_seq) VALUES (?, ?)
     ON CONFLICT (fingerprint) DO UPDATE SET removed_at_seq = excluded.removed_at_seq`,
  );
  const forgetListed = connection.prepare(
    'DELETE FROM grove_former_members WHERE fingerprint IN (SELECT value FROM json_each(?))',
  );
  const prune = connection.prepare(
    `DELETE FROM grove_former_members WHERE fingerprint IN (SELECT fingerprint FROM grove_former_members
       ORDER BY removed_at_seq DESC, fingerprint DESC LIMIT -1 OFFSET ${formerMembersMax})`,
  );
  const clear = connection.prepare('DELETE FROM grove_former_members');

  return {
    formerMembers: () => select.all(),
    // g[impl store.former-members]
    update: ({ removed, members, seq }) => {
      for (const fingerprint of removed) remember.run(fingerprint, seq);
      forgetListed.run(JSON.stringify(members));
      if (removed.length > 0) prune.run();
    },
    clear: () => {
      clear.run();
    },
  };
}
