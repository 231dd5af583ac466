/**
 * Flushes SQLite's write-ahead log apart from a commit. What was committed without a flush is durable once this is
 * done: the log is what a database is recovered from, and SQLite flushes it before it carries pages over.
 */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import type { FlushFile } from './flush-file.ts';
import { toStoreError, wrapErrors } from './store-error.ts';

export class LogFlush {
  readonly #path: string;
  readonly #flushFile: FlushFile;
  /** SQLite keeps one log file as long as a connection is open, and takes no locks on it. */
  #descriptor: number | null = null;
  #underWay = 0;
  /** Who has not heard yet whether a flush went well, in the order of their flushes. */
  readonly #waiting = new Set<(failure: unknown) => void>();
  #unflushed = false;
  #failed = false;
  #closed = false;

  constructor(databasePath: string, flushFile: FlushFile = fdatasync) {
    this.#path = `${databasePath}-wal`;
    this.#flushFile = flushFile;
  }

  /** A flush failed. What the system took may be lost although a later flush goes well. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Flushes what was committed up to now; tells null, or why it failed. */
  begin(settled: (failure: unknown) => void): void {
    const descriptor = this.#open();
    const tell = (failure: unknown) => settled(failure);
    this.#underWay += 1;
    this.#unflushed = true;
    this.#waiting.add(tell);
    this.#flushFile(descriptor, (error) => {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#unflushed = false;
      if (error !== null) this.#failed = true;
      if (this.#closed) this.#release();
      else if (this.#waiting.delete(tell)) tell(error === null ? null : toStoreError(error, this.#path));
    });
  }

  /** Waits for what is being flushed. Whoever waits for it hears first: nobody reads what the node does not know of yet. */
  finish(): void {
    if (!this.#unflushed || this.#closed) return;
    try {
      wrapErrors(this.#path, () => fdatasyncSync(this.#open()));
      this.#unflushed = false;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    for (const tell of [...this.#waiting]) {
      this.#waiting.delete(tell);
      tell(null);
    }
  }

  /** All of the log is in the database itself, which was flushed. */
  repaired(): void {
    this.#failed = false;
  }

  /** Lets go of the file once no flush is under way. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#release();
  }

  #open(): number {
    try {
      this.#descriptor ??= wrapErrors(this.#path, () => openSync(this.#path, 'r+'));
      return this.#descriptor;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  #release(): void {
    if (this.#underWay > 0 || this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}
