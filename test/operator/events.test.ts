/** Following what happens on a node. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EventLine, readLocalOperatorKey } from '../../src/operator/index.ts';
import type { Stream } from '../../src/transport/types.ts';
import { type OperatorNode, rawConnection, sendRaw, startNode } from './fixture.ts';

let node: OperatorNode;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  node = await startNode();
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await node.stop();
});

describe('an event stream', () => {
  // i[verify events.subscribe]
  it('starts with the next event when no id is given, and carries data beside the fixed fields', async () => {
    node.control.emit('grove.member-revoked', { fp: 'old' });
    const client = await node.connect();
    const seen = collector();
    expect(await client.subscribe(null, seen.take)).toMatchObject({ ok: true });
    await expect.poll(() => node.control.subscribers).toBe(1);
    const actor = { kind: 'ctl', id: 'x', display: 'Ana' };
    node.control.emit(
      'grove.member-revoked',
      { fp: 'abc', id: 'forged', type: 'forged', actor: 'forged' },
      actor,
    );
    node.control.emit('grove.peer-connected', { fp: 'def' });
    expect(await seen.until(2)).toEqual([
      { id: '00000002', type: 'grove.member-revoked', timestamp: '2026-05-07T12:34:56Z', actor, fp: 'abc' },
      { id: '00000003', type: 'grove.peer-connected', timestamp: '2026-05-07T12:34:56Z', fp: 'def' },
    ]);
  });

  // i[verify events.subscribe] i[verify events.resume]
  it('goes on after the event a reader saw last', async () => {
    for (let seq = 1; seq <= 5; seq += 1) node.control.emit('grove.payload-applied', { seq });
    const client = await node.connect();
    const seen = collector();
    await client.subscribe('00000003', seen.take);
    expect((await seen.until(2)).map(({ seq }) => seq)).toEqual([4, 5]);
  });

  // i[verify events.subscribe]
  it('is one for each connection', async () => {
    const client = await node.connect();
    await client.subscribe(null, () => {});
    await expect.poll(() => node.control.subscribers).toBe(1);
    expect(await client.request('/events/subscribe')).toMatchObject({
      ok: false,
      reason: { code: 'requirements_invalid' },
    });
    expect(await (await node.connect()).subscribe(null, () => {})).toMatchObject({ ok: true });
  });

  // i[verify events.gap]
  it('tells a reader that comes too late which events are missing', async () => {
    node.control.keptEventsMax = 2;
    for (let seq = 1; seq <= 5; seq += 1) node.control.emit('grove.payload-applied', { seq });
    const client = await node.connect();
    const seen = collector();
    await client.subscribe('00000001', seen.take);
    expect(await seen.until(3)).toMatchObject([
      { type: 'gap', from: '00000001', to: '00000003' },
      { seq: 4 },
      { seq: 5 },
    ]);
  });

  // i[verify events.kept] i[verify events.resume]
  it('ends after the kept events when it is not to follow', async () => {
    for (let seq = 1; seq <= 3; seq += 1) node.control.emit('grove.payload-applied', { seq });
    const client = await node.connect();
    const seen = collector();
    const subscribed = await client.subscribe('', seen.take, { follow: false });
    if (!subscribed.ok) throw new Error(subscribed.reason.message);
    await subscribed.value.ended;
    expect(seen.lines.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(node.control.subscribers).toBe(0);
  });

  // i[verify events.stream]
  it('waits for a reader that stops, loses nothing that is kept, and gives a gap for the rest', async () => {
    const { connection, close } = await rawConnection(node, readLocalOperatorKey(node.directory));
    closers.push(close);
    const stream = new Promise<Stream>((resolve) => connection.onStream(resolve));
    expect(await sendRaw(connection, new TextEncoder().encode('{"method":"/events/subscribe"}'))).toEqual({
      result: {},
    });
    const padding = 'x'.repeat(60_000);
    await expect.poll(() => node.control.subscribers).toBe(1);
    // Four times what stream and windows hold: most of it has to wait on the node's side.
    node.control.keptEventsMax = 20;
    for (let seq = 1; seq <= 160; seq += 1) node.control.emit('grove.payload-applied', { seq, padding });

    const chunks: Uint8Array[] = [];
    const opened = await stream;
    const seen = (): EventLine[] =>
      Buffer.concat(chunks)
        .toString('utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as EventLine);
    opened.open({ data: (bytes) => void chunks.push(bytes), end: () => {}, aborted: () => {} });
    await expect.poll(() => seen().at(-1)?.seq, { timeout: 10_000 }).toBe(160);
    const lines = seen();
    const gap = lines.findIndex(({ type }) => type === 'gap');
    const before = lines.slice(0, gap).map(({ seq }) => seq);
    expect(gap).toBeGreaterThan(0);
    expect(before).toEqual(before.map((_, index) => index + 1));
    expect(lines[gap]).toEqual({ type: 'gap', from: String(gap).padStart(8, '0'), to: '00000140' });
    expect(lines.slice(gap + 1).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 20 }, (_, index) => 141 + index),
    );
  });

  // i[verify events.stream]
  it('ends with its connection', async () => {
    const client = await node.connect();
    await client.subscribe(null, () => {});
    await expect.poll(() => node.control.subscribers).toBe(1);
    client.close();
    await expect.poll(() => node.control.subscribers).toBe(0);
  });
});

function collector(): {
  lines: EventLine[];
  take(line: EventLine): void;
  until(count: number): Promise<EventLine[]>;
} {
  const lines: EventLine[] = [];
  let wake = (): void => {};
  return {
    lines,
    take: (line) => {
      lines.push(line);
      wake();
    },
    until: async (count) => {
      while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return lines;
    },
  };
}
