/** Files that are whole or absent, and leave nothing else behind. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileDurably, replaceFileDurably } from '../../src/files/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'grove-files-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const bytes = (text: string) => Buffer.from(text);

describe('a file that is replaced', () => {
  it('has the new content and the mode that was asked for', () => {
    const path = join(directory, 'a');
    replaceFileDurably(path, bytes('one'), 0o600);
    replaceFileDurably(path, bytes('two'), 0o600);
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['two', ['a']]);
  });

  it('leaves nothing behind when its name is taken by a directory', () => {
    mkdirSync(join(directory, 'a'));
    expect(() => replaceFileDurably(join(directory, 'a'), bytes('one'), 0o600)).toThrow();
    expect(readdirSync(directory)).toEqual(['a']);
  });
});

describe.skipIf(process.platform === 'win32')('a file that there is no room for', () => {
  const limited = join(root, 'node_modules/.cache', `grove-files-${process.pid}.mjs`);
  afterEach(() => rmSync(limited, { force: true }));

  it('is the old one still, also when a part of the new one fits', async () => {
    const path = join(directory, 'a');
    replaceFileDurably(path, bytes('one'), 0o600);
    const contents = `import { replaceFileDurably } from './src/files/index.ts';
      replaceFileDurably(process.argv[2], Buffer.alloc(100_000), 0o600);`;
    const stdin = { contents, resolveDir: root };
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: limited });
    // In units of half a kilobyte or one, as the shell has it.
    const shell = ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, limited, path];
    const { status, stderr } = spawnSync('sh', shell, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('EFBIG')]);
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['one', ['a']]);
  });
});

describe('a file that is created', () => {
  it('is never put over another one, and leaves nothing behind', () => {
    const path = join(directory, 'a');
    createFileDurably(path, bytes('one'), 0o600);
    expect(() => createFileDurably(path, bytes('two'), 0o600)).toThrow('EEXIST');
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['one', ['a']]);
  });
});
