/** `apps` and `app_params`: what is configured on this node, and the values it has. */
import type { AppChange, AppParamRow, AppRow, AppStore } from '../ports/app-store.ts';
import type { AppDefinition } from '../protocol/app-types.ts';
import { appsMax, assert } from '../protocol/index.ts';
import { operationsTable, operationWriter } from './app-operations.ts';
import type { Connection, Connections } from './database.ts';
import { parseJson } from './encoding.ts';
import { type MappingsTable, progressWriter } from './mappings.ts';

interface AppColumns {
  readonly definition_json: string;
  readonly installed: number;
  readonly generation: number;
  readonly told_generation: number;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly created_at: string;
}

type AppReads = 'apps' | 'app' | 'appsCount' | 'values' | 'failingApps' | 'untoldApps';

// g[impl apps.store]
export function appsTable(connections: Connections, mappings: MappingsTable): AppStore {
  const { durable, relaxed } = connections;
  const insert = durable.prepare(
    `INSERT INTO apps (name, definition_json, installed, generation, told_generation, attempts, last_error, created_at)
     VALUES (@name, @definitionJson, @installed, @generation, @toldGeneration, @attempts, @lastError, @createdAt)`,
  );
  const remove = durable.prepare('DELETE FROM apps WHERE name = ?');
  const removeMappings = durable.prepare('DELETE FROM grove_param_mappings WHERE app_name = ?');
  const count = durable.prepare<{ readonly apps: number }>('SELECT count(*) AS apps FROM apps');
  const noteFailure = relaxed.prepare(
    'UPDATE apps SET attempts = attempts + 1, last_error = ? WHERE name = ?',
  );
  const changeDurably = changeWriter(durable);
  const changeRelaxed = changeWriter(relaxed);
  const { clear: _clear, markChanged: _markChanged, ...mappingReads } = mappings;

  return {
    ...readApps(durable),
    ...operationsTable(relaxed),
    ...mappingReads,
    createApp: (row) => {
      durable.write(() => {
        insert.run(toColumns(row));
        assert((count.get()?.apps ?? 0) <= appsMax, `a node has at most ${appsMax} apps`);
      });
    },
    removeApp: (name) => {
      durable.write(() => {
        removeMappings.run(name);
        remove.run(name);
      });
    },
    changeApp: (change) => (change.durable ? changeDurably(change) : changeRelaxed(change)),
    noteFailure: (app, detail) => {
      noteFailure.run(detail, app);
    },
  };
}

function readApps(connection: Connection): Pick<AppStore, AppReads> {
  const columns = 'definition_json, installed, generation, told_generation, attempts, last_error, created_at';
  const all = connection.prepare<AppColumns>(`SELECT ${columns} FROM apps ORDER BY name`);
  const one = connection.prepare<AppColumns>(`SELECT ${columns} FROM apps WHERE name = ?`);
  const count = connection.prepare<{ readonly apps: number }>('SELECT count(*) AS apps FROM apps');
  const values = connection.prepare<AppParamRow>(
    'SELECT name, value, told_value AS toldValue, generation FROM app_params WHERE app_name = ? ORDER BY name',
  );
  const untold = connection.prepare<{ readonly name: string }>(
    'SELECT name FROM apps WHERE installed = 1 AND told_generation < generation ORDER BY name',
  );

  const failing = connection.prepare<{
    readonly app: string;
    readonly installed: number;
    readonly attempts: number;
    readonly lastError: string;
  }>(
    `SELECT name AS app, installed, attempts, last_error AS lastError FROM apps WHERE last_error IS NOT NULL
     ORDER BY name`,
  );

  return {
    failingApps: () => failing.all().map((row) => ({ ...row, installed: row.installed === 1 })),
    apps: () => all.all().map((row) => toApp(row, connection.path)),
    app: (name) => {
      const row = one.get(name);
      return row === undefined ? null : toApp(row, connection.path);
    },
    appsCount: () => count.get()?.apps ?? 0,
    values: (app) => values.all(app),
    untoldApps: () => untold.all().map(({ name }) => name),
  };
}

/** One transaction: the mapping, the values, what the mappings took, and what will be run. */
function changeWriter(connection: Connection): (change: AppChange) => number | null {
  const setValue = connection.prepare(
    `INSERT INTO app_params (app_name, name, value, told_value, generation)
     VALUES (@app, @name, @value, NULL, @generation)
     ON CONFLICT (app_name, name) DO UPDATE SET value = excluded.value, generation = excluded.generation`,
  );
  const raise = connection.prepare(
    `UPDATE apps SET generation = @generation, attempts = attempts + @begun WHERE name = @app`,
  );
  const tell = connection.prepare(
    `UPDATE apps SET told_generation = generation, attempts = 0, last_error = NULL WHERE name = ?`,
  );
  const tellValues = connection.prepare('UPDATE app_params SET told_value = value WHERE app_name = ?');
  const writeProgress = progressWriter(connection);
  const begin = operationWriter(connection);

  return (change) =>
    connection.write(() => {
      const { app, generation, values, told, operation, at } = change;
      writeProgress(change);
      for (const { name, value } of values) setValue.run({ app, name, value, generation });
      const known = raise.run({ app, generation, begun: operation === null ? 0 : 1 });
      assert(known === 1, `the app ${app} is there when it changes`);
      if (told) {
        tell.run(app);
        tellValues.run(app);
      }
      return operation === null ? null : begin(app, operation, at);
    });
}

function toColumns(row: AppRow) {
  return {
    name: row.definition.name,
    definitionJson: JSON.stringify(row.definition),
    installed: row.installed ? 1 : 0,
    generation: row.generation,
    toldGeneration: row.toldGeneration,
    attempts: row.attempts,
    lastError: row.lastError,
    createdAt: row.createdAt,
  };
}

function toApp(columns: AppColumns, path: string): AppRow {
  return {
    definition: parseJson<AppDefinition>(columns.definition_json, path),
    installed: columns.installed === 1,
    generation: columns.generation,
    toldGeneration: columns.told_generation,
    attempts: columns.attempts,
    lastError: columns.last_error,
    createdAt: columns.created_at,
  };
}
