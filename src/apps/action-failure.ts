/** How built-in actions say what went wrong. */
import type { ActionFailure, ActionOutcome } from '../ports/index.ts';
import { printable } from '../protocol/index.ts';

const shownCharactersMax = 512;

export interface Failed {
  readonly ok: false;
  readonly failure: ActionFailure;
}

export function failed(kind: ActionFailure['kind'], message: string): Failed {
  return { ok: false, failure: { kind, message: printable(message, shownCharactersMax) } };
}

/** An error of the file system, `doing` something to `path`. */
export function failedFile(error: unknown, doing: string, path: string): Failed {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return failed(
    code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'file',
    `${path} cannot be ${doing}: ${reason}`,
  );
}

const reasons: { readonly [code: string]: string | undefined } = {
  ENOENT: 'it, or its directory, does not exist',
  ENOTDIR: 'a part of its path is no directory',
  EACCES: 'the node may not, check owner and mode',
  EPERM: 'the node may not, check owner and mode',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'it is a symbolic link: name the file it leads to',
};

/** Runs `act`, and gives its outcome to `done`, unless cancelled before. Returns the cancel function. */
export function deliver<Result>(
  act: () => Promise<ActionOutcome<Result>>,
  done: (outcome: ActionOutcome<Result>) => void,
): () => void {
  let isCancelled = false;
  void act().then((outcome) => {
    if (!isCancelled) done(outcome);
  });
  return () => {
    isCancelled = true;
  };
}
