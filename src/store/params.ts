/** `grove_params`: the current payload's params as rows, each with the number at which it last changed. */
import type { ParamRow } from '../ports/store.ts';
import type { Param } from '../protocol/types.ts';
import type { Connection } from './database.ts';

export interface ParamsTable {
  params(): readonly ParamRow[];
  /** Makes the rows say what the payload numbered `seq` says, writing those that differ. Returns their names. */
  project(params: readonly Param[], seq: number): readonly string[];
  /** What was projected last may have been taken back: read the rows anew. */
  reread(): void;
  clear(): void;
}

export function paramsTable(connection: Connection): ParamsTable {
  const select = connection.prepare<ParamRow>(
    'SELECT name, kind, value, version_seq FROM grove_params ORDER BY name',
  );
  const upsert = connection.prepare(
    `INSERT INTO grove_params (name, kind, value, version_seq) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, value = excluded.value, version_seq = excluded.version_seq`,
  );
  const remove = connection.prepare('DELETE FROM grove_params WHERE name = ?');
  const clear = connection.prepare('DELETE FROM grove_params');

  /** What the rows say; null when not known. */
  let projected: readonly Param[] | null = null;

  return {
    params: () => select.all(),
    // g[impl store.version-seq]
    project: (params, seq) => {
      const stored = new Map((projected ?? select.all()).map((row) => [row.name, row]));
      const changed: string[] = [];
      for (const param of params) {
        const row = stored.get(param.name);
        stored.delete(param.name);
        if (row?.kind === param.kind && row.value === param.value) continue;
        upsert.run(param.name, param.kind, param.value, seq);
        changed.push(param.name);
      }
      for (const name of stored.keys()) remove.run(name);
      projected = params;
      return [...changed, ...stored.keys()];
    },
    reread: () => {
      projected = null;
    },
    clear: () => {
      clear.run();
      projected = null;
    },
  };
}
