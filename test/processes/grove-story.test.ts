/** The first day of a grove, as its operators live it: three nodes started by hand, one of them away for a while. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeInvite } from '../../src/protocol/index.ts';
import { createPlace, ctlProgram, type Daemon, type Place, type Watch } from './support.ts';

const execute = promisify(execFile);

describe('three nodes on one machine', () => {
  let place: Place;
  afterEach(() => place.clear());

  it('form a grove, one of them while the leader is away, and share what the leader sets', async () => {
    place = createPlace();
    const first = await place.start('a');
    const b = await place.start('b');
    const c = await place.start('c');

    expect(await first.ask('grove', 'init', '--label', 'a')).toMatchObject({ seq: 1 });
    const invited = (await first.ask('grove', 'invite', b.fingerprint, 'b')) as { invite: string };
    expect(await first.ask('grove', 'invite', c.fingerprint, 'c')).toMatchObject({
      seq: 3,
      members_count: 3,
    });
    expect(await b.ask('grove', 'join', invited.invite)).toMatchObject({ seq: 3 });

    // The leader is away. Any member lets an invited node in.
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const joined = await c.ask('grove', 'join', b.listening[0], b.fingerprint, first.fingerprint);
    expect(joined).toMatchObject({ seq: 3, leader_fp: first.fingerprint });

    // It comes back with another port, which nobody knows.
    const a = await place.start('a');
    const watches = await Promise.all([a, b, c].map((daemon) => daemon.follow()));
    for (const watch of watches) await watch.until(() => linkedTo(watch, 2), 'a link to both others');

    const setAt = performance.now();
    expect(await a.ask('grove', 'param', 'set', 'greeting', 'hello')).toMatchObject({ seq: 4 });
    const answeredMs = performance.now() - setAt;
    await Promise.all([b, c].map((daemon) => paramArrived(daemon, watches, 'hello')));
    const arrivedMs = performance.now() - setAt;
    console.info(
      `grove param set: answered after ${answeredMs.toFixed(0)} ms, listed on both others after ${arrivedMs.toFixed(0)} ms`,
    );
    const hashes = await Promise.all([a, b, c].map(async (daemon) => (await statusOf(daemon)).payload_hash));
    expect(new Set(hashes).size).toBe(1);
  });

  it('are operated by the installed programs alike', async () => {
    place = createPlace();
    const a = await place.start('a');
    const b = await place.start('b');
    const run = async (daemon: Daemon, ...argv: string[]) => {
      const { stdout } = await execute(process.execPath, [
        ctlProgram,
        '--data-dir',
        daemon.dataDir,
        '--json',
        ...argv,
      ]);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    await run(a, 'grove', 'init', '--label', 'a');
    const { invite } = await run(a, 'grove', 'invite', b.fingerprint, 'b');
    expect(await run(b, 'grove', 'join', String(invite))).toMatchObject({ seq: 2 });
    await run(a, 'grove', 'param', 'set', 'greeting', 'hello');
    const watch = await b.follow();
    await paramArrived(b, [watch], 'hello');
    expect(await run(b, 'grove', 'params')).toEqual([
      { name: 'greeting', kind: 'text', value: 'hello', version_seq: 3 },
    ]);
  });

  it('tell a node that is not invited what to do', async () => {
    place = createPlace();
    const a = await place.start('a');
    const stranger = await place.start('stranger');
    await a.ask('grove', 'init', '--label', 'a');
    const invite = encodeInvite({
      inviters: [{ address: a.listening[0], fingerprint: a.fingerprint }],
      leader_fp: a.fingerprint,
      leader_key: null,
      grove_id: null,
    });
    const refused = await stranger.ctl('grove', 'join', invite);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('this node is not invited yet: run `grove invite');
    expect(await stranger.ask('grove', 'status')).toMatchObject({ is_member: false, state: 'outside' });
  });
});

async function statusOf(daemon: Daemon): Promise<{ payload_hash: string }> {
  return (await daemon.ask('grove', 'status')) as { payload_hash: string };
}

async function linkedTo(watch: Watch, count: number): Promise<true | null> {
  const answer = await watch.client.request('/grove/status');
  const linked = answer.ok ? (answer.value as { connected_peers: number }).connected_peers : 0;
  return linked === count ? true : null;
}

/** Asked over the connection that watches, so that the command line's own start is not what is measured. */
async function paramArrived(daemon: Daemon, watches: readonly Watch[], value: string): Promise<void> {
  const watch = watches.find(({ client }) => client.fingerprint === daemon.fingerprint);
  if (watch === undefined) throw new Error('the node is not watched');
  await watch.until(async () => {
    const answer = await watch.client.request('/grove/params');
    const params = (answer.ok ? answer.value : []) as { name: string; value: string }[];
    return params.some((param) => param.name === 'greeting' && param.value === value) ? true : null;
  }, 'the param');
}
