/**
 * One process per data directory. The lock is an exclusive transaction on a small database of its own, held for
 * the life of the process: the kernel lets go of it when the process dies, however it dies. `lock.pid` beside it
 * only makes the refusal readable.
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { makeDirectory } from '../files/index.ts';
import { lockAttemptsMax, lockAttemptTimeoutMs } from './limits.ts';
import type { StoreLog } from './log.ts';
import { StoreError, wrapErrors } from './store-error.ts';

export interface DirectoryLock {
  readonly directory: string;
  /** Idempotent. */
  release(): void;
}

/** Makes the directory if need be and takes it. Throws `locked_by_process` with `{ pid }` (null when not known). */
// g[impl store.one-process]
export function lockDirectory(directory: string, log?: StoreLog): DirectoryLock {
  return wrapErrors(directory, () => {
    makeDirectory(directory, 0o700);
    // No file function may ever open lock.db: closing such a descriptor would drop the locks of this process.
    const database = new SqliteDatabase(join(directory, 'lock.db'), { timeout: lockAttemptTimeoutMs });
    try {
      chmodSync(join(directory, 'lock.db'), 0o600);
      takeExclusively(database, directory);
      announce(directory, log);
    } catch (error) {
      database.close();
      throw error;
    }
    return { directory, release: () => release(database, directory) };
  });
}

// g[impl store.lock-freed]
function takeExclusively(database: SqliteDatabase.Database, directory: string): void {
  let holder: number | null = null;
  for (let attempt = 0; attempt < lockAttemptsMax; attempt += 1) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    // A holder that has only just started may not have written its pid yet: ask again.
    holder = readPid(directory);
    if (holder !== null && isAlive(holder)) throw lockedBy(holder, directory);
  }
  throw lockedBy(null, directory);
}

function lockedBy(pid: number | null, directory: string): StoreError {
  const who = pid === null ? 'another process' : `process ${pid}`;
  return new StoreError(
    'locked_by_process',
    `the data directory ${directory} is in use by ${who}: stop that one first, or choose another directory`,
    { details: { pid, directory } },
  );
}

/** Written aside and moved into place, so that nobody reads half a number. */
function announce(directory: string, log: StoreLog | undefined): void {
  const left = readPid(directory);
  if (left !== null)
    log?.('took over a data directory whose last process did not stop cleanly', { pid: left });
  writeFileSync(join(directory, 'lock.pid.new'), `${process.pid}\n`, { mode: 0o600 });
  renameSync(join(directory, 'lock.pid.new'), join(directory, 'lock.pid'));
}

function release(database: SqliteDatabase.Database, directory: string): void {
  if (!database.open) return;
  rmSync(join(directory, 'lock.pid'), { force: true });
  database.close();
}

function readPid(directory: string): number | null {
  try {
    const pid = Number(readFileSync(join(directory, 'lock.pid'), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
