/** The size of a grove's settings: where the leader stops, and how long payloads get around. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payloadBytesLeaderMax } from '../../src/protocol/index.ts';
import type { Endpoint, Identity } from '../../src/transport/index.ts';
import {
  type CtlResult,
  expectService,
  type HostileGrove,
  runCtl,
  startGrove,
  statusOf,
} from './hostile-node.ts';
import { greet, honestHello, hostileEndpoint, nextLine } from './hostile-peer.ts';

let grove: HostileGrove;
let watcherKey: Identity;
let watcher: Endpoint;
const directory = mkdtempSync(join(tmpdir(), 'oversize-'));

beforeAll(async () => {
  grove = await startGrove(1);
  const [identity] = grove.insiders;
  if (identity === undefined) throw new Error('no insider');
  watcherKey = identity;
  watcher = await hostileEndpoint(watcherKey);
});

afterAll(async () => {
  await watcher.close();
  await grove.stop();
  rmSync(directory, { recursive: true });
});

/** `seedling-ctl grove param set` with a value too long for a command line. */
function setParam(name: string, bytes: number): Promise<CtlResult> {
  const file = join(directory, name);
  writeFileSync(file, 'x'.repeat(bytes));
  return runCtl(grove.leader, '--json', 'grove', 'param', 'set', name, '--kind', 'text', '--file', file);
}

describe('settings of 200 KiB', () => {
  const value = 'x'.repeat(51_200);

  // g[verify gossip.announcement]
  it('are announced first, given to who asks, and the same on every member in the end', async () => {
    await expectService(grove);
    const before = await statusOf(grove.leader);
    const peer = await greet(watcher, grove.leader, {
      ...honestHello(grove, watcherKey),
      our_seq: before.current_seq,
      our_payload_hash: before.payload_hash,
      push: 'version',
    });
    const set = ['a', 'b', 'c', 'd'].map((letter) => ({ name: `long-${letter}`, kind: 'text', value }));
    const { seq } = (await grove.leader.request('/grove/params/apply', { set })) as { seq: number };
    expect(await nextOf(peer.lines, 'peers')).toMatchObject({ type: 'hello', our_seq: seq });
    peer.send(
      JSON.stringify({
        ...honestHello(grove, watcherKey),
        our_seq: before.current_seq,
        our_payload_hash: before.payload_hash,
        push: 'version',
      }),
    );
    expect(await nextLine(peer, 'version')).toMatchObject({ payload: { seq } });
    await grove.member.logged(({ msg, seq: applied }) => msg === 'grove.payload-applied' && applied === seq);
    const { current_seq, payload_hash } = await statusOf(grove.leader);
    expect(await statusOf(grove.member)).toMatchObject({ current_seq, payload_hash });
    await peer.close();
  });
});

/** The next line that is not of this type. */
async function nextOf(
  lines: { next(): Promise<{ readonly type: string }> },
  ignored: string,
): Promise<{ readonly type: string }> {
  for (;;) {
    const line = await lines.next();
    if (line.type !== ignored) return line;
  }
}

describe('a change past 240 KiB', () => {
  // g[verify payload.leader-size] i[verify ctl.exit-codes] i[verify ctl.json]
  it('is refused with both numbers, and takes no sequence number', async () => {
    const before = await statusOf(grove.leader);
    const { exitCode, stdout, stderr } = await setParam('too-much', 60_000);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const { error } = JSON.parse(stderr) as { error: { details: { [name: string]: number } } };
    expect(error).toMatchObject({
      code: 'requirements_invalid',
      details: { cap_bytes: payloadBytesLeaderMax, current_bytes: expect.any(Number) },
    });
    expect(error.details.current_bytes).toBeGreaterThan(4 * 51_200);
    expect(await statusOf(grove.leader)).toMatchObject({
      current_seq: before.current_seq,
      payload_hash: before.payload_hash,
    });
    const line = await grove.leader.logged(({ msg }) => msg === 'grove.publish-rejected');
    expect(line).toMatchObject({ cap_bytes: payloadBytesLeaderMax });
  });

  // g[verify payload.leader-size]
  it('is taken up to the limit, and one that makes the payload smaller always', async () => {
    const before = await statusOf(grove.leader);
    const fits = await setParam('almost', 39_000);
    expect(fits).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(fits.stdout)).toEqual({ seq: before.current_seq + 1 });
    expect(await setParam('one-more', 2_000)).toMatchObject({ exitCode: 1 });
    const shrunk = await setParam('almost', 38_000);
    expect(JSON.parse(shrunk.stdout)).toEqual({ seq: before.current_seq + 2 });
    const unset = await runCtl(grove.leader, '--json', 'grove', 'param', 'unset', 'long-a');
    expect(unset).toMatchObject({ exitCode: 0 });
    await expectService(grove);
    const { current_seq, payload_hash } = await statusOf(grove.leader);
    expect(await statusOf(grove.member)).toMatchObject({ current_seq, payload_hash });
  });
});
