/** One SQLite connection: opened with the pragmas the store relies on, its errors wrapped. The only file that runs SQL. */
import { chmodSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { busyTimeoutMs, memoryPageBytes, writeAheadLogBytesMax } from './limits.ts';
import { StoreError, wrapErrors } from './store-error.ts';

export type SqlValue = string | number | Uint8Array | null;
export type SqlParameter = SqlValue | { readonly [name: string]: SqlValue };

/** `full`: a transaction is on the disk when it returns. `normal`: it survives a killed process, not a power failure. */
export type Durability = 'full' | 'normal';

export interface ConnectionOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly durability: Durability;
  /** In memory only: what another connection's `image` gave. */
  readonly image?: Uint8Array;
  /** Writes that would make the file larger fail as `disk_full`. */
  readonly databaseBytesMax?: number;
}

// g[impl store.durable]
export class Connection {
  readonly path: string;
  readonly #database: SqliteDatabase.Database;
  readonly #transaction: SqliteDatabase.Transaction<(body: () => unknown) => unknown>;
  readonly #durability: Durability;
  /** How transactions are flushed now. */
  #flushed: Durability | null = null;
  #beforeDurable: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.path = options.path;
    this.#durability = options.durability;
    const content = options.image === undefined ? this.path : Buffer.from(options.image);
    this.#database = wrapErrors(this.path, () => new SqliteDatabase(content, { timeout: busyTimeoutMs }));
    this.#transaction = this.#database.transaction((body: () => unknown) => body());
    try {
      // Before anything is written: the files SQLite puts beside it take over its mode.
      if (this.path !== ':memory:') wrapErrors(this.path, () => chmodSync(this.path, 0o600));
      // In memory there may be thousands, most of whose tables hold a few rows.
      if (this.path === ':memory:') this.pragma(`page_size = ${memoryPageBytes}`);
      // In write-ahead mode SQLite's default does not flush every commit: a power failure could take back a
      // sequence number that was already announced.
      this.#flushAs(this.#durability);
      this.pragma('foreign_keys = on');
      this.pragma(`journal_size_limit = ${writeAheadLogBytesMax}`);
      if (options.databaseBytesMax !== undefined) {
        const pageBytes = Number(this.pragma('page_size'));
        this.pragma(`max_page_count = ${Math.max(1, Math.floor(options.databaseBytesMax / pageBytes))}`);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Switches the file to write-ahead logging; it stays so. Fails where the file system cannot share memory. */
  useWriteAheadLog(): void {
    const mode = this.pragma('journal_mode = wal');
    if (mode === 'wal' || mode === 'memory') return;
    throw new StoreError(
      'io',
      `${this.path} is on a file system without shared memory (a network share?): put the data directory on a local disk`,
      { details: { path: this.path, journal_mode: String(mode) } },
    );
  }

  /** The whole database, as a file of it would be. */
  image(): Uint8Array {
    const image = wrapErrors(this.path, () => this.#database.serialize());
    // What reads and writes the file: 2 is write-ahead logging, which memory does not have.
    image[18] = 1;
    image[19] = 1;
    return image;
  }

  /** Runs a pragma and returns the first column of its first row. */
  pragma(source: string): unknown {
    return wrapErrors(this.path, () => this.#database.pragma(source, { simple: true }));
  }

  /** What has to be done first whenever something is written that is to be on the disk afterwards; it may throw. */
  beforeDurableWrites(prepare: () => void): void {
    this.#beforeDurable = prepare;
  }

  /** Runs a script of several statements. */
  execute(script: string): void {
    this.#beforeWrite();
    wrapErrors(this.path, () => this.#database.exec(script));
  }

  prepare<Row>(sql: string): Statement<Row> {
    return new Statement<Row>(
      this.path,
      () => this.#database.prepare<unknown[], Row>(sql),
      () => this.#beforeWrite(),
    );
  }

  /** Runs `body` in one transaction that takes the write lock at once: all of it happens, or, when anything throws, nothing. */
  write<Result>(body: () => Result): Result {
    this.#beforeWrite();
    return this.#run(body);
  }

  /** As `write`, but what it wrote survives a killed process only, until the log is flushed. */
  writeUnflushed<Result>(body: () => Result): Result {
    this.#flushAs('normal');
    return this.#run(body);
  }

  /** Carries all of the log over into the database, flushed, and begins the log anew. */
  checkpoint(): void {
    this.#flushAs(this.#durability);
    if (this.pragma('wal_checkpoint(TRUNCATE)') === 0) return;
    throw new StoreError(
      'busy',
      `another program reads ${this.path}: close the shell or backup that has it open`,
      {
        details: { path: this.path },
      },
    );
  }

  /** Idempotent. */
  close(): void {
    wrapErrors(this.path, () => this.#database.close());
  }

  #run<Result>(body: () => Result): Result {
    return wrapErrors(this.path, () => this.#transaction.immediate(body)) as Result;
  }

  #beforeWrite(): void {
    if (this.#database.inTransaction) return;
    this.#beforeDurable?.();
    this.#flushAs(this.#durability);
  }

  /** It is decided where a transaction begins, and stays until another one needs it otherwise. */
  #flushAs(durability: Durability): void {
    if (this.#flushed === durability || this.#database.inTransaction) return;
    this.pragma(`synchronous = ${durability}`);
    this.#flushed = durability;
  }
}

/** A prepared statement, made when it is first run: many a node never needs most of them. */
export class Statement<Row> {
  readonly #path: string;
  readonly #prepare: () => SqliteDatabase.Statement<unknown[], Row>;
  readonly #beforeChange: () => void;
  #prepared: SqliteDatabase.Statement<unknown[], Row> | null = null;

  /** `beforeChange` runs before a statement that changes rows, in a transaction or as one of its own. */
  constructor(
    path: string,
    prepare: () => SqliteDatabase.Statement<unknown[], Row>,
    beforeChange: () => void,
  ) {
    this.#path = path;
    this.#prepare = prepare;
    this.#beforeChange = beforeChange;
  }

  get #statement(): SqliteDatabase.Statement<unknown[], Row> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  all(...parameters: readonly SqlParameter[]): Row[] {
    return wrapErrors(this.#path, () => this.#statement.all(...parameters));
  }

  get(...parameters: readonly SqlParameter[]): Row | undefined {
    return wrapErrors(this.#path, () => this.#statement.get(...parameters));
  }

  /** Returns how many rows it changed. */
  run(...parameters: readonly SqlParameter[]): number {
    this.#beforeChange();
    return wrapErrors(this.#path, () => this.#statement.run(...parameters).changes);
  }
}

// g[impl store.relaxed]
/** The two ways to write one database. In memory they are the same connection. */
export interface Connections {
  /** For what must not be lost once it was said. */
  readonly durable: Connection;
  /** For what may be lost at a power failure: no flush per batch. */
  readonly relaxed: Connection;
}
