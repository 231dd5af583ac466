/** The client, against servers that do not behave. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectOperator, OperatorError, type OperatorFailure } from '../../src/operator/index.ts';
import { createEndpoint, createEphemeralIdentity } from '../../src/transport/index.ts';
import type { Connection, Endpoint, Stream } from '../../src/transport/types.ts';
import { ManualTimers, startNode } from './fixture.ts';

let endpoint: Endpoint;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  endpoint = await createEndpoint({ identity: createEphemeralIdentity(), listen: ['127.0.0.1:0'] });
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await endpoint.close();
});

/** Serves every request with `serve`. */
function pretend(serve: (stream: Stream, connection: Connection) => void, connectionsMax = 4): void {
  endpoint.register({
    alpn: 'bes.seedling/1',
    trust: () => null,
    accept: (connection) => connection.onStream((stream) => serve(stream, connection)),
    connectionsMax,
    streamsPerConnectionMax: 4,
  });
}

async function client(timers?: ManualTimers) {
  const connected = await connectOperator({
    address: endpoint.listening[0] ?? '',
    fingerprint: endpoint.fingerprint,
    identity: createEphemeralIdentity(),
    ...(timers === undefined ? {} : { timers }),
  });
  closers.push(connected.dispose);
  return connected;
}

async function failure(request: Promise<unknown>): Promise<OperatorFailure | unknown> {
  try {
    return await request;
  } catch (error) {
    return error instanceof OperatorError ? error.failure : error;
  }
}

const ignore = { data: () => {}, end: () => {}, aborted: () => {} };

describe('a client', () => {
  // i[verify client.answers]
  it.each([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['a number', '7'],
    ['neither result nor error', '{}'],
    ['an error without a message', '{"error":{"code":"not_found"}}'],
    ['an error with an unknown code', '{"error":{"code":"teapot","message":"short and stout"}}'],
  ])('does not take %s for an answer', async (_name, text) => {
    pretend((stream) => {
      stream.open(ignore);
      stream.write(new TextEncoder().encode(text));
      stream.end();
    });
    expect(await failure((await client()).request('/server/ping'))).toBe('bad_answer');
  });

  // i[verify client.answers]
  it('stops reading an answer that does not end', async () => {
    const chunk = new Uint8Array(16_384).fill(32);
    let aborted = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    pretend((stream) => {
      const flood = (): void => {
        while (stream.write(chunk));
      };
      stream.open({ data: () => {}, end: flood, drain: flood, aborted });
    });
    expect(await failure((await client()).request('/server/ping'))).toBe('lost');
    await stopped;
  });

  // i[verify client.lost]
  it('says why the connection ended under its request', async () => {
    pretend((stream, connection) => {
      stream.open(ignore);
      connection.close(7, 'the node stops');
    });
    const connected = await client();
    const refused = await connected.request('/server/ping').catch((error: unknown) => error);
    expect(refused).toMatchObject({ failure: 'lost', message: expect.stringContaining('the node stops') });
    expect(await failure(connected.request('/server/ping'))).toBe('lost');
  });

  // i[verify client.lost]
  it('gives a request up at its time-out', async () => {
    let arrived = (): void => {};
    const there = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    pretend((stream) => stream.open({ ...ignore, end: arrived }));
    const timers = new ManualTimers();
    const waiting = failure((await client(timers)).request('/server/ping'));
    await there;
    timers.fire(90_000);
    expect(await waiting).toBe('lost');
  });

  it('that nobody answers, or that finds somebody else, fails before it sends anything', async () => {
    let streams = 0;
    pretend(() => {
      streams += 1;
    });
    const identity = createEphemeralIdentity();
    const address = endpoint.listening[0] ?? '';
    expect(await failure(connectOperator({ address, fingerprint: 'a'.repeat(64), identity }))).toBe(
      'wrong_fingerprint',
    );
    expect(streams).toBe(0);
    const { fingerprint } = endpoint;
    await endpoint.close();
    expect(await failure(connectOperator({ address, fingerprint, identity, connectTimeoutMs: 200 }))).toBe(
      'unreachable',
    );
  });

  it('can share an endpoint, which stays open after it', async () => {
    const node = await startNode();
    closers.push(node.stop);
    const identity = createEphemeralIdentity();
    node.keys.authorise({ fingerprint: identity.fingerprint, label: 'page' });
    const shared = await createEndpoint({ identity, listen: ['127.0.0.1:0'] });
    closers.push(() => shared.close());
    const target = {
      address: node.address,
      fingerprint: node.identity.fingerprint,
      identity,
      endpoint: shared,
    };
    await (await connectOperator(target)).dispose();
    const second = await connectOperator(target);
    expect(await second.request('/server/ping')).toEqual({ ok: true, value: {} });
  });

  it('is told when the node takes no more operators', async () => {
    const node = await startNode({ limits: { connectionsMax: 1 } });
    closers.push(node.stop);
    await (await node.connect()).request('/server/ping');
    expect(await failure(node.connect().then((second) => second.request('/server/ping')))).toBe(
      'unreachable',
    );
  });
});
