/** Brings a database to the newest schema, one numbered file at a time. `PRAGMA user_version` counts those that ran. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from './database.ts';
import type { StoreLog } from './log.ts';
import { StoreError } from './store-error.ts';

export interface Migration {
  /** 1, 2, 3 … in the order they run. */
  readonly version: number;
  /** The file's name, `0001-grove.sql`. */
  readonly name: string;
  readonly sql: string;
}

/**
 * Runs what is missing, each migration in a transaction of its own: a crash between two leaves a database of an
 * earlier version, which the next start brings on.
 */
// g[impl store.migrations]
export function migrate(connection: Connection, migrations: readonly Migration[], log?: StoreLog): void {
  const before = schemaVersion(connection);
  for (const migration of migrations.slice(before)) {
    connection.write(() => {
      connection.execute(migration.sql);
      connection.pragma(`user_version = ${migration.version}`);
    });
  }
  const after = schemaVersion(connection);
  if (before > 0 && after > before) log?.('brought the database to a newer schema', { before, after });
}

/** Throws `newer_schema` when a later program wrote the database. Writes nothing. */
// g[impl store.newer-schema]
export function refuseNewerSchema(connection: Connection, migrations: readonly Migration[]): void {
  const found = schemaVersion(connection);
  const known = migrations.length;
  if (found <= known) return;
  throw new StoreError(
    'newer_schema',
    `${connection.path} was written by a newer program (schema ${found}, this one knows ${known}): update this program, or restore a backup made before the update`,
    { details: { path: connection.path, found, known } },
  );
}

export function schemaVersion(connection: Connection): number {
  return Number(connection.pragma('user_version'));
}

let shipped: readonly Migration[] | null = null;

/** As `readMigrations`, but read once: the package does not change while it runs. */
export function shippedMigrations(): readonly Migration[] {
  shipped ??= readMigrations();
  return shipped;
}

/** The shipped migrations in order. Throws when a number is missing or used twice: the package is broken. */
export function readMigrations(directory: string = migrationsDirectory()): readonly Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const version = index + 1;
    if (!name.startsWith(`${String(version).padStart(4, '0')}-`)) {
      throw new Error(`migrations are numbered without gaps: expected number ${version}, found ${name}`);
    }
    return { version, name, sql: readFileSync(join(directory, name), 'utf8') };
  });
}

/** `migrations/` of the package this file is in, whether it runs from the sources or from the build below them. */
export function migrationsDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!(existsSync(join(directory, 'package.json')) && existsSync(join(directory, 'migrations')))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error('the package has lost its migrations folder: install it again');
    directory = parent;
  }
  return join(directory, 'migrations');
}
