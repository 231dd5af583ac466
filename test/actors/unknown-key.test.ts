/** Nodes whose store is from before the leader's key was kept. */
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMigrations } from '../../src/store/migrate.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

/** A leader and a member, one of which was stopped and has its database written again at the first schema. */
async function withOldStore(number: 1 | 2): Promise<{ leader: TestNode; member: TestNode }> {
  const directory = grove.directory();
  const nodes = await grove.formed(2, (each) => (each === number ? { directory } : {}));
  const [leader, member] = nodes as [TestNode, TestNode];
  await (number === 1 ? leader : member).stop();
  toFirstSchema(join(directory, 'grove.db'));
  const again = grove.node(number, { directory });
  grove.advance(60_000);
  return number === 1 ? { leader: again, member } : { leader, member: again };
}

/** Keeps what the first schema had; the rest is made anew, empty, when the node opens it. */
function toFirstSchema(path: string): void {
  const database = new SqliteDatabase(path);
  const [first] = readMigrations();
  const sql = first?.sql ?? '';
  const kept = tablesOf(sql).map((name) => ({
    name,
    rows: database.prepare<[], Record<string, unknown>>(`SELECT * FROM main.${name}`).all(),
  }));
  database.pragma('foreign_keys = OFF');
  const all = database
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all();
  for (const { name } of all) database.exec(`DROP TABLE main.${name}`);
  database.exec(sql);
  for (const { name, rows } of kept) {
    for (const row of rows) {
      const places = Object.keys(row).map((column) => `@${column}`);
      database.prepare(`INSERT INTO ${name} VALUES (${places.join(', ')})`).run(row);
    }
  }
  database.pragma('user_version = 1');
  database.close();
}

function tablesOf(sql: string): string[] {
  return [...sql.matchAll(/CREATE TABLE (\w+)/g)].map(([, name = '']) => name);
}

describe('a store from before the key of the leader was kept', () => {
  // g[verify store.unknown-key]
  it('lets a follower start, which learns the key from the next payload', async () => {
    const { leader, member } = await withOldStore(2);
    expect([member.state, member.failures]).toEqual([{ member: { following: 'trusted' } }, []]);
    expect(member.store.membership()?.leaderKey).toBeNull();
    expect(lineOf(member)).not.toHaveProperty('leader_key');
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([member.param('greeting'), member.store.membership()?.leaderKey]).toEqual([
      'kia ora',
      leader.signer.publicKey,
    ]);
    expect(lineOf(member)).toMatchObject({ leader_key: leader.signer.publicKey });
  });

  // g[verify store.unknown-key]
  it('lets a leader start, which knows its own key', async () => {
    const { leader, member } = await withOldStore(1);
    expect([leader.state, leader.failures]).toEqual([{ member: 'leading' }, []]);
    expect(lineOf(leader)).toMatchObject({ leader_key: leader.signer.publicKey });
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([member.param('greeting'), leader.store.membership()?.leaderKey]).toEqual([
      'kia ora',
      leader.signer.publicKey,
    ]);
  });
});

/** What the node would send to who lacks its payload. */
function lineOf({ system, seq, hash }: TestNode): unknown {
  const shelved = system.shelf.get({ seq, hash });
  return JSON.parse(Buffer.from(shelved?.line ?? []).toString());
}
