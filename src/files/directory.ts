/** Directories. Throws what the file system reports. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isCode } from './durable-file.ts';

/**
 * Makes a directory, and those above it that are missing. Node's own `recursive` runs for ever where a system says that
 * there is no such directory below one that is there, as Linux does below /proc.
 */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const directory of missing) makeOne(directory, mode);
  // Says what is wrong with a file in its place.
  if (missing.length === 0) makeOne(path, mode);
}

/** Another process may have been first. */
function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isCode(error, 'EEXIST') || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw error;
  }
}
