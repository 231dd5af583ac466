/** A leader that is started again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type GroveNode, startNode } from '../../src/daemon/node.ts';

const actor = { kind: 'test', id: 'test', display: 'test' };
const dataDir = mkdtempSync(join(tmpdir(), 'leader-restart-'));
let node: GroveNode | null = null;

afterEach(async () => {
  await node?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

it('leads again after a restart, and publishes the number after the one it had', async () => {
  const listen = ['127.0.0.1:0'];
  node = await startNode({ dataDir, listen });
  expect(await node.control.execute({ type: 'init', label: 'leader' }, actor)).toMatchObject({
    ok: true,
    value: { seq: 1 },
  });
  await node.close();

  const failures: string[] = [];
  node = await startNode({ dataDir, listen, failed: (detail) => failures.push(detail) });
  expect(node.control.status()).toMatchObject({ is_member: true, state: 'leading', current_seq: 1 });
  const set = [{ name: 'greeting', kind: 'text' as const, value: 'kia ora' }];
  const change = { kind: 'params' as const, set, unset: [] };
  expect(await node.control.execute({ type: 'change', change }, actor)).toMatchObject({
    ok: true,
    value: { seq: 2 },
  });
  expect(failures).toEqual([]);
});
