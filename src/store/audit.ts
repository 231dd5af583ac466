/** `node_audit`: who asked for what, and when. */
import type { AuditEntry, GroveStore } from '../ports/store.ts';
import type { RequestActor } from '../protocol/types.ts';
import type { DamageReport } from './damage.ts';
import type { Connection } from './database.ts';
import { parseJson } from './encoding.ts';
import { auditEntriesMax, boundedLimit } from './limits.ts';

interface AuditColumns {
  readonly sequence: number;
  readonly at: string;
  readonly actor_json: string;
  readonly method: string;
  readonly summary: string;
}

export interface AuditTable extends Pick<GroveStore, 'audit' | 'appendAudit'> {
  /** Part of a transaction. */
  append(entry: AuditEntry): void;
}

// g[impl store.audit]
export function auditTable(connection: Connection, damage: DamageReport): AuditTable {
  const select = connection.prepare<AuditColumns>(
    'SELECT sequence, at, actor_json, method, summary FROM node_audit ORDER BY sequence DESC LIMIT ?',
  );
  const insert = connection.prepare(
    'INSERT INTO node_audit (at, actor_json, method, summary) VALUES (@at, @actorJson, @method, @summary)',
  );
  const prune = connection.prepare(
    `DELETE FROM node_audit WHERE sequence <= (SELECT max(sequence) FROM node_audit) - ${auditEntriesMax}`,
  );

  function append({ at, actor, method, summary }: AuditEntry): void {
    insert.run({ at, actorJson: JSON.stringify(actor), method, summary });
    prune.run();
  }

  return {
    audit: (limit) =>
      damage.readable(
        'node_audit',
        select.all(boundedLimit(limit, auditEntriesMax)),
        ({ sequence }) => String(sequence),
        (row) => ({
          at: row.at,
          actor: parseJson<RequestActor>(row.actor_json, connection.path),
          method: row.method,
          summary: row.summary,
        }),
      ),
    append,
    appendAudit: (entry) => connection.write(() => append(entry)),
  };
}
