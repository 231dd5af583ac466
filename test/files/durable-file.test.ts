/** Files that are whole or absent, and leave nothing else behind. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileDurably, replaceFileDurably } from '../../src/files/index.ts';

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

describe('a file that is created', () => {
  it('is never put over another one, and leaves nothing behind', () => {
    const path = join(directory, 'a');
    createFileDurably(path, bytes('one'), 0o600);
    expect(() => createFileDurably(path, bytes('two'), 0o600)).toThrow('EEXIST');
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['one', ['a']]);
  });
});
