#!/usr/bin/env node
/**
 * Where the time of one publish goes: three nodes in three processes, every event between their actors with the
 * moment it was handled, on the leader and on one follower. Prints Markdown. The listening itself costs
 * some tenths of a millisecond.
 *
 *   node bench/convergence/timeline.mjs > bench/results/timeline.md
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const warmUps = 40;
const gapMs = 300;
const operator = { kind: 'bench', id: 'timeline', display: 'timeline' };
const self = fileURLToPath(import.meta.url);
const { startNode } = await import(new URL('../../dist/src/daemon/node.js', import.meta.url).href);

if (process.argv[2] === 'follower') await follow(process.argv[3]);
else await lead();

async function startTimed(dataDir) {
  let moments = [];
  const note = (what) => moments.push([performance.now(), what]);
  const node = await startNode({
    dataDir,
    listen: ['127.0.0.1:0'],
    inspect: (event) => {
      if (event.type === '@xstate.event') note(`${event.actorRef.id} ← ${event.event.type}`);
    },
  });
  node.control.subscribe(null, (delivery) => {
    if (delivery.kind === 'event' && delivery.event.type === 'grove.payload-applied')
      note('event: payload-applied');
    return true;
  });
  return {
    node,
    take: () => {
      const taken = moments;
      moments = [];
      return taken;
    },
  };
}

async function follow(dataDir) {
  const { node, take } = await startTimed(dataDir);
  process.on('message', async ({ ask, invite }) => {
    if (ask === 'join') await node.control.execute({ type: 'join', invite }, operator);
    process.send({ moments: take() });
  });
  process.send({ fingerprint: node.fingerprint });
}

async function lead() {
  const directory = mkdtempSync(join(tmpdir(), 'grove-timeline-'));
  const { node, take } = await startTimed(join(directory, 'leader'));
  const change = (what) => node.control.execute({ type: 'change', change: what }, operator);
  await node.control.execute({ type: 'init', label: 'leader' }, operator);
  const invite = {
    inviters: [{ address: node.listening[0], fingerprint: node.fingerprint }],
    leader_fp: node.fingerprint,
    leader_key: null,
    grove_id: null,
  };
  const children = [];
  for (const name of ['one', 'two']) {
    const child = fork(self, ['follower', join(directory, name)]);
    const { fingerprint } = await answer(child);
    await change({ kind: 'invite', member: { fp: fingerprint, label: name } });
    child.send({ ask: 'join', invite });
    await answer(child);
    children.push(child);
  }
  const publish = (count) =>
    change({
      kind: 'params',
      set: [{ name: 'document', kind: 'text', value: 'x'.repeat(1_000) + count }],
      unset: [],
    });
  for (let count = 0; count < warmUps; count += 1) {
    await publish(count);
    await pause(gapMs);
  }
  for (const child of children) await asked(child, 'moments');
  take();
  const called = performance.now();
  await publish(warmUps);
  const leader = take();
  await pause(gapMs);
  print('The leader, from the call', leader, called);
  for (const child of children.slice(0, 1)) {
    const { moments } = await asked(child, 'moments');
    const first = moments.findIndex(([, what]) => what.endsWith('← version'));
    const last = moments.findIndex(([, what]) => what.startsWith('event'));
    print('A follower, from the payload’s line', moments.slice(first, last + 1), moments[first][0]);
  }
  for (const child of children) child.kill();
  await node.close();
  rmSync(directory, { recursive: true, force: true });
}

function print(title, moments, from) {
  console.log(`## ${title}\n\n| ms | |\n| ---: | --- |`);
  for (const [at, what] of moments) console.log(`| ${(at - from).toFixed(2)} | ${what} |`);
  console.log('');
}

function asked(child, ask) {
  child.send({ ask });
  return answer(child);
}

function answer(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a follower ended with ${code}`)));
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
