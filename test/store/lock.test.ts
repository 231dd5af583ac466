/** One process per data directory, shown with real processes. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory, openStore, StoreError } from '../../src/store/index.ts';
import { type BuiltProgram, buildProgram, type ChildProgram } from './child-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let program: BuiltProgram;
let directory: ReturnType<typeof temporaryDirectory>;
let children: ChildProgram[];

beforeAll(async () => {
  program = await buildProgram('hold-directory');
});
afterAll(() => program.remove());
beforeEach(() => {
  directory = temporaryDirectory();
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  directory.remove();
});

describe('a data directory', () => {
  // g[verify store.one-process]
  it('is refused to a second process, which learns the pid of the first', async () => {
    const child = hold();
    expect(await answer(child)).toEqual({ held: true });
    const error = failure(() => openStore({ directory: directory.path }));
    expect(error).toMatchObject({ code: 'locked_by_process', details: { pid: child.pid } });
    expect(error.message).toContain(`process ${child.pid}`);
  });

  // g[verify store.lock-freed]
  it('is free again at once when its process is killed, and the takeover is reported', async () => {
    const child = hold();
    await answer(child);
    await child.kill();
    const reports: unknown[] = [];
    openStore({ directory: directory.path, log: (_, details) => reports.push(details) }).close();
    expect(reports).toEqual([{ pid: child.pid }]);
  });

  // g[verify store.lock-freed]
  it('is free after an orderly end, with nothing to report', async () => {
    const child = hold();
    await answer(child);
    child.process.stdin?.end();
    expect((await child.lines.next()).done).toBe(true);
    const reports: unknown[] = [];
    openStore({ directory: directory.path, log: (message) => reports.push(message) }).close();
    expect(reports).toEqual([]);
  });

  // g[verify store.one-process]
  it('goes to exactly one of several processes that start together', async () => {
    const starters = [hold(), hold(), hold(), hold()];
    const answers = await Promise.all(starters.map(answer));
    const winners = starters.filter((_, index) => answers[index]?.held === true);
    expect(winners.length).toBe(1);
    const refused = answers.filter(({ held }) => !held);
    expect(refused).toEqual(
      Array.from({ length: 3 }, () => ({ held: false, code: 'locked_by_process', pid: winners[0]?.pid })),
    );
  });

  // g[verify store.one-process]
  it('is refused to a second store in the same process, and the first keeps it', async () => {
    const store = openStore({ directory: directory.path });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const error = failure(() => openStore({ directory: directory.path }));
      expect(error).toMatchObject({ code: 'locked_by_process', details: { pid: process.pid } });
    }
    expect(await answer(hold())).toEqual({ held: false, code: 'locked_by_process', pid: process.pid });
    store.close();
    expect(await answer(hold())).toEqual({ held: true });
  });

  it('can be locked before the store is opened, and stays locked when the store is closed', async () => {
    const lock = lockDirectory(directory.path);
    openStore({ directory: directory.path, lock }).close();
    expect(await answer(hold())).toMatchObject({ held: false, pid: process.pid });
    lock.release();
    lock.release();
    expect(existsSync(join(directory.path, 'lock.pid'))).toBe(false);
    expect(await answer(hold())).toEqual({ held: true });
  });

  it('is taken whatever a pid file of a past process says', () => {
    for (const left of ['', 'nonsense', String(process.pid), '99999999']) {
      writeFileSync(join(directory.path, 'lock.pid'), left);
      openStore({ directory: directory.path }).close();
    }
  });
});

function hold(): ChildProgram {
  const child = program.start(directory.path);
  children.push(child);
  return child;
}

async function answer(child: ChildProgram): Promise<{ held: boolean; code?: string; pid?: number | null }> {
  const { value } = await child.lines.next();
  return JSON.parse(value);
}

function failure(action: () => unknown): StoreError {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error('it was let in');
}
