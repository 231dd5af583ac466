/** Writes files into one compressed archive that only its owner may read. An existing file is never replaced. */
import { createWriteStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { CtlError, exitCodes } from './exit.ts';

export interface ArchiveFile {
  readonly name: string;
  readonly content: string;
}

/** Throws `CtlError`. */
export async function writeArchive(
  path: string,
  files: readonly ArchiveFile[],
): Promise<{ readonly path: string; readonly bytes: number }> {
  const archive = pack();
  for (const { name, content } of files) archive.entry({ name, mode: 0o600 }, content);
  archive.finalize();
  try {
    await pipeline(archive, createGzip(), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'there is a file of that name already: name another one' : message;
    throw new CtlError(exitCodes.usage, 'not_written', `${path} cannot be written: ${why}`, { cause });
  }
  return { path: resolve(path), bytes: statSync(path).size };
}
