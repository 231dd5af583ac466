/** Writes files into one compressed archive that only its owner may read. An existing file is never replaced. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
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
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  const compressed = gzipSync(Buffer.concat(chunks));
  try {
    writeFileSync(path, compressed, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'there is a file of that name already: name another one' : message;
    throw new CtlError(exitCodes.usage, 'not_written', `${path} cannot be written: ${why}`, { cause });
  }
  return { path: resolve(path), bytes: compressed.length };
}
