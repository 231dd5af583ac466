/** `grove_param_mappings` and the row beside each: which app param follows which grove param, and how far it has come. */
import type { AppChange, AppStore, MappingRow, PendingMapping, PendingNotice } from '../ports/app-store.ts';
import { assert, mappingsMax } from '../protocol/index.ts';
import type { Param, ParamKind } from '../protocol/types.ts';
import type { Connection, Connections } from './database.ts';
import { bytesToUuid } from './encoding.ts';

type MappingReads =
  | 'mappings'
  | 'mappingsOf'
  | 'mappingsCount'
  | 'misfits'
  | 'unmap'
  | 'pending'
  | 'pendingOf'
  | 'markMissed'
  | 'groveId'
  | 'groveParam';

export interface MappingsTable extends Pick<AppStore, MappingReads> {
  /** Part of a payload's transaction: mappings of these grove params wait for the change numbered `seq`. */
  markChanged(names: readonly string[], seq: number): void;
  clear(): void;
}

const mappingColumns = `app_name AS app, app_param_name AS appParam, grove_param_name AS groveParam,
  applied_seq AS appliedSeq, pending_seq AS pendingSeq, misfit`;
const joined = 'grove_param_mappings JOIN grove_mapping_progress USING (app_name, app_param_name)';

export function mappingsTable({ durable }: Connections): MappingsTable {
  const remove = durable.prepare(
    'DELETE FROM grove_param_mappings WHERE app_name = ? AND app_param_name = ?',
  );
  const clear = durable.prepare('DELETE FROM grove_param_mappings');
  const missed = durable.prepare(
    `UPDATE grove_mapping_progress SET pending_seq = (
       SELECT coalesce(version_seq, current_seq)
       FROM grove_membership, grove_param_mappings AS mapping
         LEFT JOIN grove_params ON grove_params.name = mapping.grove_param_name
       WHERE mapping.app_name = grove_mapping_progress.app_name
         AND mapping.app_param_name = grove_mapping_progress.app_param_name)
     WHERE pending_seq IS NULL AND EXISTS (
       SELECT 1 FROM grove_membership, grove_param_mappings AS mapping
         LEFT JOIN grove_params ON grove_params.name = mapping.grove_param_name
       WHERE mapping.app_name = grove_mapping_progress.app_name
         AND mapping.app_param_name = grove_mapping_progress.app_param_name
         AND (version_seq > coalesce(applied_seq, 0) OR version_seq IS NULL AND misfit IS NULL AND EXISTS (
           SELECT 1 FROM app_params WHERE app_params.app_name = mapping.app_name
             AND app_params.name = mapping.app_param_name AND value IS NOT NULL)))`,
  );
  const groveId = durable.prepare<{ readonly grove_id: Uint8Array }>('SELECT grove_id FROM grove_membership');
  const groveParam = durable.prepare<Param & { readonly seq: number }>(
    'SELECT name, kind, value, version_seq AS seq FROM grove_params WHERE name = ?',
  );

  return {
    ...readMappings(durable),
    ...changedSide(durable),
    unmap: (app, appParam) => remove.run(app, appParam) > 0,
    markMissed: () => missed.run(),
    groveId: () => {
      const columns = groveId.get();
      return columns === undefined ? null : bytesToUuid(columns.grove_id);
    },
    groveParam: (name) => groveParam.get(name) ?? null,
    // g[impl mapping.leave]
    clear: () => {
      clear.run();
    },
  };
}

interface PendingColumns extends MappingRow {
  readonly pendingSeq: number;
  readonly kind: ParamKind | null;
  readonly value: string | null;
}

function readMappings(
  connection: Connection,
): Pick<MappingsTable, 'mappings' | 'mappingsOf' | 'misfits' | 'mappingsCount' | 'pending' | 'pendingOf'> {
  const all = connection.prepare<MappingRow>(
    `SELECT ${mappingColumns} FROM ${joined} ORDER BY app_name, app_param_name`,
  );
  const ofApp = connection.prepare<MappingRow>(
    `SELECT ${mappingColumns} FROM ${joined} WHERE app_name = ? ORDER BY app_param_name`,
  );
  const misfits = connection.prepare<MappingRow>(
    `SELECT ${mappingColumns} FROM ${joined} WHERE misfit IS NOT NULL AND pending_seq IS NULL
     ORDER BY app_name, app_param_name`,
  );
  const count = connection.prepare<{ readonly mappings: number }>(
    'SELECT count(*) AS mappings FROM grove_param_mappings',
  );
  // The index of those that wait names the app: nothing else is looked at.
  const pending = connection.prepare<PendingNotice>(
    `SELECT app_name AS app, app_param_name AS appParam, pending_seq AS seq FROM grove_mapping_progress
     WHERE pending_seq IS NOT NULL AND EXISTS (SELECT 1 FROM apps WHERE apps.name = app_name)
     ORDER BY app_name, app_param_name`,
  );
  const pendingOf = connection.prepare<PendingColumns>(
    `SELECT ${mappingColumns}, kind, value
     FROM ${joined} LEFT JOIN grove_params ON grove_params.name = grove_param_name
     WHERE app_name = ? AND pending_seq IS NOT NULL ORDER BY app_param_name`,
  );

  return {
    mappings: () => all.all(),
    mappingsOf: (app) => ofApp.all(app),
    misfits: () => misfits.all(),
    mappingsCount: () => count.get()?.mappings ?? 0,
    pending: () => pending.all(),
    pendingOf: (app) => pendingOf.all(app).map(toPending),
  };
}

function toPending({ kind, value, ...mapping }: PendingColumns): PendingMapping {
  const groveValue = kind === null || value === null ? null : { name: mapping.groveParam, kind, value };
  return { ...mapping, groveValue };
}

// g[impl actuation.same-transaction] g[impl actuation.touched-only]
function changedSide(connection: Connection): Pick<MappingsTable, 'markChanged'> {
  const any = connection.prepare('SELECT 1 FROM grove_param_mappings LIMIT 1');
  const mark = connection.prepare(
    `UPDATE grove_mapping_progress SET pending_seq = ? WHERE (app_name, app_param_name) IN
       (SELECT app_name, app_param_name FROM grove_param_mappings WHERE grove_param_name = ?)`,
  );
  return {
    markChanged: (names, seq) => {
      if (names.length === 0 || any.get() === undefined) return;
      for (const name of names) mark.run(seq, name);
    },
  };
}

/** Part of a change's transaction: makes a mapping, and says what the mappings took. */
export function progressWriter(connection: Connection): (change: AppChange) => void {
  const insertMapping = connection.prepare(
    'INSERT INTO grove_param_mappings (app_name, app_param_name, grove_param_name) VALUES (?, ?, ?)',
  );
  const insertProgress = connection.prepare(
    'INSERT INTO grove_mapping_progress (app_name, app_param_name) VALUES (?, ?)',
  );
  const progress = connection.prepare(
    `UPDATE grove_mapping_progress SET applied_seq = @appliedSeq, misfit = @misfit, pending_seq = NULL
     WHERE app_name = @app AND app_param_name = @appParam`,
  );
  const count = connection.prepare<{ readonly mappings: number }>(
    'SELECT count(*) AS mappings FROM grove_param_mappings',
  );

  return ({ app, map, progress: taken }) => {
    if (map !== null) {
      insertMapping.run(app, map.appParam, map.groveParam);
      insertProgress.run(app, map.appParam);
      assert((count.get()?.mappings ?? 0) <= mappingsMax, `a node has at most ${mappingsMax} mappings`);
    }
    for (const { appParam, appliedSeq, misfit } of taken) progress.run({ app, appParam, appliedSeq, misfit });
  };
}
