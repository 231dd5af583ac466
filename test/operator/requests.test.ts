/** What every request gets, whatever its method. */
import { afterEach, describe, expect, it } from 'vitest';
import { readLocalOperatorKey } from '../../src/operator/index.ts';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import {
  ManualTimers,
  type NodeOptions,
  type OperatorNode,
  rawConnection,
  sendRaw,
  startNode,
} from './fixture.ts';

const started: OperatorNode[] = [];
const closers: (() => Promise<void>)[] = [];

async function node(options: NodeOptions = {}): Promise<OperatorNode> {
  const fresh = await startNode(options);
  started.push(fresh);
  return fresh;
}

async function raw(on: OperatorNode): Promise<Awaited<ReturnType<typeof rawConnection>>['connection']> {
  const { connection, close } = await rawConnection(on, readLocalOperatorKey(on.directory));
  closers.push(close);
  return connection;
}

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

describe('a request', () => {
  // i[verify request.strict]
  it.each([
    ['no JSON', 'hello', 'strict JSON'],
    ['a key given twice', '{"method":"/server/ping","method":"/server/status"}', 'strict JSON'],
    ['an empty request', '', 'strict JSON'],
    ['an array', '[]', 'the request'],
    ['no method', '{"params":{}}', 'method'],
    ['params that are no object', '{"method":"/server/ping","params":[]}', 'params'],
    ['a field nobody knows', '{"method":"/server/ping","id":1}', 'id'],
    ['an actor without a kind', '{"method":"/server/ping","actor":{"id":"x","display":"x"}}', 'actor.kind'],
  ])('is refused for %s', async (_name, text, named) => {
    const connection = await raw(await node());
    const answer = await sendRaw(connection, bytes(text));
    expect(answer).toMatchObject({ error: { code: 'invalid_request' } });
    expect(JSON.stringify(answer)).toContain(named);
  });

  // i[verify request.params]
  it('names the range of a number that is out of it', async () => {
    const client = await (await node()).connect();
    const refused = await client.request('/grove/history', { limit: 0 });
    expect(refused).toMatchObject({
      ok: false,
      reason: { message: 'limit: must be a whole number from 1 to 200', details: { field: 'limit' } },
    });
  });

  // i[verify request.params]
  it.each([
    ['/server/ping', { verbose: true }, 'verbose'],
    ['/grove/init', {}, 'label'],
    ['/grove/init', { label: 'a\u0007b' }, 'label'],
    ['/grove/invite', { fingerprint: 'AB', label: 'clinic-7' }, 'fingerprint'],
    ['/grove/params/set', { name: 'x', kind: 'text', value: '' }, 'name'],
    ['/grove/params/set', { name: 'greeting', kind: 'number', value: '' }, 'kind'],
    ['/grove/params/set', { name: 'greeting', kind: 'text', value: 7 }, 'value'],
    ['/grove/params/apply', { set: [{ name: 'greeting', kind: 'text' }], unset: [] }, 'set.0.value'],
    ['/grove/history', { limit: 0 }, 'limit'],
    ['/grove/payload', { seq: '3' }, 'seq'],
    ['/grove/join', {}, 'address'],
    ['/grove/join', { address: '127.0.0.1:1', inviter_fp: 'a'.repeat(64) }, 'leader_fp'],
    ['/events/subscribe', { since: 'one two' }, 'since'],
    ['/keys/revoke', { fingerprint: null }, 'fingerprint'],
  ])('to %s with %j names the field that is wrong', async (method, params, field) => {
    const client = await (await node()).connect();
    const answer = await client.request(method, params);
    expect(answer).toMatchObject({ ok: false, reason: { code: 'invalid_request', details: { field } } });
    expect(answer.ok || answer.reason.message).toContain(field);
  });

  // i[verify request.unknown-method]
  it('for a method that does not exist is answered with unknown_method', async () => {
    const client = await (await node()).connect();
    expect(await client.request('/grove/elect')).toEqual({
      ok: false,
      reason: { code: 'unknown_method', message: 'this node has no method /grove/elect' },
    });
  });

  // i[verify request.bounds]
  it('of exactly 1 MiB is read, and one byte more is refused while it is still being sent', async () => {
    const connection = await raw(await node());
    const request = (size: number): Uint8Array => bytes('{"method":"/server/ping"}'.padEnd(size, ' '));
    expect(await sendRaw(connection, request(1_048_576))).toEqual({ result: {} });
    expect(await sendRaw(connection, request(1_048_577))).toMatchObject({
      error: { code: 'invalid_request', details: { bytes_max: 1_048_576 } },
    });
    expect(await sendRaw(connection, request(2_500_000))).toMatchObject({
      error: { code: 'invalid_request' },
    });
  });

  // i[verify request.bounds]
  it('that stays half-sent is answered at its deadline and frees its place', async () => {
    const timers = new ManualTimers();
    const server = await node({ timers });
    const connection = await raw(server);
    const half = sendRaw(connection, bytes('{"method":'), false);
    await expect.poll(() => server.server.requestsInFlight()).toBe(1);
    expect(timers.fire(10_000)).toBe(1);
    expect(await half).toMatchObject({
      error: { code: 'invalid_request', message: expect.stringContaining('not complete') },
    });
    expect(server.server.requestsInFlight()).toBe(0);
  });

  // i[verify request.in-flight]
  it('is answered with server_busy while 64 others are in flight on any connection, and not afterwards', async () => {
    const server = await node();
    let open = (): void => {};
    server.control.gate = new Promise((resolve) => {
      open = resolve;
    });
    const [first, second] = [await server.connect(), await server.connect()];
    const waiting = Array.from({ length: 64 }, (_, index) =>
      (index % 2 === 0 ? first : second).request('/grove/init', { label: 'clinic-1' }),
    );
    await expect.poll(() => server.server.requestsInFlight()).toBe(64);
    expect(await first.request('/server/ping')).toMatchObject({ ok: false, reason: { code: 'server_busy' } });
    expect(await second.request('/server/ping')).toMatchObject({
      ok: false,
      reason: { code: 'server_busy' },
    });
    open();
    const outcomes = await Promise.all(waiting);
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(await first.request('/server/ping')).toEqual({ ok: true, value: {} });
  });

  // i[verify request.in-flight]
  it('gets the 65th refused on a single connection too', async () => {
    const server = await node();
    const connection = await raw(server);
    const half = Array.from({ length: 64 }, () => sendRaw(connection, bytes('{'), false).catch(() => null));
    await expect.poll(() => server.server.requestsInFlight()).toBe(64);
    expect(await sendRaw(connection, bytes({ method: '/server/ping' }))).toMatchObject({
      error: { code: 'server_busy', details: { requests_max: 64 } },
    });
    connection.close(0, '');
    await Promise.all(half);
    await expect.poll(() => server.server.requestsInFlight()).toBe(0);
  });

  // i[verify request.faults]
  it('that makes the node fail is answered with internal and nothing of the fault', async () => {
    const server = await node();
    server.control.fault = new Error('SQLITE_CORRUPT at /secret/path');
    const client = await server.connect();
    const answer = await client.request('/grove/init', { label: 'clinic-1' });
    expect(answer).toEqual({
      ok: false,
      reason: { code: 'internal', message: 'the node could not do this: its log says why' },
    });
    expect(server.faults).toEqual([{ method: '/grove/init', error: server.control.fault }]);
  });

  // i[verify request.actor]
  it('without an actor is recorded under the key that signed the connection', async () => {
    const server = await node();
    const ana = createEphemeralIdentity();
    server.keys.authorise({ fingerprint: ana.fingerprint, label: 'Ana, laptop' });
    const client = await server.connect(ana);
    await client.request('/grove/init', { label: 'clinic-1' });
    expect(server.control.executed.map(({ actor }) => actor)).toEqual([
      { kind: 'ctl', id: ana.fingerprint, display: 'Ana, laptop' },
    ]);
  });

  it('with an actor is recorded under it', async () => {
    const server = await node();
    const client = await server.connect();
    const actor = { kind: 'web', id: 'ana', display: 'Ana', session: 's1' };
    await client.request('/grove/init', { label: 'clinic-1' }, actor);
    expect(server.control.executed.map((one) => one.actor)).toEqual([actor]);
  });

  // i[verify request.actor-grove]
  it('cannot pass for a change that came from the grove', async () => {
    const server = await node();
    const client = await server.connect();
    const actor = { kind: 'grove', id: 'g', display: 'grove:7' };
    const answer = await client.request('/grove/init', { label: 'clinic-1' }, actor);
    expect(answer).toMatchObject({
      ok: false,
      reason: { code: 'invalid_request', details: { field: 'actor.kind' } },
    });
    expect(server.control.executed).toEqual([]);
  });
});

describe('an answer', () => {
  // i[verify request.slow-reader]
  it('that its client does not read is dropped at its deadline and frees its place', async () => {
    const timers = new ManualTimers();
    const server = await node({ timers });
    await (await server.connect()).request('/grove/init', { label: 'clinic-1' });
    const huge = 'x'.repeat(4_000_000);
    server.control.linked = [
      {
        fingerprint: 'a'.repeat(64),
        label: null,
        connected: false,
        direction: null,
        seq: null,
        addresses: [],
        last_connected_at: null,
        last_seen_at: null,
        last_error: huge,
      },
    ];
    const stream = (await raw(server)).openStream('bidirectional');
    let reading = false;
    const dropped = new Promise<string>((resolve) => {
      stream?.open({ data: () => reading, end: () => resolve('a clean end'), aborted: resolve });
    });
    stream?.write(bytes({ method: '/grove/peers' }));
    stream?.end();
    await expect.poll(() => server.server.requestsInFlight()).toBe(1);
    await expect.poll(() => timers.fire(30_000)).toBe(1);
    await expect.poll(() => server.server.requestsInFlight()).toBe(0);
    reading = true;
    stream?.resume();
    expect(await dropped).not.toBe('a clean end');
    const read = await (await server.connect()).request('/grove/peers');
    expect(read).toMatchObject({ ok: true, value: [{ last_error: huge }] });
  });
});
