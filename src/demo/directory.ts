/** The directory the three nodes live in: a temporary one that goes with the demo, or one that stays. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeDirectory } from '../files/index.ts';
import type { DemoOptions } from './arguments.ts';
import { DemoError } from './demo-error.ts';

export interface DemoDirectory {
  readonly path: string;
  readonly isKept: boolean;
  /** Removes what is not to be kept. Synchronous, so that it also works in the last moment of the process. */
  release(): void;
}

/** Throws `DemoError` when the directory named cannot be used. */
export function openDirectory({ directory, keep }: DemoOptions): DemoDirectory {
  const path = directory === null ? mkdtempSync(join(tmpdir(), 'grove-demo-')) : claim(resolve(directory));
  return {
    path,
    isKept: keep,
    release: () => {
      if (!keep) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function claim(path: string): string {
  let entries: readonly string[];
  try {
    makeDirectory(path, 0o700);
    entries = readdirSync(path);
  } catch (cause) {
    throw new DemoError(`${path} cannot be used: ${(cause as Error).message}`, { cause });
  }
  if (entries.length > 0) throw new DemoError(`${path} is not empty: name an empty or a new directory`);
  return path;
}
