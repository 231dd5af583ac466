/** The strict reader: what it takes, what it refuses, and that it is linear and never throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalText,
  type JsonRefusalCode,
  jsonDepthMax,
  jsonValuesMax,
  parseStrictJson,
  parseStrictJsonWithNonce,
} from '../../src/protocol/index.ts';
import { wireJson } from './fixtures.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => parseStrictJson(bytes(text));

function refusalOf(text: string): JsonRefusalCode | 'taken' {
  const verdict = read(text);
  return verdict.ok ? 'taken' : verdict.reason.code;
}

describe('parseStrictJson', () => {
  it('reads what JSON.parse reads, from any value that may travel', () => {
    fc.assert(
      fc.property(wireJson, fc.boolean(), (value, indented) => {
        const text = JSON.stringify(value, null, indented ? '\t' : undefined);
        expect(read(text)).toEqual({ ok: true, value });
      }),
    );
  });

  it('reads all escapes, literals and spaces', () => {
    const text =
      ' \t\r\n{ "a" : [ true , false , null , -1 , 0 ] , "b" : "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00" } ';
    expect(read(text)).toEqual({
      ok: true,
      value: { a: [true, false, null, -1, 0], b: '"\\/\b\f\n\r\té😀' },
    });
  });

  // g[verify read.strict-json]
  it.each<[string, JsonRefusalCode]>([
    ['{"a":1,"a":1}', 'duplicate_key'],
    ['{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['{"x":{"a":1,"b":2,"a":3}}', 'duplicate_key'],
    ['{"__proto__":1}', 'forbidden_key'],
    ['{"\\u005f_proto__":{}}', 'forbidden_key'],
    ['[{"constructor":1}]', 'forbidden_key'],
    ['{"prototype":1}', 'forbidden_key'],
    ['"\\ud800"', 'lone_surrogate'],
    ['"\\udc00\\ud800"', 'lone_surrogate'],
    ['{"\\udfff":1}', 'lone_surrogate'],
    ['1.5', 'number'],
    ['1.0', 'number'],
    ['1e3', 'number'],
    ['1E3', 'number'],
    ['-0', 'number'],
    ['9007199254740992', 'number'],
    ['-9007199254740992', 'number'],
    ['99999999999999999999999999', 'number'],
    ['01', 'syntax'],
    ['-', 'syntax'],
    ['+1', 'syntax'],
    ['NaN', 'syntax'],
    ['', 'syntax'],
    [' ', 'syntax'],
    ['{', 'syntax'],
    ['[1,]', 'syntax'],
    ['[1 2]', 'syntax'],
    ['{"a":1,}', 'syntax'],
    ['{"a" 1}', 'syntax'],
    ['{a:1}', 'syntax'],
    ["{'a':1}", 'syntax'],
    ['"a', 'syntax'],
    ['"a\nb"', 'syntax'],
    ['"\\x"', 'syntax'],
    ['"\\u12g4"', 'syntax'],
    ['"\\u12', 'syntax'],
    ['tru', 'syntax'],
    ['truefalse', 'syntax'],
    ['1 1', 'syntax'],
    ['{} {}', 'syntax'],
    ['/**/1', 'syntax'],
    ['\u00a01', 'syntax'],
    ['\ufeff1', 'byte_order_mark'],
    [' \ufeff1', 'syntax'],
  ])('refuses %j as %s', (text, code) => {
    expect(refusalOf(text)).toBe(code);
  });

  // g[verify read.strict-json]
  it.each([
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a sequence cut short', [0x22, 0xe2, 0x82, 0x22]],
    ['a stray byte', [0xff]],
    ['beyond Unicode', [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22]],
  ])('refuses bytes that are not UTF-8: %s', (_, list) => {
    const verdict = parseStrictJson(Uint8Array.from(list));
    expect(verdict.ok ? 'taken' : verdict.reason.code).toBe('invalid_utf8');
  });

  // g[verify read.strict-json]
  it('takes the deepest value allowed and refuses one level more', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(refusalOf(nested(jsonDepthMax))).toBe('taken');
    expect(refusalOf(nested(jsonDepthMax + 1))).toBe('too_deep');
    expect(refusalOf('{"a":'.repeat(100_000))).toBe('too_deep');
  });

  // g[verify read.strict-json]
  it('takes as many values as allowed, counting containers, and refuses one more', () => {
    const list = (values: number) =>
      `[${Array(values - 1)
        .fill('1')
        .join(',')}]`;
    expect(refusalOf(list(jsonValuesMax))).toBe('taken');
    expect(refusalOf(list(jsonValuesMax + 1))).toBe('too_many_values');
  });

  it('takes the largest whole numbers and keys that objects inherit', () => {
    expect(read('[9007199254740991,-9007199254740991]')).toEqual({
      ok: true,
      value: [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER],
    });
    expect(read('{"toString":1,"hasOwnProperty":2}').ok).toBe(true);
  });

  // g[verify read.no-throw]
  it('answers arbitrary bytes with a verdict', () => {
    const almostJson = fc
      .string({ unit: fc.constantFrom(...'{}[]",:\\u0d8e-.1 truefalsn'), maxLength: 40 })
      .map(bytes);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), almostJson), (input) => {
        const verdict = parseStrictJson(input);
        if (!verdict.ok) {
          expect(verdict.reason.message).not.toBe('');
          return;
        }
        // Whatever it takes, others take too, and mean the same by it.
        expect(canonicalText(JSON.parse(new TextDecoder().decode(input)))).toBe(canonicalText(verdict.value));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('parseStrictJsonWithNonce', () => {
  const readNonce = (text: string) => parseStrictJsonWithNonce(bytes(text));

  // g[verify read.nonce]
  it('keeps the digits of a number too large for JavaScript, and takes it out of the value', () => {
    expect(readNonce('{"a":1,"nonce": 18446744073709551615}')).toEqual({
      ok: true,
      value: { value: { a: 1 }, nonce: '18446744073709551615' },
    });
  });

  // g[verify read.nonce]
  it('leaves every other nonce where it stands', () => {
    expect(readNonce('{"nonce":"7"}')).toEqual({ ok: true, value: { value: { nonce: '7' }, nonce: null } });
    expect(readNonce('{"a":{"nonce":7}}')).toEqual({
      ok: true,
      value: { value: { a: { nonce: 7 } }, nonce: null },
    });
    expect(readNonce('{"a":{"nonce":18446744073709551615}}').ok).toBe(false);
    expect(read('{"nonce":7}')).toEqual({ ok: true, value: { nonce: 7 } });
  });

  // g[verify read.nonce]
  it.each([
    '{"nonce":-1}',
    '{"nonce":1.5}',
    '{"nonce":1e5}',
    '{"nonce":01}',
    '{"nonce":123456789012345678901}',
  ])('refuses %s', (text) => {
    expect(readNonce(text).ok).toBe(false);
  });

  it.each(['{"nonce":1,"nonce":2}', '{"nonce":"a","nonce":2}', '{"nonce":2,"nonce":"a"}'])(
    'refuses the nonce twice: %s',
    (text) => {
      const verdict = readNonce(text);
      expect(verdict.ok ? 'taken' : verdict.reason.code).toBe('duplicate_key');
    },
  );
});
