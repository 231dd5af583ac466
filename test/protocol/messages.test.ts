/** The four messages: read, written, and refused one field at a time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closeCodeName,
  closeCodes,
  digestPayload,
  encodeMessage,
  encodeVersionLine,
  type GroveMessage,
  type Json,
  type MalformedLine,
  nilUuid,
  type PeersMessage,
  parseMessage,
  parseRevokedReason,
  revokedReason,
} from '../../src/protocol/index.ts';
import { exampleHello, examplePayload, fingerprints, leader, versionOf, wireJson } from './fixtures.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);
const parse = (line: string) => parseMessage(bytes(line));
const [firstFp = ''] = fingerprints;

function refusalOf(line: string): MalformedLine['code'] | 'taken' {
  const verdict = parse(line);
  return verdict.ok ? 'taken' : verdict.reason.code;
}

const peers = (change: object = {}): PeersMessage => ({
  type: 'peers',
  entries: [
    { fingerprint: firstFp, addresses: ['[2001:db8::1]:7891'], last_seen: '2026-05-07T12:34:56Z', ...change },
  ],
});

describe('every message', () => {
  const hash = fc.constant('cd'.repeat(32));
  const hello = fc
    .record({
      our_seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      our_payload_hash: hash,
      our_role: fc.constantFrom('leader' as const, 'follower' as const),
      nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
      protocol_version: fc.nat(),
    })
    .map((change) => exampleHello(change));
  const message: fc.Arbitrary<GroveMessage> = fc.oneof(
    hello,
    hello.map((value) => ({ ...value, push: 'hello' as const })),
    wireJson.map((content) => versionOf({ ...examplePayload(), content })),
    fc.nat(64).map((count) => ({ type: 'peers' as const, entries: Array(count).fill(peers().entries[0]) })),
    fc.constant({ type: 'abort' as const, reason: 'seq_regression' as const }),
    fc
      .string({ maxLength: 20, unit: 'grapheme-ascii' })
      .map((other) => ({ type: 'abort' as const, reason: { other } })),
  );

  // g[verify message.one-object-a-line]
  it('reads back as it was written, from one line without a line break', () => {
    fc.assert(
      fc.property(message, (value) => {
        const line = encodeMessage(value);
        expect(line.includes(0x0a)).toBe(false);
        expect(parseMessage(line)).toEqual({ ok: true, value });
      }),
      { numRuns: 60 },
    );
  });

  // g[verify read.no-throw]
  it('gets a verdict whatever the bytes', () => {
    const type = fc.constantFrom('hello', 'version', 'peers', 'abort', 'later');
    const shaped = fc.tuple(type, wireJson).map(([name, value]) => {
      const fields =
        typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { reason: value };
      return bytes(JSON.stringify({ ...fields, type: name }));
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), shaped), (line) => {
        const verdict = parseMessage(line);
        if (!verdict.ok) expect(verdict.reason.detail).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', '[]', 'null', '"hello"', '{}', '{"type":1}'])('must be an object with a type: %j', (line) => {
    expect(refusalOf(line)).toBe(line === '' ? 'syntax' : 'not_a_message');
  });

  // g[verify message.unknown]
  it('of an unknown type is told apart from a malformed one, with a printable name', () => {
    expect(parse('{"type":"later\\u001b","x":1}')).toEqual({
      ok: true,
      value: { type: 'unknown', name: 'later\\u{1b}' },
    });
  });

  // g[verify read.line-limits]
  it.each([
    ['hello', 4_096],
    ['abort', 4_096],
    ['later', 4_096],
    ['peers', 65_536],
    ['version', 278_528],
  ])('%s has at most %i bytes', (type, bytesMax) => {
    const padded = (length: number) => {
      const frame = `{"type":"${type}","pad":""}`;
      return frame.replace('""', `"${'x'.repeat(length - frame.length)}"`);
    };
    expect(refusalOf(padded(bytesMax))).toBe(type === 'later' ? 'taken' : 'field');
    expect(refusalOf(padded(bytesMax + 1))).toBe('line_too_long');
  });

  it('does not repeat what the peer wrote when it refuses', () => {
    const verdict = parse('{"type":"hello","grove_id":"\\u001b[31mgotcha"}');
    expect(JSON.stringify(verdict)).not.toMatch(/gotcha/);
  });
});

describe('hello', () => {
  const line = (change: { [key: string]: Json | undefined } = {}) => {
    const { nonce, ...fields } = exampleHello();
    return JSON.stringify({ ...fields, nonce: Number(nonce), ...change });
  };

  // g[verify message.hello]
  it('is written with its fields in the documented order', () => {
    const hash = 'ab'.repeat(32);
    expect(text(encodeMessage(exampleHello({ push: 'version' })))).toBe(
      `{"type":"hello","grove_id":"0b0f6c1e-6a3e-4f0e-9f53-1d2c3b4a5968","our_seq":42,"our_payload_hash":"${hash}",` +
        `"our_role":"follower","our_fingerprint":"${firstFp}","protocol_version":1,"nonce":123,"push":"version"}`,
    );
  });

  // g[verify message.hello-nonce]
  it('carries its boot number as a bare integer of up to 64 bits, digit for digit', () => {
    const hello = exampleHello({ nonce: '18446744073709551615' });
    expect(text(encodeMessage(hello))).toContain('"nonce":18446744073709551615}');
    expect(parseMessage(encodeMessage(hello))).toEqual({ ok: true, value: hello });
    for (const nonce of ['', '01', '-1', '1.5', '1e3', '12x']) {
      expect(() => encodeMessage(exampleHello({ nonce }))).toThrow('nonce');
    }
  });

  // g[verify message.hello] g[verify read.hex]
  it.each<[string, { [key: string]: Json | undefined }]>([
    ['grove_id', { grove_id: 'x' }],
    ['our_seq', { our_seq: -1 }],
    ['our_seq', { our_seq: '42' }],
    ['our_payload_hash', { our_payload_hash: 'ab'.repeat(31) }],
    ['our_payload_hash', { our_payload_hash: 'AB'.repeat(32) }],
    ['our_payload_hash', { our_payload_hash: 'xy'.repeat(32) }],
    ['our_payload_hash', { our_payload_hash: '' }],
    ['our_role', { our_role: 'observer' }],
    ['our_fingerprint', { our_fingerprint: `${firstFp}00` }],
    ['protocol_version', { protocol_version: '1' }],
    ['nonce', { nonce: '123' }],
    ['nonce', { nonce: undefined }],
    ['push', { push: true }],
  ])('is refused with a wrong %s: %j', (field, change) => {
    expect(parse(line(change))).toEqual({
      ok: false,
      reason: { code: 'field', detail: `the hello message's ${field} is missing or not as it must be` },
    });
  });

  // g[verify message.joining-hello]
  it('of a joining node has the nil grove, number 0 and no hash, and nothing in between', () => {
    const joining = { grove_id: nilUuid, our_seq: 0, our_payload_hash: '' };
    expect(parse(line(joining)).ok).toBe(true);
    expect(parse(line({ ...joining, our_payload_hash: 'ab'.repeat(32) })).ok).toBe(false);
    expect(parse(line({ grove_id: nilUuid })).ok).toBe(false);
  });

  // g[verify message.push]
  it('may say how its sender wants news; a wish we do not know is none', () => {
    const pushOf = (push: string | undefined) => {
      const verdict = parse(line({ push }));
      return verdict.ok && verdict.value.type === 'hello' ? verdict.value.push : 'refused';
    };
    expect([pushOf('hello'), pushOf('version'), pushOf('carrier pigeon'), pushOf(undefined)]).toEqual([
      'hello',
      'version',
      undefined,
      undefined,
    ]);
  });

  it('may carry fields we do not know', () => {
    expect(parse(line({ later: [1, { a: null }] }))).toEqual({ ok: true, value: exampleHello() });
  });
});

describe('version', () => {
  // g[verify message.version] g[verify payload.unknown-fields]
  it('hands a payload on byte for byte in canonical form, unknown fields and all', () => {
    const payload = {
      zzz: 1,
      ...examplePayload({ created_at: '2026-05-07T12:34:56.123456789Z' }),
      future: { b: 1, a: 2 },
    };
    const message = versionOf(payload);
    const received = parse(JSON.stringify(message));
    if (!received.ok || received.value.type !== 'version') throw new Error('refused');
    const line = encodeMessage(received.value);
    const { canonical } = digestPayload(payload);
    expect(text(line)).toBe(
      `{"type":"version","payload":${text(canonical)},"signature":"${message.signature}","leader_key":"${leader.publicKey}"}`,
    );
    expect(encodeVersionLine(canonical, message.signature, leader.publicKey)).toEqual(line);
  });

  // g[verify message.version]
  it('may come without the leader key, and goes on without one', () => {
    const { leader_key: _, ...bare } = versionOf(examplePayload());
    const received = parse(JSON.stringify(bare));
    expect(received).toEqual({ ok: true, value: bare });
    expect(text(encodeMessage(bare))).not.toContain('leader_key');
  });

  // g[verify message.version] g[verify read.hex]
  it.each<[string, object]>([
    ['payload', { payload: [] }],
    ['payload', { payload: '{}' }],
    ['signature', { signature: 'ab'.repeat(63) }],
    ['signature', { signature: 'AB'.repeat(64) }],
    ['leader_key', { leader_key: 'ab'.repeat(33) }],
    ['leader_key', { leader_key: null }],
  ])('is refused with a wrong %s', (field, change) => {
    const verdict = parse(JSON.stringify({ ...versionOf(examplePayload()), ...change }));
    expect(verdict.ok ? 'taken' : verdict.reason.detail).toContain(`version message's ${field}`);
  });
});

describe('peers', () => {
  // g[verify message.peers]
  it.each<[string, object]>([
    ['a fifth address', { addresses: Array(5).fill('192.0.2.1:1') }],
    ['an address that is no text', { addresses: [1] }],
    ['an address longer than any', { addresses: ['x'.repeat(65)] }],
    ['a short fingerprint', { fingerprint: 'ab' }],
    ['a time that is none', { last_seen: 'yesterday' }],
  ])('is refused with %s', (_, change) => {
    expect(refusalOf(JSON.stringify(peers(change)))).toBe('field');
  });

  // g[verify message.peers]
  it('has at most 64 entries, both ways', () => {
    const entries = (count: number): PeersMessage => ({
      ...peers(),
      entries: Array(count).fill(peers().entries[0]),
    });
    expect(refusalOf(JSON.stringify(entries(64)))).toBe('taken');
    expect(refusalOf(JSON.stringify(entries(65)))).toBe('field');
    expect(() => encodeMessage(entries(65))).toThrow('peer entries');
  });
});

describe('abort', () => {
  // g[verify message.abort]
  it.each([
    ['"seq_regression"', 'seq_regression'],
    ['{"other":"fork_detected"}', { other: 'fork_detected' }],
    ['{"other":"something\\nnew"}', { other: 'something\\u{a}new' }],
    ['"added_later"', { other: 'added_later' }],
  ])('with the reason %s is read', (json, reason) => {
    expect(parse(`{"type":"abort","reason":${json}}`)).toEqual({
      ok: true,
      value: { type: 'abort', reason },
    });
  });

  // g[verify message.abort]
  it.each(['null', '1', '[]', '{}', '{"other":1}'])('with the reason %s is refused', (json) => {
    expect(refusalOf(`{"type":"abort","reason":${json}}`)).toBe('field');
  });

  it('keeps a bounded part of a long reason', () => {
    const verdict = parse(`{"type":"abort","reason":{"other":"${'x'.repeat(3_000)}"}}`);
    expect(JSON.stringify(verdict).length).toBeLessThan(400);
  });
});

describe('close codes', () => {
  // g[verify message.close-codes]
  it('have the numbers and names every implementation uses', () => {
    const table = Object.values(closeCodes).map((code) => [code, closeCodeName(code)]);
    expect(table).toEqual([
      [0, 'ok'],
      [1, 'unauthorised'],
      [2, 'protocol_error'],
      [3, 'aborted'],
      [4, 'revoked'],
      [5, 'duplicate'],
      [6, 'busy'],
      [7, 'shutting_down'],
    ]);
    expect(closeCodeName(99)).toBe('code 99');
  });

  // g[verify message.close-codes]
  it('say with `revoked` which payload removed the peer', () => {
    expect(parseRevokedReason(revokedReason(43))).toBe(43);
    for (const other of ['', 'seq=', 'seq=0', 'seq=-1', 'seq=1.5', 'seq=9999999999999999', 'revoked']) {
      expect(parseRevokedReason(other)).toBeNull();
    }
  });
});
