/** Files that are whole or absent after a crash or a power loss. Throws what the file system reports. */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes beside the final name and links there: a crash leaves no half of a file, and of two processes one gets `EEXIST`.
 */
export function createFileDurably(path: string, bytes: Uint8Array, mode: number): void {
  const temporary = writeBeside(path, bytes, mode);
  try {
    linkSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(path));
}

/** A reader sees the old file or the new one, and never half of one. */
export function replaceFileDurably(path: string, bytes: Uint8Array, mode: number): void {
  const temporary = writeBeside(path, bytes, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

function writeBeside(path: string, bytes: Uint8Array, mode: number): string {
  const temporary = `${path}.${process.pid}.new`;
  // Left behind by a process of the same number that was killed: it can hold nothing anyone uses.
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', mode);
  try {
    // Writes on where the disk took a part only, until it took all or says why not.
    writeFileSync(file, bytes);
    fsyncSync(file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return temporary;
}

/** Makes new names durable. Some file systems refuse to open a directory; they sync names with the file. */
export function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (!isCode(error, 'EISDIR', 'EPERM', 'EINVAL', 'EACCES')) throw error;
  }
}

/** True when the system gave one of these codes for an error. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
