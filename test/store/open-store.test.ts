/** What the file-backed store promises beyond the port: its files, its errors, and how it takes a full disk. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/store/database.ts';
import { openStore, StoreError } from '../../src/store/index.ts';
import { toStoreError } from '../../src/store/store-error.ts';
import { event, fingerprint, groveId, leaderFingerprint, payloadCommit, text } from './payload-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let file: string;
beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory.path, 'grove.db');
});
afterEach(() => directory.remove());

describe('rows that were damaged', () => {
  // g[verify store.damaged-rows]
  it('are left out and reported once, and the others are read', () => {
    const warnings: unknown[] = [];
    const store = openStore({
      directory: directory.path,
      warn: (message, details) => warnings.push([message, details]),
    });
    const parked = (seq: number) => {
      const { version, signature, leaderKey: leader_key } = payloadCommit(seq);
      const signed = { payload: { seq }, signature, leader_key };
      const peerFingerprint = leaderFingerprint;
      store.park({
        ...version,
        signed,
        reason: 'seq_jump',
        peerFingerprint,
        parkedAt: '2026-05-07T12:00:00Z',
      });
    };
    for (const seq of [1, 2, 3]) parked(seq);
    for (let number = 1; number <= 8; number += 1) store.appendEvents([event(number)]);
    const database = new SqliteDatabase(file);
    database.exec('UPDATE grove_parked_payloads SET payload = CAST(\'{"seq"\' AS BLOB) WHERE seq = 2');
    database.exec("UPDATE grove_parked_payloads SET payload = CAST('7' AS BLOB) WHERE seq = 3");
    database.exec("UPDATE node_events SET data_json = '{' WHERE sequence BETWEEN 2 AND 6");
    database.close();
    for (let round = 0; round < 2; round += 1) {
      expect(store.parked().map(({ seq }) => seq)).toEqual([1]);
      expect(store.eventsSince(null, 2).map(({ id }) => id)).toEqual([event(1).id, event(7).id]);
      expect(store.eventsSince(event(1).id, 10).map(({ id }) => id)).toEqual([event(7).id, event(8).id]);
    }
    expect(store.damaged()).toEqual([
      { table: 'grove_parked_payloads', rows: 2 },
      { table: 'node_events', rows: 5 },
    ]);
    expect(warnings).toHaveLength(7);
    expect(warnings[0]).toEqual([
      'a damaged row is left out',
      { table: 'grove_parked_payloads', row: payloadCommit(2).version.hash },
    ]);
    store.close();
  });
});

describe('files', () => {
  // g[verify store.private]
  it('are readable by their owner only, in a directory made for them', () => {
    const made = join(directory.path, 'data', 'grove');
    const store = openStore({ directory: made });
    store.commitPayload(payloadCommit(1));
    expect(mode(made)).toBe(0o700);
    for (const name of ['grove.db', 'grove.db-wal', 'grove.db-shm', 'lock.db', 'lock.pid']) {
      expect([name, mode(join(made, name))]).toEqual([name, 0o600]);
    }
    store.close();
  });

  it('keep what was stored until the next start', () => {
    const store = openStore({ directory: directory.path });
    store.commitPayload(payloadCommit(7, { params: [text('greeting', 'hi')] }));
    store.appendEvents([event(1)]);
    const before = [store.membership(), store.params(), store.eventsSince(null, 10)];
    store.close();
    store.close();
    const again = openStore({ directory: directory.path });
    expect([again.membership(), again.params(), again.eventsSince(null, 10)]).toEqual(before);
    again.close();
  });

  it('go into an image, which another store in memory begins as, apart from the first', () => {
    const store = openStore({ directory: directory.path });
    store.commitPayload(payloadCommit(7, { params: [text('greeting', 'hi')] }));
    const copy = openStore({ directory: ':memory:', image: store.image() });
    expect([copy.membership(), copy.params()]).toEqual([store.membership(), store.params()]);
    store.commitPayload(payloadCommit(8));
    expect(copy.membership()?.current.seq).toBe(7);
    copy.close();
    store.close();
  });

  // g[verify store.leave]
  it('lose the mappings of a grove that is left', () => {
    openStore({ directory: directory.path }).close();
    const database = new SqliteDatabase(file);
    database.exec("INSERT INTO grove_param_mappings VALUES ('web', 'hello', 'greeting')");
    const store = openStore({ directory: directory.path });
    store.leave({ groveId, leaderFingerprint, seqMax: 1 });
    expect(database.prepare('SELECT * FROM grove_param_mappings').all()).toEqual([]);
    database.close();
    store.close();
  });

  // g[verify store.version-seq]
  it('have only those param rows written that changed', () => {
    const store = openStore({ directory: directory.path });
    store.commitPayload(payloadCommit(1, { params: [text('alpha', '1'), text('beta', '1')] }));
    const database = new SqliteDatabase(file);
    database.exec(`CREATE TABLE written (name TEXT);
      CREATE TRIGGER watch_insert AFTER INSERT ON grove_params BEGIN INSERT INTO written VALUES (new.name); END;
      CREATE TRIGGER watch_update AFTER UPDATE ON grove_params BEGIN INSERT INTO written VALUES (new.name); END;`);
    store.commitPayload(payloadCommit(2, { params: [text('alpha', '1'), text('beta', '2')] }));
    expect(database.prepare('SELECT name FROM written').pluck().all()).toEqual(['beta']);
    database.close();
    store.close();
  });
});

describe('connections', () => {
  // g[verify store.durable]
  it('flush every commit of the durable kind and log ahead of writing', () => {
    const connection = new Connection({ path: file, durability: 'full' });
    connection.useWriteAheadLog();
    expect(connection.pragma('synchronous')).toBe(2);
    expect(connection.pragma('journal_mode')).toBe('wal');
    expect(connection.pragma('foreign_keys')).toBe(1);
    connection.close();
  });

  // g[verify store.durable] g[verify store.flush-beside]
  it('flush again after a commit that left its flush to another', () => {
    const connection = new Connection({ path: file, durability: 'full' });
    connection.useWriteAheadLog();
    connection.execute('CREATE TABLE notes (note TEXT)');
    const insert = connection.prepare("INSERT INTO notes VALUES ('x')");
    const modes = [
      () => connection.writeUnflushed(() => insert.run()),
      () => insert.run(),
      () => connection.writeUnflushed(() => connection.write(() => insert.run())),
      () => connection.write(() => insert.run()),
      () => connection.writeUnflushed(() => insert.run()),
      () => connection.checkpoint(),
    ].map((step) => {
      step();
      return connection.pragma('synchronous');
    });
    expect(modes).toEqual([1, 2, 1, 2, 1, 2]);
    connection.close();
  });

  // g[verify store.relaxed]
  it('do not flush commits of the relaxed kind', () => {
    const connection = new Connection({ path: file, durability: 'normal' });
    expect(connection.pragma('synchronous')).toBe(1);
    connection.close();
  });
});

describe('a full disk', () => {
  // g[verify store.disk-full]
  it('is named as such where the file that readers share cannot grow', () => {
    const refused = new SqliteDatabase.SqliteError('disk I/O error', 'SQLITE_IOERR_SHMSIZE');
    expect(toStoreError(refused, 'grove.db')).toMatchObject({
      code: 'disk_full',
      message: expect.stringContaining('free some space'),
    });
  });

  // g[verify store.disk-full] g[verify store.one-transaction]
  it('applies nothing of a commit, leaves the last one readable, and lets the next one in once there is room', () => {
    const params = [text('greeting', 'hi')];
    const store = openStore({ directory: directory.path, databaseBytesMax: 512 * 1024 });
    store.commitPayload(payloadCommit(1, { params }));
    const large = payloadCommit(
      2,
      { params: [text('greeting', 'x'.repeat(300_000))] },
      {
        removedFingerprints: [fingerprint(2)],
        audit: {
          at: '2026-05-07T12:35:00Z',
          actor: { kind: 'ctl', id: 'a', display: 'a' },
          method: 'm',
          summary: 's',
        },
      },
    );
    const before = [store.membership(), store.history({ limit: 5 }), store.params(), store.peers()];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(() => store.commitPayload(large)).toThrow(
        expect.objectContaining({
          name: 'StoreError',
          code: 'disk_full',
          message: expect.stringContaining('free some space'),
        }),
      );
      expect([store.membership(), store.history({ limit: 5 }), store.params(), store.peers()]).toEqual(
        before,
      );
      expect(store.formerMembers()).toEqual([]);
      expect(store.audit(5)).toEqual([]);
    }
    store.commitPayload(payloadCommit(2, { params }));
    store.close();

    const roomier = openStore({ directory: directory.path });
    expect(roomier.membership()?.current.seq).toBe(2);
    roomier.commitPayload({ ...large, ...payloadCommit(3, { params: large.params }) });
    expect(roomier.membership()?.current.seq).toBe(3);
    roomier.close();
  });

  // g[verify store.disk-full] g[verify store.version-seq] g[verify store.history-bound]
  it('leaves nothing of a failed commit in what the next one builds on', () => {
    const store = openStore({ directory: directory.path, databaseBytesMax: 1024 * 1024 });
    for (let seq = 1; seq <= 199; seq += 1) store.commitPayload(payloadCommit(seq));
    const params = [text('greeting', 'hi')];
    const commit = payloadCommit(200, { params }, { revokesUs: true });
    const at = '2026-05-07T12:35:00Z';
    // The audit line is written last.
    const audit = {
      at,
      actor: { kind: 'ctl', id: 'a', display: 'a' },
      method: 'm',
      summary: 'x'.repeat(900_000),
    };
    expect(() => store.commitPayload({ ...commit, audit })).toThrow(
      expect.objectContaining({ code: 'disk_full' }),
    );
    store.commitPayload(commit);
    expect(store.params().map(({ name, version_seq }) => [name, version_seq])).toEqual([['greeting', 200]]);
    expect(store.membership()?.revokedAtSeq).toBe(200);
    expect(store.history({ limit: 300 }).map(({ version }) => version.seq)).toEqual(
      Array.from({ length: 200 }, (_, index) => 200 - index),
    );
    store.close();
  });

  // g[verify store.disk-full]
  it('refuses events whole as well', () => {
    const store = openStore({ directory: directory.path, databaseBytesMax: 256 * 1024 });
    const events = Array.from({ length: 3 }, (_, index) =>
      event(index + 2, { data: { text: 'x'.repeat(100_000) } }),
    );
    store.appendEvents([event(1)]);
    expect(() => store.appendEvents(events)).toThrow(expect.objectContaining({ code: 'disk_full' }));
    expect(store.eventsSince(null, 10)).toEqual([event(1)]);
    store.close();
  });
});

describe('the audit log', () => {
  // g[verify store.audit]
  it('keeps the newest 10,000 lines', () => {
    const store = openStore({ directory: directory.path });
    const database = new SqliteDatabase(file);
    database.exec(`WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 10000)
      INSERT INTO node_audit SELECT n, '2026-05-07T12:35:00Z', '{}', 'm', 'line ' || n FROM number`);
    const actor = { kind: 'ctl', id: 'a', display: 'a' };
    store.appendAudit({ at: '2026-05-07T12:35:00Z', actor, method: 'm', summary: 'line 10001' });
    const kept = database.prepare('SELECT summary FROM node_audit ORDER BY sequence').pluck().all();
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([10_000, 'line 2', 'line 10001']);
    database.close();
    store.close();
  });
});

describe('errors', () => {
  // g[verify store.errors]
  it('say corrupt for a file that is no database, and leave it as it was', () => {
    writeFileSync(file, 'this is not a database, but it is long enough to be looked at as one\n'.repeat(20));
    const before = readFileSync(file);
    const error = failure(() => openStore({ directory: directory.path }));
    expect(error).toMatchObject({ code: 'corrupt', details: { path: file, reason: 'SQLITE_NOTADB' } });
    expect(error.message).toContain('restore the file from a backup');
    expect(error.cause).toBeInstanceOf(SqliteDatabase.SqliteError);
    expect(readFileSync(file)).toEqual(before);
    // The refused start let go of the directory.
    expect(failure(() => openStore({ directory: directory.path })).code).toBe('corrupt');
  });

  // g[verify store.errors]
  it('say corrupt for a payload that cannot be read any more', () => {
    const store = openStore({ directory: directory.path });
    store.commitPayload(payloadCommit(1));
    const database = new SqliteDatabase(file);
    database.exec("UPDATE grove_membership SET current_payload = x'7b22'");
    database.close();
    expect(failure(() => store.membership()).code).toBe('corrupt');
    store.close();
  });

  // g[verify store.errors]
  it('say busy while another program writes, and the commit works afterwards', () => {
    const store = openStore({ directory: directory.path });
    const shell = new SqliteDatabase(file);
    shell.exec('BEGIN IMMEDIATE');
    const error = failure(() => store.commitPayload(payloadCommit(1)));
    expect(error).toMatchObject({ code: 'busy', details: { reason: 'SQLITE_BUSY' } });
    expect(store.membership()).toBeNull();
    shell.exec('ROLLBACK');
    shell.close();
    store.commitPayload(payloadCommit(1));
    expect(store.membership()?.current.seq).toBe(1);
    store.close();
  });

  // g[verify store.errors]
  it('say io when the directory or the database cannot be made', () => {
    writeFileSync(join(directory.path, 'file'), '');
    expect(failure(() => openStore({ directory: join(directory.path, 'file', 'data') }))).toMatchObject({
      code: 'io',
      details: { reason: 'ENOTDIR' },
    });
    mkdirSync(file);
    expect(failure(() => openStore({ directory: directory.path }))).toMatchObject({
      code: 'io',
      details: { reason: 'SQLITE_CANTOPEN' },
    });
  });

  // g[verify store.errors]
  it('leave our own mistakes as they are', () => {
    const connection = new Connection({ path: ':memory:', durability: 'full' });
    expect(() => connection.prepare('SELECT nonsense FROM nowhere').get()).toThrow(
      SqliteDatabase.SqliteError,
    );
    connection.close();
  });
});

describe('operator keys', () => {
  // g[verify store.operator-keys]
  it('are kept with their labels until they are revoked', () => {
    const store = openStore({ directory: directory.path });
    store.operatorKeys.authorise({
      fingerprint: fingerprint(2),
      label: 'kim',
      addedAt: '2026-05-07T12:35:00Z',
    });
    store.operatorKeys.authorise({ fingerprint: fingerprint(1), label: 'ana' });
    store.operatorKeys.authorise({
      fingerprint: fingerprint(2),
      label: 'kim at work',
      addedAt: '2026-06-01T00:00:00Z',
    });
    store.close();
    const again = openStore({ directory: directory.path });
    expect(again.operatorKeys.list()).toEqual([
      { fingerprint: fingerprint(1), label: 'ana', addedAt: null },
      { fingerprint: fingerprint(2), label: 'kim at work', addedAt: '2026-05-07T12:35:00Z' },
    ]);
    expect(again.operatorKeys.revoke(fingerprint(1))).toBe(true);
    expect(again.operatorKeys.revoke(fingerprint(1))).toBe(false);
    expect(again.operatorKeys.list().length).toBe(1);
    again.close();
  });

  // g[verify store.operator-keys]
  it('are at most 1,024; one more is refused rather than locking an operator out', () => {
    const { operatorKeys, close } = openStore({ directory: ':memory:' });
    const authorise = (number: number) =>
      operatorKeys.authorise({ fingerprint: fingerprint(number), label: 'x' });
    for (let number = 0; number < 1_024; number += 1) authorise(number);
    expect(() => authorise(2_000)).toThrow('revoke some');
    operatorKeys.authorise({ fingerprint: fingerprint(5), label: 'renamed' });
    const fingerprints = operatorKeys.list().map((key) => key.fingerprint);
    expect(fingerprints.length).toBe(1_024);
    expect(fingerprints).not.toContain(fingerprint(2_000));
    close();
  });
});

function mode(path: string): number {
  return statSync(path).mode & 0o777;
}

function failure(action: () => unknown): StoreError {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
