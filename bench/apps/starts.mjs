/** Real nodes: a param is set on the leader, and the command of an app on a member notes when it started. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sleep } from '../lib/time.mjs';

const program = fileURLToPath(new URL('../../dist/src/daemon/seedlingd.js', import.meta.url));
const operator = () => import('../../dist/src/operator/index.js');
const waitMsMax = 10_000;

/** Milliseconds of each change. */
export async function measureStarts({ changes, gapMs }) {
  const directory = mkdtempSync(join(tmpdir(), 'grove-bench-apps-'));
  const nodes = [];
  try {
    for (const name of ['leader', 'member']) nodes.push(await startNode(join(directory, name)));
    const [leader, member] = nodes;
    await form(leader, member);
    const notes = join(directory, 'notes');
    await member.ask('/apps/create', {
      app: 'web',
      params: [{ name: 'greeting' }],
      on_change: ['/bin/sh', '-c', 'echo "$NEW_VALUE $(date +%s%N)" >> "$0"', notes],
    });
    await leader.ask('/grove/params/set', { name: 'greeting', kind: 'text', value: 'first', force: true });
    await sleep(500);
    await member.ask('/grove/map', { app: 'web', app_param: 'greeting', grove_param: 'greeting' });
    const samples = [];
    for (let number = 1; number <= changes; number += 1) {
      await sleep(gapMs);
      const at = performance.timeOrigin + performance.now();
      await leader.ask('/grove/params/set', { name: 'greeting', kind: 'text', value: `${number}` });
      samples.push((await startOf(notes, number)) - at);
    }
    return samples;
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startNode(dataDir) {
  const child = spawn(process.execPath, [program, '--data-dir', dataDir, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  const { connectOperator, readLocalOperatorKey, readNodeAddresses, readNodeFingerprint } = await operator();
  const fingerprint = readNodeFingerprint(dataDir);
  const [address] = readNodeAddresses(dataDir);
  const client = await connectOperator({ address, fingerprint, identity: readLocalOperatorKey(dataDir) });
  return {
    fingerprint,
    ask: async (method, params = {}) => {
      const answer = await client.request(method, params);
      if (!answer.ok) throw new Error(`${method}: ${answer.reason.message}`);
      return answer.value;
    },
    stop: async () => {
      await client.dispose();
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function form(leader, member) {
  await leader.ask('/grove/init', { label: 'leader' });
  const { invite } = await leader.ask('/grove/invite', { fingerprint: member.fingerprint, label: 'member' });
  await member.ask('/grove/join', { invite });
}

/** Milliseconds since the epoch. */
async function startOf(notes, number) {
  const end = performance.now() + waitMsMax;
  while (performance.now() < end) {
    const line = existsSync(notes)
      ? readFileSync(notes, 'utf8')
          .split('\n')
          .find((text) => text.startsWith(`${number} `))
      : undefined;
    if (line !== undefined) return Number(line.split(' ')[1]) / 1e6;
    await sleep(2);
  }
  throw new Error(`the command did not start for change ${number}`);
}
