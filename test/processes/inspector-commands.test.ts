/** The commands around the page, with real nodes: its address, and an archive for a bug report. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, signIn } from '../inspector/http.ts';
import { startInspectedPair } from './inspected-pair.ts';
import { createPlace, ctl, type Daemon, type Place, startChild, within } from './support.ts';

let place: Place;
let leader: Daemon;
let member: Daemon;

beforeAll(async () => {
  place = createPlace();
  ({ leader, member } = await startInspectedPair(place));
  await leader.ask('grove', 'param', 'set', 'greeting', 'a-value-of-a-param');
});

afterAll(async () => {
  await place.clear();
});

describe('seedling-ctl inspect', () => {
  // w[verify ctl.inspect]
  it('prints an address that opens the page', async () => {
    const { url } = (await leader.ask('inspect')) as { url: string };
    expect((await leader.ctl('inspect')).stdout).toBe(`${url}\n`);
    const { origin, host, pathname, search } = new URL(url);
    expect((await ask({ origin, host, token: '' }, pathname + search)).status).toBe(303);
  });

  it('says when there is no page, and that another machine has no token', async () => {
    const none = await member.ctl('inspect');
    expect(none.exitCode).toBe(3);
    expect(none.stderr).toContain('start it with seedlingd --inspect');
    expect((await ctl(['--host', '127.0.0.1:1', 'inspect'])).exitCode).toBe(2);
  });
});

async function filesOf(path: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const archive = extract();
  archive.end(gunzipSync(readFileSync(path)));
  for await (const entry of archive) {
    let text = '';
    for await (const chunk of entry) text += String(chunk);
    files.set(entry.header.name, text);
  }
  return files;
}

describe('seedling-ctl debug bundle', () => {
  // w[verify ctl.debug-bundle]
  // i[verify server.debug]
  it.each([
    ['with the inspector, from before it was asked', () => leader],
    ['without it, while it looks on', () => member],
  ])('writes what a bug report needs, %s', async (_what, node) => {
    const path = join(place.path, `${node().fingerprint}.tar.gz`);
    const answer = await node().ask('debug', 'bundle', path, '--seconds', '1');
    expect(answer).toEqual({ file: path, bytes: statSync(path).size });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const files = await filesOf(path);
    expect([...files.keys()].sort()).toEqual(
      [
        'README.txt',
        'actors.json',
        'clock.json',
        'events.ndjson',
        'history.json',
        'members.json',
        'params.json',
        'peers.json',
        'state.json',
        'status.json',
        'transitions.ndjson',
      ].sort(),
    );
    const json = (name: string) => JSON.parse(files.get(name) ?? '') as unknown;
    expect(json('state.json')).toMatchObject({
      versions: { node: process.version },
      configuration: { dataDir: node().dataDir },
      counters: { links: 1 },
    });
    expect(json('status.json')).toMatchObject({ grove: { current_seq: 3 } });
    expect(json('peers.json')).toMatchObject([{ connected: true, seq: 3 }]);
    expect(json('params.json')).toEqual([
      { name: 'greeting', kind: 'text', version_seq: 3, value_bytes: 18 },
    ]);
    expect(json('clock.json')).toMatchObject({
      round_trip_ms: expect.any(Number) as number,
      least_s: expect.any(Number) as number,
    });
    expect(json('actors.json')).toContainEqual(
      expect.objectContaining({ name: 'supervisor', status: 'active' }),
    );
    expect(files.get('events.ndjson')).toContain('"grove.payload-applied"');
    expect([...files.values()].join('')).not.toContain('a-value-of-a-param');
    if (node() === leader) expect(files.get('transitions.ndjson')).toContain('"payload.published"');
  });

  it('replaces no file, and looks on no longer than half a minute', async () => {
    const path = join(place.path, `${leader.fingerprint}.tar.gz`);
    expect((await leader.ctl('debug', 'bundle', path, '--seconds', '0')).exitCode).toBe(2);
    const long = await leader.ctl('debug', 'bundle', join(place.path, 'long'), '--seconds', '31');
    expect(long.exitCode).toBe(1);
    expect(long.stderr).toContain('seconds');
  });
});

describe('seedling-ctl machines', () => {
  // w[verify ctl.machines]
  it('lists the machines and draws each, without a node', async () => {
    const { stdout } = await ctl(['--json', 'machines']);
    const all = JSON.parse(stdout) as readonly { readonly name: string; readonly about: string }[];
    expect(all.map(({ name }) => name)).toContain('supervisor');
    for (const { name, about } of all) {
      const chart = await ctl(['machines', name, '--mermaid']);
      expect(chart).toMatchObject({ exitCode: 0, stderr: '' });
      expect(chart.stdout).toMatch(/^stateDiagram-v2\n/);
      const picture = await ctl(['machines', name, '--svg']);
      expect(picture.stdout).toMatch(/^<svg [^>]*>\n<title>/);
      expect(picture.stdout.trimEnd()).toMatch(/<\/svg>$/);
      const described = JSON.parse((await ctl(['--json', 'machines', name])).stdout) as object;
      expect(described).toMatchObject({ name, about, root: { states: expect.any(Array) as [] } });
    }
  });

  it('names those there are when asked for another', async () => {
    const unknown = await ctl(['machines', 'nothing']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('supervisor');
    expect((await ctl(['machines', '--svg'])).exitCode).toBe(2);
    expect((await ctl(['machines', 'peer', '--svg', '--mermaid'])).exitCode).toBe(2);
  });
});

// i[verify grove.history]
it('the history says who asked for a change, where it was asked for', async () => {
  const actors = async (node: Daemon) =>
    ((await node.ask('grove', 'history')) as readonly { readonly actor: unknown }[]).map(
      ({ actor }) => actor,
    );
  expect(await actors(leader)).toEqual(Array(3).fill(expect.objectContaining({ kind: 'ctl' })));
  expect(await actors(member)).toEqual([null, null]);
  expect((await leader.ctl('grove', 'history', '--limit', '1')).stdout).toMatch(/^seq 3 .* by .+$/m);
});

describe('grove-sim --inspect', () => {
  // w[verify page.trace]
  it('shows its run in the same page until it is interrupted, and leaves nothing behind', async () => {
    const sim = startChild(simProgram, ['--nodes', '3', '--publishes', '1', '--inspect']);
    const url = await within(shownAt(sim.process), 'the address of the page');
    const page = { origin: url.origin, host: url.host, token: url.searchParams.get('token') ?? '' };
    const trace = await ask(page, '/api/trace', { headers: await signIn(page) });
    const [head = '', first = ''] = trace.text.split('\n');
    expect(JSON.parse(head)).toMatchObject({ format: 'grove-trace/1', nodes: 3 });
    expect(JSON.parse(first)).toMatchObject({ node: 'n0' });
    sim.process.kill('SIGINT');
    expect(await sim.exited).toEqual({ code: 0, signal: null });
  });
});

const simProgram = fileURLToPath(new URL('../../dist/src/simulation/program/grove-sim.js', import.meta.url));

function shownAt(child: ChildProcess): Promise<URL> {
  let text = '';
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
      const [address] = /http:\/\/\S+/.exec(text) ?? [];
      if (address !== undefined) resolve(new URL(address));
    });
  });
}
