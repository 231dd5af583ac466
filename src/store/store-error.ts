/** What the store throws when the disk or the database is at fault, and the one place where SQLite's errors become it. */
import SqliteDatabase from 'better-sqlite3';
import type { StoreErrorCode } from '../ports/store.ts';
import type { Json } from '../protocol/types.ts';

export interface StoreErrorOptions {
  readonly cause?: unknown;
  readonly details?: { readonly [key: string]: Json };
}

/** Nothing of the call that threw it happened. `message` says what the operator can do; `details` has the numbers. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly details: { readonly [key: string]: Json };

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

// g[impl store.errors] g[impl store.disk-full]
/** Runs `body`; what SQLite or the file system throws comes out as a `StoreError`, our own mistakes as they are. */
export function wrapErrors<Result>(path: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** Anything else, a mistake of ours, comes back as it is. */
export function toStoreError(error: unknown, path: string): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const foreign = error as Error & { readonly code?: unknown; readonly syscall?: unknown };
  const sqlite = error instanceof SqliteDatabase.SqliteError;
  if (typeof foreign.code !== 'string' || (!sqlite && foreign.syscall === undefined)) return error;
  const code = classify(foreign.code);
  if (code === null) return error;
  return new StoreError(code, advice(code, path, foreign.code), {
    cause: error,
    details: { path, reason: foreign.code },
  });
}

/** Extended result codes start with the name of their family. Null: not the disk's fault but ours (a constraint, a bad statement). */
function classify(code: string): StoreErrorCode | null {
  // The file shared by readers cannot grow: on a full disk the first thing that fails.
  if (/^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/.test(code)) return 'disk_full';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'busy';
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code)) return 'corrupt';
  if (/^SQLITE_(IOERR|CANTOPEN|READONLY|PERM|AUTH|NOLFS|PROTOCOL)/.test(code)) return 'io';
  return code.startsWith('SQLITE_') ? null : 'io';
}

function advice(code: StoreErrorCode, path: string, reason: string): string {
  if (code === 'disk_full') {
    return `no room left to write ${path}: free some space on its disk; what was stored before is untouched`;
  }
  if (code === 'busy') {
    return `another program is writing to ${path}: close the shell or backup that has it open`;
  }
  if (code === 'corrupt') {
    return `${path} is damaged or not a Grove database: stop the node and restore the file from a backup, or move it aside and join the grove again`;
  }
  return `could not read or write ${path} (${reason}): check its disk, and that the node's user owns it and may write there`;
}
