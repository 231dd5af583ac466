/** The daemon as a process: its ready line, its files, its log, and how it stops. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, type Daemon, daemonProgram, type Place, startChild } from './support.ts';

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.clear());

const addressFile = (daemon: Daemon) => join(daemon.dataDir, 'oi.address');

describe('a daemon that starts', () => {
  // i[verify daemon.ready] i[verify daemon.address-file]
  it('prints one line when it serves, and writes the same addresses to a file', async () => {
    const daemon = await place.start('a', { listen: ['127.0.0.1:0', '[::1]:0'] });
    expect(daemon.stdout).toEqual([
      `ready fingerprint=${daemon.fingerprint} listen=${daemon.listening.join(',')}`,
    ]);
    expect(daemon.listening).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
      expect.stringMatching(/^\[::1\]:[1-9]\d*$/),
    ]);
    expect(readFileSync(addressFile(daemon), 'utf8')).toBe(`${daemon.listening.join('\n')}\n`);
    expect(readFileSync(join(daemon.dataDir, 'oi.fingerprint'), 'utf8').trim()).toBe(daemon.fingerprint);
    expect(await daemon.ask('ping')).toEqual({});
  });

  // i[verify daemon.address-file]
  it('rewrites the addresses that a killed one left', async () => {
    const killed = await place.start('a');
    await killed.stop('SIGKILL');
    expect(readFileSync(addressFile(killed), 'utf8')).toBe(`${killed.listening[0]}\n`);
    const again = await place.start('a');
    expect(again.listening).not.toEqual(killed.listening);
    expect(readFileSync(addressFile(again), 'utf8')).toBe(`${again.listening[0]}\n`);
    expect(again.fingerprint).toBe(killed.fingerprint);
    expect(await again.ask('ping')).toEqual({});
  });

  // i[verify daemon.problems]
  it('warns that no other machine can reach it when it listens on loopback only', async () => {
    const warned = (daemon: Daemon) =>
      daemon.log().filter(({ level, code }) => level === 40 && code === 'loopback-only');
    const local = await place.start('local');
    await local.stop();
    expect(warned(local)).toEqual([
      expect.objectContaining({ msg: expect.stringContaining('start it with --listen ADDR:PORT') }),
    ]);
    const reachable = await place.start('reachable', { argv: ['--advertise', '192.0.2.7:7891'] });
    await reachable.stop();
    expect(warned(reachable)).toEqual([]);
  });

  it('keeps its directory and what is in it to its own user', async () => {
    const daemon = await place.start('a');
    for (const name of ['oi.key', 'local.key', 'oi.address', 'grove.db']) {
      expect(statSync(join(daemon.dataDir, name)).mode & 0o077, name).toBe(0);
    }
  });
});

describe('a daemon that is told to stop', () => {
  // i[verify daemon.stop]
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s tells its peers, cleans up and exits with 0',
    async (signal) => {
      const [a, b] = await pair();
      const watch = await b.follow();
      expect(await a.stop(signal)).toEqual({ code: 0, signal: null });
      const told = await watch.event(({ type }) => type === 'grove.peer-disconnected', 'the end of the link');
      expect(told).toMatchObject({ fp: a.fingerprint, reason: expect.stringContaining('shutting_down') });
      expect(existsSync(addressFile(a))).toBe(false);
      expect(existsSync(join(a.dataDir, 'lock.pid'))).toBe(false);
    },
  );

  // i[verify daemon.stop]
  it('while it still starts does not come up, and exits with 0', async () => {
    await (await place.start('a')).stop();
    const child = startChild(daemonProgram, ['--data-dir', place.directory('a'), '--listen', '127.0.0.1:0']);
    // The lock is taken in the midst of the start.
    await lockTaken(join(place.directory('a'), 'lock.pid'), child.exited);
    child.process.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(join(place.directory('a'), 'oi.address'))).toBe(false);
    expect(existsSync(join(place.directory('a'), 'lock.pid'))).toBe(false);
  });

  // i[verify daemon.stop]
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    'by %s while it still loads, exits with 0 and wrote nothing',
    async (signal) => {
      const preload = new URL('programs/stop-while-loading.mjs', import.meta.url).href;
      const env = { NODE_OPTIONS: `--import=${preload}`, STOP_AT: 'better-sqlite3', STOP_WITH: signal };
      const child = startChild(
        daemonProgram,
        ['--data-dir', place.directory('a'), '--listen', '127.0.0.1:0'],
        env,
      );
      expect(await child.exited).toEqual({ code: 0, signal: null });
      expect([child.stdout, child.stderr]).toEqual([[], []]);
      expect(existsSync(place.directory('a'))).toBe(false);
    },
  );

  // i[verify daemon.stop]
  it('ends the connections of its operators with the reason', async () => {
    const daemon = await place.start('a');
    const watch = await daemon.follow();
    await daemon.stop();
    expect((await watch.client.closed).message).toContain('stop');
  });
});

describe('the log', () => {
  // i[verify daemon.log]
  it('is lines of JSON on stderr, one for every event, without the values of params', async () => {
    const a = await place.start('a');
    await a.ask('grove', 'init', '--label', 'a');
    await a.ask('grove', 'param', 'set', 'greeting', 'kia-ora-koutou');
    await a.stop();
    expect(a.stderr.every((line) => line.startsWith('{') && line.endsWith('}'))).toBe(true);
    const lines = a.log();
    for (const line of lines) expect(line).toEqual(expect.objectContaining({ level: expect.any(Number) }));
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['ready', 'grove.joined']));
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'grove.payload-applied', seq: 2, params_changed: ['greeting'] }),
    );
    expect(a.stderr.join('\n')).not.toContain('kia-ora-koutou');
    for (const { time } of lines) expect(new Date(time).toISOString()).toBe(time);
  });

  // i[verify daemon.log]
  it.each([
    ['silent', 0],
    ['warn', 1],
    ['info', 2],
  ] as const)('at level %s has the lines from there up', async (level, expected) => {
    const daemon = await place.start('a', { argv: ['--log-level', level] });
    await daemon.stop();
    expect(daemon.log()).toHaveLength(expected);
    expect(daemon.stderr).toHaveLength(expected);
  });

  // i[verify daemon.log]
  it('never hears a value at level debug either', async () => {
    const a = await place.start('a', { argv: ['--log-level', 'trace'] });
    await a.ask('grove', 'init', '--label', 'a');
    await a.ask('grove', 'param', 'set', 'greeting', 'kia-ora-koutou');
    await a.stop();
    expect(a.stderr.join('\n')).not.toContain('kia-ora-koutou');
  });
});

/** A leader and a member that are linked. */
async function pair(): Promise<readonly [Daemon, Daemon]> {
  const a = await place.start('a');
  const b = await place.start('b');
  await a.ask('grove', 'init', '--label', 'a');
  const { invite } = (await a.ask('grove', 'invite', b.fingerprint, 'b')) as { invite: string };
  await b.ask('grove', 'join', invite);
  return [a, b];
}

/** The file is made by another process that says nothing about it: looked for at every turn of the event loop. */
async function lockTaken(path: string, exited: Promise<unknown>): Promise<void> {
  let over = false;
  void exited.then(() => {
    over = true;
  });
  while (!existsSync(path) && !over) await new Promise((resolve) => setImmediate(resolve));
}
