/** Groups of real `seedlingd` processes, and a process that reads pages' feeds. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  connectOperator,
  readLocalOperatorKey,
  readNodeAddresses,
  readNodeFingerprint,
} from '../../dist/src/operator/index.js';
import { Child } from '../lib/child.mjs';
import { nowNs, within } from '../lib/time.mjs';

const program = fileURLToPath(new URL('../../dist/src/daemon/seedlingd.js', import.meta.url));
const applyLimitMs = 20_000;

/** A leader and members that are linked to it. */
export async function startDaemons(size, argv) {
  const base = mkdtempSync(join(tmpdir(), 'grove-bench-inspector-'));
  const nodes = [];
  for (let index = 0; index < size; index += 1)
    nodes.push(await startDaemon(join(base, String(index)), argv));
  const [leader, ...members] = nodes;
  await ask(leader, '/grove/init', { label: 'node-0' });
  for (const [index, member] of members.entries()) {
    const { fingerprint } = member.client;
    const { invite } = await ask(leader, '/grove/invite', { fingerprint, label: `node-${index + 1}` });
    await ask(member, '/grove/join', { invite });
  }
  const last = nodes[size - 1];
  const waiting = new Map();
  await last.client.subscribe(null, (event) => {
    if (event.type === 'grove.payload-applied') waiting.get(event.seq)?.(nowNs());
  });
  return {
    pids: nodes.map(({ child }) => child.pid),
    pages: nodes.map(({ directory }) => pageOf(directory)).filter((page) => page !== null),
    /** Resolves with the moment the last member applied it. */
    publish: async (marker) => {
      const value = `value ${marker}`.padEnd(512, '.');
      const { current_seq } = await ask(leader, '/grove/status');
      const applied = new Promise((resolve) => waiting.set(current_seq + 1, resolve));
      await ask(leader, '/grove/params/set', { name: 'greeting', kind: 'text', value });
      const atNs = await within(applied, applyLimitMs, `publish ${marker}`);
      waiting.clear();
      return atNs;
    },
    stop: async () => {
      await Promise.all(nodes.map(({ client }) => client.dispose()));
      await Promise.all(nodes.map(({ child }) => stopDaemon(child)));
      rmSync(base, { recursive: true, force: true });
    },
  };
}

async function startDaemon(directory, argv) {
  const child = spawn(
    process.execPath,
    [program, '--data-dir', directory, '--listen', '127.0.0.1:0', ...argv],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`seedlingd ended with ${code}`)));
  });
  await within(ready, applyLimitMs, 'the ready line of seedlingd');
  const [address] = readNodeAddresses(directory);
  const client = await connectOperator({
    address,
    fingerprint: readNodeFingerprint(directory),
    identity: readLocalOperatorKey(directory),
  });
  return { child, directory, client: Object.assign(client, { fingerprint: readNodeFingerprint(directory) }) };
}

async function ask({ client }, method, params = {}) {
  const answer = await client.request(method, params);
  if (!answer.ok) throw new Error(`${method}: ${answer.reason.message}`);
  return answer.value;
}

function stopDaemon(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

function pageOf(directory) {
  try {
    return readFileSync(join(directory, 'inspector.url'), 'utf8').trim();
  } catch {
    return null;
  }
}

/** So many pages on each of these nodes, read in a process of their own. */
export async function openPages(urls, each) {
  const child = new Child(new URL('pages.mjs', import.meta.url));
  await child.call('open', { urls, each });
  return { frames: () => child.call('frames'), close: () => child.stop() };
}
