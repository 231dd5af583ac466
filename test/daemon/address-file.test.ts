/** The file commands on this machine find the node by: there as soon as it can be, and whole or absent. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addressFileRetryMs, writeAddressFile } from '../../src/daemon/address-file.ts';
import { silentNodeLog } from '../../src/daemon/node.ts';
import { readNodeAddresses } from '../../src/operator/index.ts';
import { ManualClock } from '../machines/manual-clock.ts';

const listening = ['127.0.0.1:7891', '[::1]:7891'];
let dataDir: string;
let clock: ManualClock;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'grove-address-file-'));
  clock = new ManualClock();
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const path = () => join(dataDir, 'oi.address');
const write = (log = silentNodeLog) =>
  writeAddressFile({ dataDir, listening, clock: { ...time(clock), now: () => 0 }, log });

function time(manual: ManualClock) {
  return {
    setTimeout: manual.setTimeout.bind(manual),
    clearTimeout: manual.clearTimeout.bind(manual),
    monotonicMs: () => manual.now(),
  };
}

// i[verify daemon.address-file]
it('is there at once, alone, in place of what was left, until it is removed', () => {
  writeFileSync(path(), '127.0.0.1:1\n');
  const file = write();
  expect([readNodeAddresses(dataDir), readdirSync(dataDir)]).toEqual([listening, ['oi.address']]);
  expect([file.problems(), clock.pending]).toEqual([[], 0]);
  file.remove();
  expect(readdirSync(dataDir)).toEqual([]);
});

// i[verify daemon.address-file]
it('is a problem while it cannot be written, and there when it can', () => {
  const said: string[] = [];
  mkdirSync(path());
  const file = write({ ...silentNodeLog, info: (_fields, message) => said.push(message) });
  clock.advance(3 * addressFileRetryMs);
  const message = expect.stringMatching(/oi\.address cannot be written.*make room on its disk.*every 5 s$/);
  expect(file.problems()).toEqual([{ code: 'no-address-file', message }]);
  expect([readdirSync(dataDir), said]).toEqual([['oi.address'], []]);
  rmdirSync(path());
  clock.advance(addressFileRetryMs);
  expect([file.problems(), clock.pending]).toEqual([[], 0]);
  expect(readFileSync(path(), 'utf8')).toBe(`${listening.join('\n')}\n`);
  expect(said).toEqual(['the addresses of this node could be written now']);
});

// i[verify daemon.address-file]
it('is not tried any more once it was to be removed, and what is in its place stays', () => {
  mkdirSync(path());
  const file = write();
  file.remove();
  expect(clock.pending).toBe(0);
  expect(readdirSync(dataDir)).toEqual(['oi.address']);
});
