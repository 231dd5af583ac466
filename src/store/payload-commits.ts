/**
 * The two ways to commit a payload: waiting for the disk, or having the log flushed after it. What was
 * committed is not shown to anybody before it is on the disk.
 */
import type { GroveStore, PayloadCommit } from '../ports/store.ts';
import type { Version } from '../protocol/types.ts';
import { type GroveTables, leave, writePayload } from './commit-payload.ts';
import type { Connection } from './database.ts';
import type { LogFlush } from './log-flush.ts';

export interface PayloadCommits extends Pick<GroveStore, 'commitPayload' | 'commitPayloadSoon' | 'leave'> {
  /** A read of what commits write: it waits for a flush that is under way. */
  settled<Arguments extends unknown[], Result>(
    read: (...parameters: Arguments) => Result,
  ): (...parameters: Arguments) => Result;
}

/** `flush` is null in memory, where nothing is flushed. */
export function payloadCommits(
  connection: Connection,
  tables: GroveTables,
  flush: LogFlush | null,
): PayloadCommits {
  /** Written, while it is not known to be on the disk. */
  let unsure: Version | null = null;

  // g[impl store.flush-failed]
  /** After a failed flush the system may have dropped pages of the log that it will not report again. */
  function repair(): void {
    if (flush?.failed !== true) return;
    connection.checkpoint();
    flush.repaired();
  }

  connection.beforeDurableWrites(repair);

  function writeUnflushed(commit: PayloadCommit): void {
    const { seq, hash } = commit.version;
    // Its flush failed, and it is tried again.
    if (unsure?.seq === seq && unsure.hash === hash) return;
    writePayload(connection, tables, commit, false);
    unsure = commit.version;
  }

  return {
    // g[impl store.durable]
    commitPayload: (commit) => {
      writePayload(connection, tables, commit, true);
      unsure = null;
    },
    // g[impl store.flush-beside]
    commitPayloadSoon: (commit, settled) => {
      const repairs = flush?.failed === true;
      writeUnflushed(commit);
      const { hash } = commit.version;
      const done = (failure: unknown): void => {
        if (failure === null && unsure?.hash === hash) unsure = null;
        settled(failure);
      };
      if (flush === null || repairs) {
        repair();
        done(null);
      } else {
        flush.begin(done);
      }
    },
    leave: (floor) => {
      leave(connection, tables, floor);
      unsure = null;
    },
    settled:
      (read) =>
      (...parameters) => {
        repair();
        flush?.finish();
        return read(...parameters);
      },
  };
}
