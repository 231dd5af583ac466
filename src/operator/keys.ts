/**
 * Who may use the operator interface: keys authorised through the interface (kept in the database), keys in
 * `$data_dir/authorized_keys` (read again whenever the file changes), and the key of this machine's own command
 * line. A key is authorised while at least one of them lists it.
 */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Refusal, Verdict } from '../protocol/types.ts';
import { refuse } from './errors.ts';
import { type KeyLine, parseKeysFile, readKeysFile, replaceKeysFile, withoutKey } from './keys-file.ts';
import { operatorKeysMax } from './limits.ts';
import { systemTimers, type Timers } from './timers.ts';

export const keysFileName = 'authorized_keys';

/** Where keys authorised through the interface are kept. Each call is durable when it returns; throws when it failed. */
export interface OperatorKeyStore {
  list(): readonly KeyLine[];
  authorise(key: KeyLine): void;
  /** False when there was no such key. */
  revoke(fingerprint: string): boolean;
}

export interface AuthorisedKey extends KeyLine {
  /** `local` is this machine's own command line. */
  readonly source: 'database' | 'file' | 'local';
}

export interface AuthorisedKeys {
  /** Ascending by fingerprint. */
  list(): readonly AuthorisedKey[];
  find(fingerprint: string): AuthorisedKey | null;
  authorise(key: KeyLine): Verdict<null, Refusal>;
  /** Takes the key out of the database and out of the file. */
  revoke(fingerprint: string): Verdict<KeyLine, Refusal>;
  /** Reads the file again, as a change of it does. */
  reload(): void;
  /** Called after every change that the file caused. */
  onFileChange(listener: () => void): void;
  close(): void;
}

export interface AuthorisedKeysOptions {
  readonly dataDirectory: string;
  readonly store: OperatorKeyStore;
  /** The fingerprint of `local.key`; null when this node has none. */
  readonly localFingerprint: string | null;
  /** Told in plain words, with the line number, what in the file could not be used. */
  readonly report: (problem: string) => void;
  readonly timers?: Timers;
  /** How long the file must rest before it is read: an editor that empties it first must not lock everybody out. */
  readonly settleMs?: number;
}

/** Reads both lists and starts to watch the file. */
export function openAuthorisedKeys(options: AuthorisedKeysOptions): AuthorisedKeys {
  return new KeyRing(options);
}

class KeyRing implements AuthorisedKeys {
  readonly #options: AuthorisedKeysOptions;
  readonly #path: string;
  readonly #watcher: { close(): void };
  readonly #listeners: (() => void)[] = [];
  #inFile: ReadonlyMap<string, KeyLine> = new Map();
  #inDatabase: ReadonlyMap<string, KeyLine>;

  constructor(options: AuthorisedKeysOptions) {
    this.#options = options;
    this.#path = join(options.dataDirectory, keysFileName);
    this.#inDatabase = byFingerprint(options.store.list());
    this.#load();
    this.#watcher = watchFile(options, () => this.reload());
  }

  list(): readonly AuthorisedKey[] {
    const { localFingerprint } = this.#options;
    const local = localFingerprint === null ? [] : [localFingerprint];
    const all = new Set([...local, ...this.#inDatabase.keys(), ...this.#inFile.keys()]);
    return [...all].sort().flatMap((fingerprint) => this.find(fingerprint) ?? []);
  }

  find(fingerprint: string): AuthorisedKey | null {
    if (fingerprint === this.#options.localFingerprint)
      return { fingerprint, label: 'local', source: 'local' };
    const database = this.#inDatabase.get(fingerprint);
    if (database !== undefined) return { ...database, source: 'database' };
    const file = this.#inFile.get(fingerprint);
    return file === undefined ? null : { ...file, source: 'file' };
  }

  authorise(key: KeyLine): Verdict<null, Refusal> {
    const present = this.find(key.fingerprint);
    if (present !== null) {
      return refuse('already_installed', `this key is authorised already, as ${present.label}`);
    }
    if (this.#inDatabase.size >= operatorKeysMax) {
      return refuse(
        'requirements_invalid',
        `a node authorises at most ${operatorKeysMax} keys: revoke one first`,
      );
    }
    this.#options.store.authorise(key);
    this.#inDatabase = byFingerprint([...this.#inDatabase.values(), key]);
    return { ok: true, value: null };
  }

  revoke(fingerprint: string): Verdict<KeyLine, Refusal> {
    const present = this.find(fingerprint);
    if (present === null)
      return refuse('not_found', 'no key with this fingerprint is authorised: see keys list');
    if (present.source === 'local') return refuse('requirements_invalid', localKeyStays);
    // The file first: if it cannot be written, the key must not look revoked.
    if (this.#inFile.has(fingerprint)) {
      replaceKeysFile(this.#path, withoutKey(readKeysFile(this.#path) ?? '', fingerprint));
      this.#inFile = new Map([...this.#inFile].filter(([listed]) => listed !== fingerprint));
    }
    this.#options.store.revoke(fingerprint);
    this.#inDatabase = new Map([...this.#inDatabase].filter(([listed]) => listed !== fingerprint));
    return { ok: true, value: { fingerprint, label: present.label } };
  }

  reload(): void {
    if (this.#load()) for (const listener of this.#listeners) listener();
  }

  onFileChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#watcher.close();
  }

  // i[impl keys.unreadable]
  /** A file that cannot be read changes nothing: the keys of the last good reading stay. */
  #load(): boolean {
    const { report } = this.#options;
    try {
      const { keys, problems } = parseKeysFile(readKeysFile(this.#path) ?? '');
      for (const { line, problem } of problems) report(`${this.#path} line ${line}: ${problem}`);
      this.#inFile = byFingerprint(keys);
      return true;
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
      return false;
    }
  }
}

const localKeyStays =
  'this is the key of the command line on the node itself, and whoever can read the data directory has it: ' +
  'to replace it, stop the node, delete local.key and start the node';

function byFingerprint(keys: readonly KeyLine[]): ReadonlyMap<string, KeyLine> {
  return new Map(keys.map(({ fingerprint, label }) => [fingerprint, { fingerprint, label }]));
}

// i[impl keys.file]
/** Watches the directory, not the file: editors replace files by renaming, which ends a watch on the file itself. */
function watchFile(options: AuthorisedKeysOptions, changed: () => void): { close(): void } {
  const timers = options.timers ?? systemTimers;
  let settling: unknown;
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(options.dataDirectory, { persistent: false }, (_event, name) => {
      if (name !== null && name !== keysFileName) return;
      timers.clearTimeout(settling);
      settling = timers.setTimeout(changed, options.settleMs ?? 100);
    });
    watcher.on('error', (error) => unwatched(error));
  } catch (error) {
    unwatched(error);
  }
  function unwatched(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    options.report(`changes of ${keysFileName} are not noticed until the node is restarted (${detail})`);
  }
  return {
    close: () => {
      timers.clearTimeout(settling);
      watcher?.close();
    },
  };
}
