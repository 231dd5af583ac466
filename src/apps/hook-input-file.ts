/**
 * Standard input of a command as a file in memory that has no name any more. What Node offers instead is a socket, which cannot
 * be opened as `/dev/stdin`, and breaks when the reader leaves early. Only where there is a file system in memory: values may be
 * secret and must not reach a disk.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';

/** Where Linux has its file system in memory. */
export const memoryDirectoryDefault = '/dev/shm';

// i[impl app.stdin]
/** A descriptor to read from, which the caller closes; null where it cannot be had. */
export function openInputFile(bytes: Uint8Array, memoryDirectory: string): number | null {
  if (process.platform !== 'linux') return null;
  const path = `${memoryDirectory}/grove-${randomBytes(12).toString('hex')}`;
  let writer: number | null = null;
  let reader: number | null = null;
  try {
    writer = openSync(path, 'wx', 0o600);
    reader = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    rmSync(path);
    for (let at = 0; at < bytes.length; ) at += writeSync(writer, bytes, at);
    return reader;
  } catch {
    // No such file system, or no room in it: a socket does as well for nearly every command.
    if (reader !== null) closeSync(reader);
    rmSync(path, { force: true });
    return null;
  } finally {
    if (writer !== null) closeSync(writer);
  }
}
