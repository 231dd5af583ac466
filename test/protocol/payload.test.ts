/** The one judgement of a payload's content. Each refusal is shown by changing one thing in a good payload. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abortReasonOf,
  type Json,
  labelCharactersMax,
  membersMax,
  paramsMax,
  paramValueBytesMax,
  payloadBytesMax,
  validatePayload,
} from '../../src/protocol/index.ts';
import {
  example,
  examplePayload,
  fingerprints,
  groveId,
  leader,
  otherGroveId,
  wireJson,
} from './fixtures.ts';

type JsonObject = { readonly [key: string]: Json };

const expectation = { leaderFingerprint: leader.fingerprint, groveId, canonicalBytes: 1_000 };
const judge = (payload: JsonObject) => validatePayload(payload, expectation);
const [firstFp = '', secondFp = ''] = fingerprints;

function refusalOf(payload: JsonObject, change: Partial<typeof expectation> = {}): unknown {
  const verdict = validatePayload(payload, { ...expectation, ...change });
  return verdict.ok ? 'valid' : verdict.reason;
}

function fieldOf(payload: JsonObject): string {
  const verdict = judge(payload);
  if (verdict.ok) return 'valid';
  return verdict.reason.code === 'malformed' ? verdict.reason.field : verdict.reason.code;
}

const withMembers = (...members: Json[]) => ({
  ...examplePayload(),
  members: [...members, ...example().members.filter(({ fp }) => fp === leader.fingerprint)] as Json[],
});
const withParams = (...params: Json[]) => ({ ...examplePayload(), params });
const param = (change: JsonObject = {}) => ({ name: 'greeting', kind: 'text', value: 'kia ora', ...change });

describe('validatePayload', () => {
  // g[verify payload.one-validity]
  it('gives back the typed content of a good payload', () => {
    expect(judge(examplePayload())).toEqual({ ok: true, value: example() });
  });

  // g[verify payload.unknown-fields]
  it('takes payloads with fields it does not know, at every level, and leaves them alone', () => {
    const payload = {
      ...examplePayload(),
      created_at: '2026-05-07T12:34:56.123456789Z',
      future: { a: [1] },
      params: [{ name: 'greeting', kind: 'text', value: 'kia ora', note: 'kept' }],
    };
    const before = JSON.stringify(payload);
    const verdict = judge(payload);
    expect(verdict.ok && verdict.value.created_at).toBe('2026-05-07T12:34:56.123456789Z');
    expect(JSON.stringify(payload)).toBe(before);
  });

  // g[verify payload.one-validity]
  it('refuses another leader, another grove, and says which', () => {
    expect(refusalOf(examplePayload(), { leaderFingerprint: firstFp })).toEqual({
      code: 'leader_mismatch',
      expected: firstFp,
      found: leader.fingerprint,
    });
    const grove_mismatch = { code: 'grove_mismatch', expected: otherGroveId, found: groveId };
    expect(refusalOf(examplePayload(), { groveId: otherGroveId })).toEqual(grove_mismatch);
    expect(validatePayload(examplePayload(), { ...expectation, groveId: null }).ok).toBe(true);
  });

  // g[verify payload.one-validity]
  it.each<[string, JsonObject]>([
    ['grove_id', { grove_id: groveId.toUpperCase() }],
    ['grove_id', { grove_id: groveId.replaceAll('-', '') }],
    ['leader_fp', { leader_fp: leader.fingerprint.toUpperCase() }],
    ['seq', { seq: 0 }],
    ['seq', { seq: -1 }],
    ['seq', { seq: '42' }],
    ['created_at', { created_at: '2026-05-07 12:34:56Z' }],
    ['created_at', { created_at: '2026-05-07T12:34:56+12:00' }],
    ['created_at', { created_at: '2026-02-30T12:34:56Z' }],
    ['created_at', { created_at: '2026-05-07T24:00:00Z' }],
    ['created_at', { created_at: 1 }],
    ['members', { members: {} }],
    ['params', { params: null }],
    ['secrets', { secrets: null }],
  ])('refuses a wrong %s: %j', (field, change) => {
    expect(fieldOf({ ...examplePayload(), ...change })).toBe(field);
  });

  // g[verify payload.one-validity]
  it('refuses a payload that lacks any of its seven fields', () => {
    for (const field of Object.keys(examplePayload())) {
      const { [field]: _, ...rest } = examplePayload();
      expect(fieldOf(rest)).toBe(field);
    }
  });

  // g[verify payload.one-validity]
  it('refuses a payload that does not list its own leader', () => {
    const members = example().members.filter(({ fp }) => fp !== leader.fingerprint);
    expect(fieldOf(examplePayload({ members }))).toBe('members');
  });

  // g[verify payload.order]
  it('refuses members and params that are out of order or appear twice', () => {
    const member = (fp: string) => ({ fp, label: 'x' });
    expect(fieldOf(withMembers(member('00'.repeat(32)), member('01'.repeat(32))))).toBe('valid');
    expect(fieldOf(withMembers(member('01'.repeat(32)), member('00'.repeat(32))))).toBe('members[1].fp');
    expect(fieldOf(withMembers(member('01'.repeat(32)), member('01'.repeat(32))))).toBe('members[1].fp');
    expect(fieldOf(withParams(param({ name: 'aaa' }), param({ name: 'aab' })))).toBe('valid');
    expect(fieldOf(withParams(param({ name: 'aab' }), param({ name: 'aaa' })))).toBe('params[1].name');
    expect(fieldOf(withParams(param(), param()))).toBe('params[1].name');
    // Bytewise, not as a dictionary would: capitals come first.
    expect(fieldOf(withParams(param({ name: 'Zulu' }), param({ name: 'alpha' })))).toBe('valid');
  });

  it('refuses members and params that are not what they must be', () => {
    expect(fieldOf(withMembers('x'))).toBe('members[0]');
    expect(fieldOf(withMembers({ fp: 'AA'.repeat(32), label: 'x' }))).toBe('members[0].fp');
    expect(fieldOf(withMembers({ fp: '00'.repeat(32) }))).toBe('members[0].label');
    expect(fieldOf(withParams([]))).toBe('params[0]');
    expect(fieldOf(withParams(param({ value: 1 })))).toBe('params[0].value');
    expect(fieldOf(withParams(param({ value: '\ud800' })))).toBe('params[0].value');
  });

  // g[verify payload.secrets]
  it('refuses secret kinds, unknown kinds, and anything under secrets', () => {
    expect(fieldOf(withParams(param({ kind: 'email', value: 'a@example.org' })))).toBe('valid');
    expect(fieldOf(withParams(param({ kind: 'password' })))).toBe('params[0].kind');
    expect(fieldOf(withParams(param({ kind: 'weak-password' })))).toBe('params[0].kind');
    expect(fieldOf(withParams(param({ kind: 'number' })))).toBe('params[0].kind');
    expect(fieldOf({ ...examplePayload(), secrets: [{}] })).toBe('secrets');
  });

  // g[verify payload.names]
  it.each(['abc', 'a1-', 'A-b', 'x'.repeat(63), 'a--b'])('judges the name %s by the pattern', (name) => {
    expect(fieldOf(withParams(param({ name })))).toBe(name.endsWith('-') ? 'params[0].name' : 'valid');
  });

  // g[verify payload.names]
  it.each(['', 'a', 'ab', 'x'.repeat(64), '1abc', '-abc', 'a_b', 'a.b', 'añb', 'abc\n'])(
    'refuses the name %j',
    (name) => {
      expect(fieldOf(withParams(param({ name })))).toBe('params[0].name');
    },
  );

  // g[verify payload.size]
  it('takes payloads up to the size limit and refuses one byte more, with both numbers', () => {
    expect(refusalOf(examplePayload(), { canonicalBytes: payloadBytesMax })).toBe('valid');
    expect(refusalOf(examplePayload(), { canonicalBytes: payloadBytesMax + 1 })).toEqual({
      code: 'payload_too_large',
      bytes: 262_145,
      bytesMax: 262_144,
    });
  });

  // g[verify payload.size]
  it('takes the longest lists and values and refuses one more', () => {
    const value = (bytes: number) => 'é'.repeat(bytes / 2) + 'x'.repeat(bytes % 2);
    expect(fieldOf(withParams(param({ value: value(paramValueBytesMax) })))).toBe('valid');
    expect(fieldOf(withParams(param({ value: value(paramValueBytesMax + 1) })))).toBe('params[0].value');
    const params = (count: number) =>
      Array.from({ length: count }, (_, index) => param({ name: `p${1e6 + index}` }));
    expect(fieldOf(withParams(...params(paramsMax)))).toBe('valid');
    expect(fieldOf(withParams(...params(paramsMax + 1)))).toBe('params');
    const members = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ fp: index.toString(16).padStart(64, '0'), label: 'x' }));
    expect(fieldOf(withMembers(...members(membersMax - 1)))).toBe('valid');
    expect(fieldOf(withMembers(...members(membersMax)))).toBe('members');
  });

  // g[verify payload.one-validity] g[verify read.no-throw]
  it('answers arbitrary JSON with a verdict', () => {
    const fields = fc.constantFrom(
      'grove_id',
      'seq',
      'created_at',
      'leader_fp',
      'members',
      'params',
      'secrets',
    );
    fc.assert(
      fc.property(fields, wireJson, (field, value) => {
        const verdict = judge({ ...examplePayload(), [field]: value });
        if (!verdict.ok) expect(abortReasonOf(verdict.reason)).toBeTruthy();
      }),
    );
  });
});

describe('the label of a member', () => {
  const labelled = (label: string) => fieldOf(withMembers({ fp: '00'.repeat(32), label }));

  // g[verify payload.labels]
  it.each(['x', 'Ōtautahi clinic', 'مستشفى', '诊所 7', '🐑'.repeat(labelCharactersMax), "O'Brien & <b>"])(
    'may be %s',
    (label) => {
      expect(labelled(label)).toBe('valid');
    },
  );

  // g[verify payload.labels]
  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(labelCharactersMax + 1)],
    ['too long in characters of two units', '🐑'.repeat(labelCharactersMax + 1)],
    ['not in normal form C', 'O\u0304tautahi'],
    ['with a line break', 'a\nb'],
    ['with an escape', '\u001b[31m'],
    ['with a C1 control', 'a\u009bb'],
    ['with a zero-width space', 'a\u200bb'],
    ['with a zero-width joiner', 'a\u200db'],
    ['with a soft hyphen', 'a\u00adb'],
    ['with a direction override', 'a\u202eb'],
    ['with an isolate', 'a\u2066b'],
    ['with a byte order mark', '\ufeffa'],
    ['with a tag character', 'a\u{e0041}'],
    ['with a lone surrogate', 'a\ud800'],
  ])('is refused %s', (_, label) => {
    expect(labelled(label)).toBe('members[0].label');
  });

  it('is clinic-1 to clinic-5 in the example', () => {
    expect(fieldOf(examplePayload({ members: example().members.filter(({ fp }) => fp !== secondFp) }))).toBe(
      'valid',
    );
  });
});
