/** The bounds that are the store's own: how much is kept, and how long a statement may wait. Those it shares with the
 * protocol (payloads parked, refused and kept as evidence) stand there. */

/** History: the newest versions, and no more than these payload bytes of them. */
export const historyVersionsMax = 200;
export const historyBytesMax = 64 * 1024 * 1024;

export const formerMembersMax = 4_096;
export const floorsMax = 1_024;
export const peersMax = 4_096;
export const storedAddressesPerPeerMax = 64;
export const eventsMax = 10_000;
export const auditEntriesMax = 10_000;
export const operatorKeysMax = 1_024;
/** What was run for one app: its newest operations. */
export const operationsPerAppMax = 64;

/** How long a statement waits for another process's lock (a backup, an open shell) before it fails as busy. The whole node waits with it. */
export const busyTimeoutMs = 1_000;
/** Pages of a database in memory; those of a file are as large as SQLite makes them. */
export const memoryPageBytes = 1_024;
/** The write-ahead log is cut back to this size after a checkpoint. */
export const writeAheadLogBytesMax = 16 * 1024 * 1024;

/** A starting node asks for the directory lock this often, this long each time, before it gives up without knowing the holder. */
export const lockAttemptsMax = 20;
export const lockAttemptTimeoutMs = 50;

/** Turns a caller's limit into one SQLite takes: whole, not negative (which would mean everything), at most `most`. */
export function boundedLimit(limit: number, most: number): number {
  return Math.max(0, Math.min(Math.trunc(limit), most));
}
