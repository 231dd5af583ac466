/** What an operator's key may do to the interface: no requests, half requests, too many, and readers that do not read. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { methodNames, operatorAlpn, operatorLimits, readLocalOperatorKey } from '../../src/operator/index.ts';
import type { Json } from '../../src/protocol/index.ts';
import type { Connection, Endpoint, Stream } from '../../src/transport/index.ts';
import { sendRaw } from '../operator/fixture.ts';
import {
  expectService,
  growth,
  growthBytesMax,
  type HostileGrove,
  startGrove,
  statusOf,
} from './hostile-node.ts';
import { dialNode, hostileEndpoint } from './hostile-peer.ts';

type Params = { readonly [name: string]: Json };

let grove: HostileGrove;
let endpoint: Endpoint;
let connection: Connection;

beforeAll(async () => {
  grove = await startGrove(0);
  endpoint = await hostileEndpoint(readLocalOperatorKey(grove.leader.directory));
  connection = await connect();
});

afterAll(async () => {
  await endpoint.close();
  await grove.stop();
});

const connect = (): Promise<Connection> => dialNode(endpoint, grove.leader, operatorAlpn);

function ask(method: string, params: Params, over = connection): Promise<unknown> {
  return sendRaw(over, Buffer.from(JSON.stringify({ method, params })));
}

const refused = (code: string): object => ({ error: { code, message: expect.any(String) } });

/** Half a request on a stream of its own. */
function begin(on: Connection): Stream {
  const stream = on.openStream('bidirectional');
  if (stream === null) throw new Error('no stream');
  stream.open({ data: () => {}, end: () => {}, aborted: () => {} });
  stream.write(Buffer.from('{"method":'));
  return stream;
}

describe('something else than a request', () => {
  const bodies: readonly (readonly [string, () => Buffer])[] = [
    ['nothing', () => Buffer.alloc(0)],
    ['half a request', () => Buffer.from('{"method":"/server/ping","par')],
    ['binary junk', () => randomBytes(100_000)],
    ['one byte more than a mebibyte', () => Buffer.alloc(operatorLimits.requestBytesMax + 1, ' ')],
    ['ten mebibytes', () => Buffer.alloc(10 * operatorLimits.requestBytesMax, '[')],
    ['deep nesting', () => Buffer.from(`{"method":"/server/ping","params":{"a":${'['.repeat(50_000)}`)],
    ['a list of requests', () => Buffer.from('[{"method":"/server/ping"}]')],
    ['two requests', () => Buffer.from('{"method":"/server/ping"}{"method":"/server/ping"}')],
    ['the key __proto__', () => Buffer.from('{"method":"/server/ping","__proto__":{"params":{}}}')],
    ['a byte order mark', () => Buffer.from('\ufeff{"method":"/server/ping"}')],
    ['bytes that are not UTF-8', () => Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['a field nobody knows', () => Buffer.from('{"method":"/server/ping","sudo":true}')],
    [
      'the grove as actor',
      () => Buffer.from('{"method":"/server/ping","actor":{"kind":"grove","id":"x","display":"x"}}'),
    ],
  ];

  // i[verify request.strict] i[verify request.bounds]
  it.each(bodies)('is answered with invalid_request: %s', async (_name, make) => {
    expect(await sendRaw(connection, make())).toMatchObject(refused('invalid_request'));
    await expectService(grove);
  });

  // i[verify request.bounds]
  it('costs no memory, however often it comes', async () => {
    const grown = await growth(grove.leader, 8, async () => {
      for (const [, make] of bodies) await sendRaw(connection, make());
    });
    expect(grown).toBeLessThan(growthBytesMax);
    await expectService(grove);
  });

  // i[verify request.unknown-method]
  it('is answered with unknown_method when it is no method', async () => {
    const names = ['/', '/grove', '/grove/status/', 'constructor', '__proto__', '\u001b[2J', 'x'.repeat(128)];
    for (const name of names) expect(await ask(name, {})).toMatchObject(refused('unknown_method'));
    expect(await ask('x'.repeat(129), {})).toMatchObject(refused('invalid_request'));
  });
});

describe('a method', () => {
  const fingerprint = 'ab'.repeat(32);
  /** Parameters that fit, by method; every one of them is spoilt in turn. */
  const valid: { readonly [method: string]: Params } = {
    '/events/subscribe': { since: '', follow: false },
    '/keys/authorise': { fingerprint, label: 'x' },
    '/keys/revoke': { fingerprint },
    '/grove/init': { label: 'x' },
    '/grove/invite': { fingerprint, label: 'x', expect_seq: 1, force: false },
    '/grove/revoke': { fingerprint, expect_seq: 1, force: false },
    '/grove/params/set': {
      name: 'abc',
      kind: 'text',
      value: 'x',
      secret: false,
      expect_seq: 1,
      force: false,
    },
    '/grove/params/unset': { name: 'abc', expect_seq: 1, force: false },
    '/grove/params/apply': { set: [], unset: [], expect_seq: 1, force: false },
    '/grove/join': {
      address: '127.0.0.1:1',
      inviter_fp: fingerprint,
      leader_fp: fingerprint,
      accept_rollback: false,
    },
    '/grove/leave': { force: false },
    '/grove/history': { limit: 1, before_seq: 1 },
    '/grove/payload': { seq: 1 },
  };
  const samples: readonly Json[] = [
    null,
    true,
    -1,
    1.5,
    2 ** 53,
    'no such thing!',
    '',
    [],
    ['x'],
    [{}],
    {},
    { a: 1 },
  ];
  const kindOf = (value: Json): string =>
    value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

  // i[verify request.params]
  it('refuses every parameter of the wrong type, names it, and changes nothing', async () => {
    const before = await statusOf(grove.leader);
    for (const [method, params] of Object.entries(valid)) {
      expect(methodNames).toContain(method);
      for (const [field, value] of Object.entries(params)) {
        const wrong = samples.filter((sample) => kindOf(sample) !== kindOf(value));
        for (const sample of wrong) {
          const answer = await ask(method, { ...params, [field]: sample });
          expect([method, field, sample, answer]).toMatchObject([
            method,
            field,
            sample,
            refused('invalid_request'),
          ]);
        }
      }
    }
    expect(await statusOf(grove.leader)).toMatchObject({ current_seq: before.current_seq });
    await expectService(grove);
  });

  // i[verify request.params]
  it.each(methodNames)('refuses a parameter it does not have: %s', async (method) => {
    const params = { ...valid[method], surprise: true };
    expect(await ask(method, params)).toMatchObject(refused('invalid_request'));
    expect(await ask(method, ['surprise'] as unknown as Params)).toMatchObject(refused('invalid_request'));
  });
});

describe('more requests than a node works on', () => {
  // i[verify request.in-flight]
  it('are answered with server_busy from the sixty-fifth on, until one of the others is over', async () => {
    const other = await connect();
    const begun = Array.from({ length: operatorLimits.requestsInFlightMax - 1 }, () => begin(connection));
    expect(await ask('/server/ping', {}, other)).toEqual({ result: {} });
    // Two connections race: a place may go to a question, and the beginning that came too late is refused.
    const another = (): Promise<unknown> => {
      begun.push(begin(connection));
      return ask('/server/ping', {}, other);
    };
    await expect.poll(another).toMatchObject(refused('server_busy'));
    expect(begun.length).toBeLessThan(operatorLimits.requestsInFlightMax + 5);
    expect(await ask('/server/ping', {})).toMatchObject(refused('server_busy'));
    for (const stream of begun) stream.reset(0);
    await expect.poll(() => ask('/server/ping', {}, other)).toEqual({ result: {} });
    other.close(0, '');
    await expectService(grove);
  });

  it('may come as a thousand streams that are dropped at once, and cost no memory', async () => {
    const drop = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 1) {
        const stream = connection.openStream('bidirectional');
        if (stream === null) {
          // The limit on streams: the node gives new ones as it learns that old ones are over.
          await ask('/server/ping', {}, await sideConnection());
          continue;
        }
        stream.open({ data: () => {}, end: () => {}, aborted: () => {} });
        stream.write(Buffer.from('{'));
        stream.reset(0);
        if (done % 32 === 0) await expectService(grove);
      }
    };
    expect(await growth(grove.leader, 4, () => drop(250))).toBeLessThan(growthBytesMax);
    await expect.poll(() => ask('/server/ping', {})).toEqual({ result: {} });
  });

  let side: Connection | null = null;
  async function sideConnection(): Promise<Connection> {
    side ??= await connect();
    return side;
  }

  it('of an unwanted kind are reset, and the connection goes on', async () => {
    connection.openStream('unidirectional')?.write(Buffer.from('x'));
    expect(await ask('/server/ping', {})).toEqual({ result: {} });
  });
});

describe('a reader of events that does not read', () => {
  /** Takes its ten seconds while the other tests run. */
  let unfinished: Promise<unknown>;

  beforeAll(async () => {
    unfinished = sendRaw(await connect(), Buffer.from('{"method":"/server/ping"'), false);
    unfinished.catch(() => {});
  });

  interface EventLine {
    readonly type: string;
    readonly id?: string;
    readonly from?: string;
    readonly to?: string;
  }

  /** Follows the events and reads nothing until told to read, up to the first line that says `last`. */
  async function lazyReader(): Promise<{ read(last: string): Promise<readonly EventLine[]> }> {
    const own = await connect();
    let stream: Stream | null = null;
    let take: ((line: string) => void) | null = null;
    // The node has sent what the connection's buffers hold before anybody reads: those bytes are kept for later.
    const decoder = new TextDecoder();
    let rest = '';
    const split = (): void => {
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take?.(line);
    };
    const opened = new Promise<void>((resolve) => {
      own.onStream((incoming) => {
        stream = incoming;
        incoming.open({
          data: (bytes) => {
            rest += decoder.decode(bytes, { stream: true });
            if (take !== null) split();
            return take !== null;
          },
          end: () => {},
          aborted: () => {},
        });
        resolve();
      });
    });
    expect(await ask('/events/subscribe', { since: '' }, own)).toEqual({ result: {} });
    await opened;
    return {
      read: (last) =>
        new Promise((resolve) => {
          const lines: EventLine[] = [];
          take = (line) => {
            lines.push(JSON.parse(line) as EventLine);
            if (line.includes(last)) resolve(lines);
          };
          split();
          stream?.resume();
        }),
    };
  }

  /** Each of them is an event of about a kilobyte: who asked is part of it. */
  async function makeEvents(count: number, name: string): Promise<void> {
    const actor = {
      kind: 'ctl',
      id: 'x'.repeat(256),
      display: name.padEnd(256, 'x'),
      session: 'x'.repeat(256),
    };
    const params = { name: 'abc', kind: 'password', value: 'x' };
    const body = Buffer.from(JSON.stringify({ method: '/grove/params/set', actor, params }));
    const own = await connect();
    let left = count;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        expect(await sendRaw(own, body)).toMatchObject(refused('requirements_invalid'));
      }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    own.close(0, '');
  }

  // g[verify read.printable]
  it('finds nothing in them, nor in the log, that moves a cursor', async () => {
    const actor = { kind: 'ctl', id: 'x\u001b[2J', display: '\u009b31m\u202eroot', session: '\u0007' };
    const params = { name: 'abc', kind: 'password', value: '\u001b[2J' };
    await sendRaw(connection, Buffer.from(JSON.stringify({ method: '/grove/params/set', actor, params })));
    const line = await grove.leader.logged(({ actor: who }) => String(who).includes('root'));
    expect(line.actor).toBe('\\u{9b}31m\\u{202e}root');
  });

  // i[verify events.stream] i[verify events.gap]
  it('costs a bounded amount of memory and is told which events it missed', async () => {
    const reader = await lazyReader();
    const grown = await growth(grove.leader, 3, () => makeEvents(4_000, 'one of many'));
    expect(grown).toBeLessThan(growthBytesMax);
    await expectService(grove);
    const reading = reader.read('"display":"the last');
    await makeEvents(1, 'the last');
    const lines = await reading;
    const gaps = lines.filter(({ type }) => type === 'gap');
    expect(gaps).toHaveLength(1);
    const ids = lines.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect(ids).toEqual([...new Set(ids)].sort());
    const [gap] = gaps;
    const position = gap === undefined ? -1 : lines.indexOf(gap);
    expect(lines[position - 1]?.id).toBe(gap?.from);
    expect(lines[position + 1]?.id).toBe(gap?.to);
  });

  // i[verify request.bounds]
  it('does not keep a request that was begun from being given up after ten seconds', async () => {
    expect(await unfinished).toMatchObject(refused('invalid_request'));
    await expectService(grove);
  });
});
