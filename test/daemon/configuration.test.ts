/** What a node takes from its command line, its environment and its file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configFileName, readConfiguration } from '../../src/daemon/configuration.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'grove-configuration-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

const read = (argv: readonly string[] = [], environment = {}) =>
  readConfiguration(['--data-dir', dataDir, ...argv], environment, undefined).announceFirstBytes;

describe('the bound above which payloads are announced first', () => {
  // i[verify daemon.configuration]
  it('is 8 KiB, or what the file, the environment and the command line say, the last one first', () => {
    expect(read()).toBe(8_192);
    writeFileSync(join(dataDir, configFileName), 'announce_first_bytes: 100');
    expect(read()).toBe(100);
    expect(read([], { SEEDLING_ANNOUNCE_FIRST_BYTES: '200' })).toBe(200);
    expect(read(['--announce-first-bytes', '0'], { SEEDLING_ANNOUNCE_FIRST_BYTES: '200' })).toBe(0);
  });

  // i[verify daemon.configuration]
  it.each(['-1', '8k', '1.5', '278529'])('is not %s', (text) => {
    expect(() => read(['--announce-first-bytes', text])).toThrow(/announce.first.bytes/);
    expect(() => read([], { SEEDLING_ANNOUNCE_FIRST_BYTES: text })).toThrow('announce_first_bytes');
  });
});
