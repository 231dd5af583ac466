/** Databases of other versions, and the rule that a shipped migration never changes. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/store/database.ts';
import { openStore } from '../../src/store/index.ts';
import { migrate, migrationsDirectory, readMigrations, schemaVersion } from '../../src/store/migrate.ts';
import {
  event,
  fingerprint,
  groveId,
  leaderFingerprint,
  leaderKey,
  payloadCommit,
  payloadOf,
  text,
} from './payload-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let file: string;
beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory.path, 'grove.db');
});
afterEach(() => directory.remove());

describe('shipped migrations', () => {
  // g[verify store.migrations]
  it('never change: each has the checksum it was shipped with', () => {
    const folder = migrationsDirectory();
    const checksums = JSON.parse(readFileSync(join(folder, 'checksums.json'), 'utf8'));
    const found = readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .map((name) => [name, sha256(join(folder, name))]);
    expect(Object.fromEntries(found)).toEqual(checksums);
  });

  it('are numbered without gaps', () => {
    mkdirSync(join(directory.path, 'migrations'));
    for (const name of ['0001-a.sql', '0003-b.sql'])
      writeFileSync(join(directory.path, 'migrations', name), '');
    expect(() => readMigrations(join(directory.path, 'migrations'))).toThrow(
      'expected number 2, found 0003-b.sql',
    );
  });

  it('make the five tables of the grove with exactly their columns', () => {
    openStore({ directory: directory.path }).close();
    const database = new SqliteDatabase(file, { readonly: true });
    const columns = (table: string) =>
      database
        .prepare<[string], { name: string; type: string }>('SELECT name, type FROM pragma_table_info(?)')
        .all(table)
        .map(({ name, type }) => `${name} ${type}`);
    expect(columns('grove_membership')).toEqual([
      'id INTEGER',
      'grove_id BLOB',
      'role TEXT',
      'leader_fingerprint TEXT',
      'current_seq INTEGER',
      'current_payload BLOB',
      'current_signature BLOB',
      'joined_at TEXT',
    ]);
    expect(columns('grove_peers')).toEqual([
      'fingerprint TEXT',
      'label TEXT',
      'addresses_json TEXT',
      'last_seen_at TEXT',
      'last_connected_at TEXT',
    ]);
    expect(columns('grove_params')).toEqual(['name TEXT', 'kind TEXT', 'value TEXT', 'version_seq INTEGER']);
    expect(columns('grove_param_mappings')).toEqual([
      'app_name TEXT',
      'app_param_name TEXT',
      'grove_param_name TEXT',
    ]);
    expect(columns('grove_versions')).toEqual([
      'seq INTEGER',
      'payload BLOB',
      'signature BLOB',
      'received_at TEXT',
    ]);
    database.close();
  });

  // g[verify store.byte-exact]
  it('hold ids and signatures as raw bytes and payloads as the canonical ones', () => {
    const store = openStore({ directory: directory.path });
    const commit = payloadCommit(3, { extra: 'tēnā' });
    store.commitPayload(commit);
    store.close();
    const database = new SqliteDatabase(file, { readonly: true });
    const row = { grove_id: Buffer.from(groveId.replaceAll('-', ''), 'hex') };
    const payload = Buffer.from(commit.canonical);
    const signature = Buffer.from(commit.signature, 'hex');
    expect(database.prepare('SELECT * FROM grove_membership').get()).toMatchObject({
      ...row,
      current_payload: payload,
      current_signature: signature,
    });
    expect(database.prepare('SELECT * FROM grove_versions').get()).toMatchObject({
      seq: 3,
      payload,
      signature,
    });
    database.close();
  });
});

describe('a database of an earlier version', () => {
  // g[verify store.migrations]
  it.each(readMigrations().map(({ version }) => version))('from version %i on keeps its data', (version) => {
    writeAtVersion(version);
    const reports: unknown[] = [];
    const store = openStore({ directory: directory.path, log: (_, details) => reports.push(details) });
    const known = readMigrations().length;
    expect(reports).toEqual(version === known ? [] : [{ before: version, after: known }]);

    const commit = payloadCommit(42, { params: [text('greeting', 'kia ora')] });
    const key = version === 1 ? null : leaderKey;
    expect(store.membership()).toEqual({
      groveId,
      role: 'leader',
      leaderFingerprint,
      leaderKey: key,
      current: commit.version,
      signed: {
        payload: payloadOf(42, { params: commit.params }),
        signature: commit.signature,
        leader_key: key,
      },
      joinedAt: '2026-01-01T00:00:00Z',
      revokedAtSeq: null,
    });
    expect(store.params()).toEqual([{ name: 'greeting', kind: 'text', value: 'kia ora', version_seq: 40 }]);
    expect(store.history({ limit: 5 }).map((row) => row.version)).toEqual([commit.version]);
    const [peer] = store.peers();
    expect(peer?.addresses).toEqual([{ address: '192.0.2.1:7891', source: 'verified' }]);

    expect(store.apps.mappings()).toEqual([
      {
        app: 'web',
        appParam: 'hello',
        groveParam: 'greeting',
        appliedSeq: null,
        pendingSeq: 0,
        misfit: null,
      },
    ]);

    store.commitPayload(payloadCommit(43, { params: commit.params }));
    expect(store.membership()).toMatchObject({ leaderKey, current: { seq: 43 } });
    expect(store.params()[0]?.version_seq).toBe(40);
    store.appendEvents([event(1)]);
    store.close();
  });

  // g[verify store.migrations]
  it('stays at its version, whole, when a migration fails half way', () => {
    writeAtVersion(1);
    const broken = {
      version: 2,
      name: '0002-broken.sql',
      sql: 'CREATE TABLE half (a TEXT); INSERT INTO nowhere VALUES (1);',
    };
    const connection = new Connection({ path: file, durability: 'full' });
    expect(() => migrate(connection, [...readMigrations().slice(0, 1), broken])).toThrow('nowhere');
    expect(schemaVersion(connection)).toBe(1);
    expect(() => connection.prepare('SELECT * FROM half').get()).toThrow('no such table');
    connection.close();
    openStore({ directory: directory.path }).close();
  });
});

describe('a database of a newer version', () => {
  // g[verify store.newer-schema]
  it('is refused with both versions, and not touched', () => {
    openStore({ directory: directory.path }).close();
    const newer = readMigrations().length + 1;
    const database = new SqliteDatabase(file);
    database.exec(`CREATE TABLE from_the_future (a TEXT); PRAGMA user_version = ${newer}`);
    database.close();
    const before = sha256(file);
    expect(() => openStore({ directory: directory.path })).toThrow(
      expect.objectContaining({
        code: 'newer_schema',
        message: expect.stringContaining('update this program'),
        details: { path: file, found: newer, known: newer - 1 },
      }),
    );
    expect(sha256(file)).toBe(before);
  });
});

/** As a program of that version would have left it: plain SQL, none of today's code but the migrations. */
function writeAtVersion(version: number): void {
  const database = new SqliteDatabase(file);
  for (const { sql } of readMigrations().slice(0, version)) database.exec(sql);
  database.pragma(`user_version = ${version}`);
  const commit = payloadCommit(42, { params: [text('greeting', 'kia ora')] });
  const id = Buffer.from(groveId.replaceAll('-', ''), 'hex');
  const signature = Buffer.from(commit.signature, 'hex');
  database
    .prepare("INSERT INTO grove_membership VALUES (1, ?, 'leader', ?, 42, ?, ?, '2026-01-01T00:00:00Z')")
    .run(id, leaderFingerprint, commit.canonical, signature);
  database
    .prepare("INSERT INTO grove_versions VALUES (42, ?, ?, '2026-05-07T12:35:00Z')")
    .run(commit.canonical, signature);
  database.exec("INSERT INTO grove_params VALUES ('greeting', 'text', 'kia ora', 40)");
  database.exec("INSERT INTO grove_param_mappings VALUES ('web', 'hello', 'greeting')");
  database
    .prepare('INSERT INTO grove_peers VALUES (?, ?, ?, NULL, NULL)')
    .run(fingerprint(2), 'node-2', '[{"address":"192.0.2.1:7891","source":"verified"}]');
  if (version >= 2) {
    database
      .prepare('INSERT INTO grove_membership_details VALUES (1, ?, NULL)')
      .run(Buffer.from(leaderKey, 'hex'));
  }
  if (version >= 3) {
    database.exec("INSERT INTO grove_mapping_progress VALUES ('web', 'hello', NULL, 0, NULL)");
  }
  database.close();
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
