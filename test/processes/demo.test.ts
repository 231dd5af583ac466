/** `npm start` as a newcomer and as a script meet it: real processes, real signals. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/demo/arguments.ts';
import {
  connectOperator,
  readLocalOperatorKey,
  readNodeAddresses,
  readNodeFingerprint,
} from '../../src/operator/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeNames = ['clinic-1', 'clinic-2', 'clinic-3'];

let temporary = '';
let demos: Demo[] = [];

beforeAll(() => {
  const build = spawnSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root });
  expect(build.status).toBe(0);
});

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
  demos = [];
});

afterEach(async () => {
  for (const demo of demos) {
    demo.child.kill('SIGTERM');
    await demo.ended;
  }
  rmSync(temporary, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Demo {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<Ended>;
  /** Resolves with everything on stdout once it matches. */
  shows(pattern: RegExp): Promise<string>;
  /** The directory it keeps its nodes in. */
  directory(): string;
  pids(): readonly number[];
}

/** Its temporary directory is made inside the test's own, where what it leaves behind is seen. */
function startDemo(
  words: readonly string[],
  environment: { readonly [name: string]: string } = {},
  [program, ...first]: readonly [string, ...string[]] = [process.execPath, 'dist/src/demo/main.js'],
): Demo {
  const child = spawn(program, [...first, ...words], {
    cwd: root,
    // A group of its own, as a terminal makes one.
    detached: true,
    env: { ...process.env, ...environment, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout,
    stderr,
  }));
  const directory = (): string => {
    const [name = ''] = readdirSync(temporary);
    return join(temporary, name);
  };
  const demo: Demo = {
    child,
    ended,
    directory,
    pids: () =>
      nodeNames.map((name) => Number(/\d+/.exec(readFileSync(join(directory(), name, 'lock.pid'), 'utf8')))),
    shows: async (pattern) => {
      while (!pattern.test(stdout)) {
        const [what] = await Promise.race([once(child.stdout, 'data'), ended.then(() => ['end'])]);
        if (what === 'end') throw new Error(`the demo ended without showing ${pattern}: ${stdout}${stderr}`);
      }
      return stdout;
    },
  };
  demos.push(demo);
  return demo;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the demo, run by a script', () => {
  it('prints one line of JSON about three nodes that agree, and leaves nothing behind', async () => {
    const demo = startDemo(['--once', '--json', '--publishes', '3']);
    const { exitCode, stdout, stderr } = await demo.ended;
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toHaveLength(2);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ nodes: 3, converged: true, publishes: 3 });
    const { min, p50, max } = result.latency_ms;
    expect(min).toBeGreaterThan(0);
    expect([min, p50, max].toSorted((left, right) => left - right)).toEqual([min, p50, max]);
    expect(result.members.map((member: { name: string }) => member.name)).toEqual(nodeNames);
    // Founding, two invites, the first change, three timed ones, and the one that a node missed.
    for (const member of result.members)
      expect(member).toMatchObject({ seq: 8, params: { greeting: 'mōrena' } });
    // Bound, and changed once.
    expect(result.members.map((member: { app_runs: number }) => member.app_runs)).toEqual([0, 2, 2]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('says in the JSON why it failed, with the log of the node that did, and exits 1', async () => {
    const refusal = join(temporary, 'refuse.mjs');
    writeFileSync(
      refusal,
      `if (process.argv.join(' ').includes('seedlingd.js') && process.argv.join(' ').includes('/clinic-2 ')) {
        console.error('no luck today');
        process.exit(7);
      }`,
    );
    const demo = startDemo(['--once', '--json'], { NODE_OPTIONS: `--import ${pathToFileURL(refusal)}` });
    const { exitCode, stdout, stderr } = await demo.ended;
    expect(exitCode).toBe(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ nodes: 3, converged: false });
    expect(result.reason).toContain('clinic-2 ended by itself, with exit code 7');
    expect(result.reason).toContain('no luck today');
    expect(stderr).toContain('no luck today');
    expect(readdirSync(temporary)).toEqual(['refuse.mjs']);
  });

  it('gives up on a node that does not follow, and ends even one that no longer listens to signals', async () => {
    const demo = startDemo(['--once', '--timeout', '4', '--publishes', '10000']);
    await demo.shows(/One change/);
    const pids = demo.pids();
    process.kill(pids[2] ?? 0, 'SIGSTOP');
    const { exitCode, stderr } = await demo.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/clinic-3 has not applied seq \d+ within 4 s/);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('keeps the nodes in the directory named, and refuses one that holds something', async () => {
    const named = join(temporary, 'named');
    const first = await startDemo(['--once', '--publishes', '1', '--dir', named]).ended;
    expect(first.exitCode).toBe(0);
    expect(readdirSync(named)).toEqual(nodeNames.flatMap((name) => [name, `${name}.log`]));
    const second = await startDemo(['--once', '--dir', named]).ended;
    expect(second.exitCode).toBe(2);
    expect(second.stderr).toContain('is not empty');
    expect(readdirSync(named)).toHaveLength(6);
  });
});

describe('the demo, run by a person', () => {
  it('explains each step, keeps running, and shows what the person then changes with the commands it gave', async () => {
    const demo = startDemo(['--publishes', '2']);
    const told = await demo.shows(/Ctrl-C stops them and removes/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the start of every colour
    expect(told).not.toMatch(/\u001b/);
    expect(told.split('\n').filter((line) => line.length > 110 && !line.startsWith('  node '))).toEqual([]);
    const commands = told.split('\n').filter((line) => line.startsWith('  node '));
    const [set = '', params = '', sign = '', peers = ''] = commands;
    for (const [command, shown] of [
      [set, 'set greeting, seq 8'],
      [params, 'ata mārie'],
      [sign, 'follows greeting'],
      [peers, 'clinic-3'],
    ] as const) {
      const { status, stdout } = spawnSync('sh', ['-c', command], { cwd: root, encoding: 'utf8' });
      expect([status, stdout]).toEqual([0, expect.stringContaining(shown)]);
    }
    await demo.shows(/seq 8 {2}greeting {2}all nodes have it/);
  });

  it('stops its nodes and removes their directory at Ctrl-C, and exits 0', async () => {
    const demo = startDemo(['--publishes', '1']);
    await demo.shows(/Ctrl-C stops them/);
    const pids = demo.pids();
    expect(pids.map(isRunning)).toEqual([true, true, true]);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('makes `npm start` exit 0 at Ctrl-C, which reaches npm as well', async () => {
    const demo = startDemo(['--publishes', '1'], {}, ['npm', 'start', '--silent', '--']);
    await demo.shows(/Ctrl-C stops them/);
    const pids = demo.pids();
    process.kill(-(demo.child.pid ?? process.pid), 'SIGINT');
    expect(await demo.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('leaves nothing behind when it is stopped in the middle', async () => {
    const demo = startDemo(['--publishes', '10000']);
    await demo.shows(/One change/);
    const pids = demo.pids();
    demo.child.kill('SIGTERM');
    expect(await demo.ended).toMatchObject({ exitCode: 143, stderr: '' });
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('reports a node that dies, with the end of its log', async () => {
    const demo = startDemo(['--publishes', '1']);
    await demo.shows(/Ctrl-C stops them/);
    const pids = demo.pids();
    process.kill(pids[1] ?? 0, 'SIGKILL');
    const { exitCode, stderr } = await demo.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('clinic-2 ended by itself, by SIGKILL');
    expect(stderr).toContain('grove.payload-applied');
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });

  it('takes its nodes along when it is killed', async () => {
    const demo = startDemo(['--publishes', '1']);
    await demo.shows(/Ctrl-C stops them/);
    const clients = await Promise.all(nodeNames.map((name) => connectTo(join(demo.directory(), name))));
    demo.child.kill('SIGKILL');
    const ends = await Promise.all(clients.map((client) => client.closed));
    for (const end of ends) expect(end.message).toMatch(/stop|shutting/i);
    await Promise.all(clients.map((client) => client.dispose()));
  });
});

async function connectTo(dataDir: string) {
  const [address = ''] = readNodeAddresses(dataDir);
  const fingerprint = readNodeFingerprint(dataDir);
  const client = await connectOperator({ address, fingerprint, identity: readLocalOperatorKey(dataDir) });
  // The node accepted the key once it answered.
  expect(await client.request('/server/ping')).toMatchObject({ ok: true });
  return client;
}

describe('the arguments of the demo', () => {
  it('have defaults that suit a person', () => {
    expect(parseArguments([])).toEqual({
      kind: 'run',
      options: { once: false, json: false, keep: false, directory: null, publishes: 10, stepMsMax: 20_000 },
    });
  });

  it('keep a directory that was named', () => {
    expect(parseArguments(['--dir', 'here'])).toMatchObject({ options: { keep: true, directory: 'here' } });
  });

  it.each([
    ['--bogus'],
    ['word'],
    ['--publishes=0'],
    ['--publishes=1e3'],
    ['--publishes=10001'],
    ['--timeout=x'],
  ])('are refused with the usage: %s', (argument) => {
    expect(parseArguments([argument])).toMatchObject({
      kind: 'wrong',
      text: expect.stringMatching(/^error: [\s\S]*Usage: npm start/),
    });
  });

  it('end the program with 2 when they are wrong, with 0 and help on stdout when that was asked for', async () => {
    expect(await startDemo(['--bogus']).ended).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown option '--bogus'"),
    });
    expect(await startDemo(['--help']).ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('--once'),
      stderr: '',
    });
  });
});
