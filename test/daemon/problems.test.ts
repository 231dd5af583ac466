/** What a node says is wrong with it, and when it stops saying so. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GroveNode, startNode } from '../../src/daemon/node.ts';
import { findProblems } from '../../src/daemon/problems.ts';
import { formatTimestamp } from '../../src/protocol/index.ts';
import { TestGrove } from '../actors/test-grove.ts';

const dayMs = 24 * 60 * 60_000;

describe('a problem', () => {
  let grove: TestGrove;
  beforeEach(() => {
    grove = new TestGrove();
  });
  afterEach(() => grove.close());

  // i[verify daemon.problems]
  it('of a fork is listed until the grove moved on and a week is over', async () => {
    const node = grove.node(1);
    await node.found();
    const { system, store, clock, fingerprint: ownFingerprint } = node;
    const codes = () =>
      findProblems({ system, store, clock, ownFingerprint, loopbackOnly: false }).map(({ code }) => code);
    expect(codes()).toEqual([]);
    const membership = store.membership();
    if (membership === null) throw new Error('the payload is stored');
    const { current, signed } = membership;
    const { publicKey: leader_key } = node.signer;
    const seenAt = formatTimestamp(clock.now());
    store.keepForkEvidence([
      { ...current, signed: { ...signed, leader_key }, peerFingerprint: ownFingerprint, seenAt },
    ]);
    expect(codes()).toEqual(['fork']);
    clock.wallOffsetMs += 8 * dayMs;
    expect(codes()).toEqual(['fork']);
    clock.wallOffsetMs -= 2 * dayMs;
    await node.set('greeting', 'kia ora', { force: true });
    expect([node.seq, codes()]).toEqual([2, ['fork']]);
    clock.wallOffsetMs += 2 * dayMs;
    expect(codes()).toEqual([]);
  });
});

describe('a database that was used with another key', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'grove-other-key-'));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  // i[verify daemon.problems]
  it('is a problem of the node, until the key is back', async () => {
    const options = { dataDir, listen: ['127.0.0.1:0'], advertise: ['192.0.2.7:7891'] };
    const run = async (act: (node: GroveNode) => unknown): Promise<void> => {
      const node = await startNode(options);
      await act(node);
      await node.close();
    };
    const actor = { kind: 'ctl', id: 'test', display: 'test' };
    const codes = (node: GroveNode) => node.control.status().problems.map(({ code }) => code);
    await run((node) => node.control.execute({ type: 'init', label: 'clinic-1' }, actor));
    const key = join(dataDir, 'oi.key');
    renameSync(key, `${key}.kept`);
    await run((node) => expect(codes(node)).toContain('key-mismatch'));
    renameSync(`${key}.kept`, key);
    await run((node) => expect(codes(node)).not.toContain('key-mismatch'));
  });
});

describe('a file of addresses that cannot be written', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'grove-address-file-'));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  // i[verify daemon.address-file]
  it('is a problem of the node, which starts and stops all the same', async () => {
    const path = join(dataDir, 'oi.address');
    mkdirSync(path);
    const node = await startNode({ dataDir, listen: ['127.0.0.1:0'] });
    const { problems } = node.control.status();
    await node.close();
    expect(problems).toContainEqual({ code: 'no-address-file', message: expect.stringContaining(path) });
    expect(readdirSync(path)).toEqual([]);
  });
});
