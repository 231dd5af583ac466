/** Makes a file hold given bytes: in one step, and only when it does not already. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCode } from '../files/index.ts';
import type { ActionOutcome } from '../ports/index.ts';
import { type Failed, failed, failedFile } from './action-failure.ts';

export interface WantedFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Null: the mode it has. */
  readonly mode: number | null;
  readonly modeWhenNew: number;
}

interface HeldFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly isSame: boolean;
}

type Outcome = ActionOutcome<{ readonly changed: boolean }>;

// i[impl app.render-atomic]
/** Never two at once on one path. Nothing is thrown. */
export async function replaceFile(wanted: WantedFile): Promise<Outcome> {
  const { path, mode } = wanted;
  const held = await readHeld(wanted);
  if (held !== null && 'ok' in held) return held;
  const modeBits = mode ?? held?.mode ?? wanted.modeWhenNew;
  if (held?.isSame === true && held.mode === modeBits) return { ok: true, result: { changed: false } };
  // Not the target's name with something added: that may be too long for the file system.
  const mark = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16);
  const temporary = join(dirname(path), `.grove-${mark}.new`);
  try {
    const problem = await writeTemporary(temporary, wanted, held, modeBits);
    if (problem !== null) return problem;
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return failedFile(error, 'written', path);
  }
  try {
    await syncDirectory(dirname(path));
  } catch (error) {
    return failedFile(error, 'made durable', path);
  }
  return { ok: true, result: { changed: true } };
}

/** Null when there is no such file. */
async function readHeld({ path, bytes }: WantedFile): Promise<HeldFile | Failed | null> {
  let file: FileHandle;
  try {
    // Without waiting for a writer, should it be a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return isCode(error, 'ENOENT') ? null : failedFile(error, 'read', path);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return failed('file', `${path} is not a plain file`);
    const isSame = stat.size === bytes.length && (await file.readFile()).equals(bytes);
    return { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, isSame };
  } catch (error) {
    return failedFile(error, 'read', path);
  } finally {
    await file.close();
  }
}

async function writeTemporary(
  temporary: string,
  { path, bytes }: WantedFile,
  held: HeldFile | null,
  modeBits: number,
): Promise<Failed | null> {
  // Left by a node that was killed.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    if (held !== null) {
      const { uid, gid } = await file.stat();
      if (uid !== held.uid || gid !== held.gid) await file.chown(held.uid, held.gid);
    }
    // After the owner: changing that takes some bits away.
    await file.chmod(modeBits);
    await file.sync();
    return null;
  } catch (error) {
    if (!isCode(error, 'EPERM')) throw error;
    await rm(temporary, { force: true });
    const owner = `${held?.uid}:${held?.gid}`;
    return failed(
      'not_permitted',
      `${path} belongs to ${owner}, and the node may not make files of that owner: run the node as root, or chown the file to it`,
    );
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
