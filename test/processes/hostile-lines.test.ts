/** What a member may write into its link instead of lines, and streams nobody asked for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/transport/index.ts';
import { expectService, growth, growthBytesMax, type HostileGrove, startGrove } from './hostile-node.ts';
import { dialNode, greet, honestHello, hostileEndpoint, openLink } from './hostile-peer.ts';

const protocolError = 2;
const mebibyte = 1_048_576;

let grove: HostileGrove;
let endpoint: Endpoint;
/** For what is done to the node while another link of the same key would be in the way. */
let others: readonly Endpoint[];

beforeAll(async () => {
  grove = await startGrove(4);
  const [first, ...rest] = await Promise.all(grove.insiders.map(hostileEndpoint));
  if (first === undefined) throw new Error('no insider');
  endpoint = first;
  others = rest;
});

afterAll(async () => {
  await Promise.all([endpoint, ...others].map((each) => each.close()));
  await grove.stop();
});

/** A small generator of its own, so that a failure can be seen again. */
function randomBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

const deep = 20_000;
const text = (value: string): Buffer => Buffer.from(`${value}\n`);

/** None of these is a line of the protocol, whatever was said before. */
const garbage: readonly (readonly [name: string, bytes: () => Buffer])[] = [
  ['an empty line', () => text('')],
  ['a word', () => text('hello')],
  ['random bytes', () => Buffer.concat([randomBytes(3_000, 1), Buffer.from('\n')])],
  ['random bytes of a megabyte', () => randomBytes(mebibyte, 2)],
  ['ten megabytes without a line end', () => Buffer.alloc(10 * mebibyte, 'a')],
  ['a version that never ends', () => Buffer.from(`{"type":"version","payload":"${'a'.repeat(mebibyte)}`)],
  ['a hello of five kilobytes', () => text(`{"type":"hello","x":"${'a'.repeat(5_000)}"}`)],
  ['a list of hints of seventy kilobytes', () => text(`{"type":"peers","x":"${'a'.repeat(70_000)}"}`)],
  ['a type that comes too late', () => text(`{"x":"${'a'.repeat(5_000)}","type":"version"}`)],
  ['deep nesting', () => text(`{"type":"version","payload":${'['.repeat(deep)}${']'.repeat(deep)}}`)],
  ['deep nesting of objects', () => text(`{"type":"x","x":${'{"a":'.repeat(9)}1${'}'.repeat(9)}}`)],
  ['too many values', () => text(`{"type":"version","payload":[${'0,'.repeat(30_000)}0]}`)],
  ['the key __proto__', () => text('{"type":"x","__proto__":{"admin":true}}')],
  ['the key __proto__, escaped', () => text('{"type":"x","\\u005f_proto__":{"admin":true}}')],
  ['the key constructor', () => text('{"type":"x","a":{"constructor":{"prototype":1}}}')],
  ['a key twice', () => text('{"type":"x","a":1,"a":1}')],
  ['a key twice, once escaped', () => text('{"type":"x","a":1,"\\u0061":2}')],
  ['a huge number', () => text('{"type":"x","a":1e999}')],
  ['a number beyond 2^53', () => text('{"type":"x","a":9007199254740993}')],
  ['a broken number', () => text('{"type":"x","a":1.5}')],
  ['a lone surrogate', () => text('{"type":"x","a":"\\ud800"}')],
  ['half a string', () => text('{"type":"x","a":"')],
  ['bytes that are not UTF-8', () => Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a])],
  [
    'a surrogate in UTF-8',
    () => Buffer.from([...Buffer.from('{"type":"'), 0xed, 0xa0, 0x80, 0x22, 0x7d, 0x0a]),
  ],
  ['a byte order mark', () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text('{"type":"x"}')])],
  ['a list', () => text('[{"type":"hello"}]')],
  ['no type', () => text('{"hello":1}')],
  ['a type that is no text', () => text('{"type":["hello"]}')],
  ['terminal codes', () => text('\u001b]0;gone\u0007\u001b[2J\u009b31m\u202e')],
];

describe('a member that writes garbage', () => {
  // g[verify read.strict-json] g[verify read.line-limits] g[verify read.type-early] g[verify read.no-throw]
  // t[verify link.malformed]
  it.each(garbage)('is closed as protocol_error for %s, before its hello and after', async (_name, bytes) => {
    const { leader } = grove;
    const stranger = await openLink(endpoint, leader);
    stranger.send(bytes());
    expect(await stranger.closed).toMatchObject({ by: 'peer', code: protocolError });
    const [identity] = grove.insiders;
    if (identity === undefined) throw new Error('no insider');
    const greeted = await greet(endpoint, leader, honestHello(grove, identity));
    greeted.send(bytes());
    expect(await greeted.closed).toMatchObject({ by: 'peer', code: protocolError });
    expect(await seesService()).toBe(true);
  });

  // g[verify read.framing]
  it('costs the node no memory, however often it comes back', async () => {
    const grown = await growth(grove.leader, 6, async () => {
      for (const [, bytes] of garbage) {
        const link = await openLink(endpoint, grove.leader);
        link.send(bytes());
        expect(await link.closed).toMatchObject({ by: 'peer', code: protocolError });
      }
    });
    expect(grown).toBeLessThan(growthBytesMax);
    await expectService(grove);
  });

  it('may leave half a line and fall silent: others are served, and its end is a broken line', async () => {
    const [identity] = grove.insiders;
    if (identity === undefined) throw new Error('no insider');
    const link = await greet(endpoint, grove.leader, honestHello(grove, identity));
    link.send(Buffer.from('{"type":"peers","entries":['));
    await expectService(grove);
    link.stream.end();
    expect(await link.closed).toMatchObject({
      code: protocolError,
      reason: 'the stream ended inside a line',
    });
    await expectService(grove);
  });
});

async function seesService(): Promise<boolean> {
  await expectService(grove);
  return true;
}

describe('a member that opens streams', () => {
  // t[verify link.one-stream]
  it.each(['bidirectional', 'unidirectional'] as const)(
    'is closed as protocol_error for a second, %s one',
    async (kind) => {
      const [identity] = grove.insiders;
      if (identity === undefined) throw new Error('no insider');
      const link = await greet(endpoint, grove.leader, honestHello(grove, identity));
      link.connection.openStream(kind)?.write(Buffer.from('x'));
      expect(await link.closed).toMatchObject({ by: 'peer', code: protocolError });
      await expectService(grove);
    },
  );

  it('is closed as protocol_error when the first one is unidirectional', async () => {
    const connection = await dialNode(endpoint, grove.leader);
    const closed = new Promise((resolve) => connection.onClosed(resolve));
    connection.openStream('unidirectional')?.write(Buffer.from('x'));
    expect(await closed).toMatchObject({ by: 'peer', code: protocolError });
    await expectService(grove);
  });

  it('is closed as protocol_error when it resets its only one', async () => {
    const [identity] = grove.insiders;
    if (identity === undefined) throw new Error('no insider');
    const link = await greet(endpoint, grove.leader, honestHello(grove, identity));
    link.stream.reset(9);
    expect(await link.closed).toMatchObject({ by: 'peer', code: protocolError });
    await expectService(grove);
  });

  // t[verify link.inbound]
  it('is given five seconds for a stream and a hello, and closed as protocol_error then', async () => {
    const [silent, mumbling, finishing] = others;
    if (silent === undefined || mumbling === undefined || finishing === undefined)
      throw new Error('no insiders');
    const connection = await dialNode(silent, grove.leader);
    const noStream = new Promise((resolve) => connection.onClosed(resolve));
    const halfHello = await openLink(mumbling, grove.leader);
    halfHello.send(Buffer.from('{"type":"hello",'));
    const onlyUnknown = await openLink(finishing, grove.leader);
    onlyUnknown.send('{"type":"weather","wind":"strong"}');
    expect(await noStream).toMatchObject({ by: 'peer', code: protocolError });
    expect(await halfHello.closed).toMatchObject({ code: protocolError, reason: 'no hello in time' });
    expect(await onlyUnknown.closed).toMatchObject({ code: protocolError, reason: 'no hello in time' });
    await expectService(grove);
  });
});
