/** Directories that are made with all above them. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/files/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'grove-files-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a directory that is made', () => {
  it('is there with those above it, in the mode that was asked for, and once is enough', () => {
    const path = join(directory, 'a', 'b');
    makeDirectory(path, 0o700);
    makeDirectory(path, 0o700);
    expect([path, join(directory, 'a')].map((made) => statSync(made).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it('is refused where a file has its name, or a name above it', () => {
    writeFileSync(join(directory, 'a'), '');
    expect(() => makeDirectory(join(directory, 'a'), 0o700)).toThrow('EEXIST');
    expect(() => makeDirectory(join(directory, 'a', 'b'), 0o700)).toThrow('ENOTDIR');
  });

  it.runIf(process.platform === 'linux')('is refused where the system makes none', () => {
    expect(() => makeDirectory('/proc/a/b', 0o700)).toThrow(/^E(NOENT|ACCES).*\/proc\/a'$/);
  });
});
