/** The door of the store: SQLite behind the store port, and the lock on a data directory. */

export type { PayloadCells } from './encoding.ts';
export { type FlushFile, flushByDisk } from './flush-file.ts';
export { type DirectoryLock, lockDirectory } from './lock.ts';
export type { StoreLog } from './log.ts';
export { type NodeStore, type OpenStoreOptions, openStore } from './open-store.ts';
export type { OperatorKey, OperatorKeyStore } from './operator-keys.ts';
export { StoreError } from './store-error.ts';
