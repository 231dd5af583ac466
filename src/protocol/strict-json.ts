/**
 * The one reader for JSON from outside: I-JSON (RFC 7493) with whole numbers only, one pass over the text,
 * work and memory in proportion to its length. It refuses whatever two readers could understand in two
 * ways, because what is read here is canonicalised again and verified.
 */
import { integerMax, jsonDepthMax, jsonValuesMax, nonceDigitsMax } from './limits.ts';
import type { Json, Verdict } from './types.ts';

export type JsonRefusalCode =
  | 'invalid_utf8'
  | 'byte_order_mark'
  | 'syntax'
  | 'duplicate_key'
  | 'forbidden_key'
  | 'lone_surrogate'
  | 'number'
  | 'too_deep'
  | 'too_many_values';

/** Why a text was refused. `at` counts UTF-16 units from its start; null when it is not text at all. */
export interface JsonRefusal {
  readonly code: JsonRefusalCode;
  readonly message: string;
  readonly at: number | null;
}

/** A value whose top-level `nonce`, when it was a number, was taken out and kept as its digits. */
export interface JsonWithNonce {
  readonly value: Json;
  readonly nonce: string | null;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// g[impl read.strict-json] g[impl read.no-throw]
/** Reads one JSON value from UTF-8 bytes. Never throws. */
export function parseStrictJson(bytes: Uint8Array): Verdict<Json, JsonRefusal> {
  const read = parse(bytes, false);
  return read.ok ? { ok: true, value: read.value.value } : read;
}

// g[impl read.nonce]
/**
 * The same, but a whole number under the key `nonce` of the top-level object is returned as its digits, so
 * that numbers of 64 bits survive. A `nonce` that is not a number stays in the value.
 */
export function parseStrictJsonWithNonce(bytes: Uint8Array): Verdict<JsonWithNonce, JsonRefusal> {
  return parse(bytes, true);
}

function parse(bytes: Uint8Array, nonceAsDigits: boolean): Verdict<JsonWithNonce, JsonRefusal> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return refuse('invalid_utf8', 'the bytes are not UTF-8', null);
  }
  if (text.charCodeAt(0) === 0xfeff)
    return refuse('byte_order_mark', 'the text begins with a byte order mark', 0);
  return new Reader(text, nonceAsDigits).read();
}

function refuse(
  code: JsonRefusalCode,
  message: string,
  at: number | null,
): { ok: false; reason: JsonRefusal } {
  return { ok: false, reason: { code, message, at } };
}

/** What a step returns after it noted a refusal; every caller passes it on. */
const refused = Symbol('refused');
type Step<Value> = Value | typeof refused;

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const digitZero = 0x30;
const digitNine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const escapes: { readonly [letter: string]: string } = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const literals: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Reader {
  private readonly text: string;
  private readonly nonceAsDigits: boolean;
  private position = 0;
  private values = 0;
  private nonce: string | null = null;
  private refusal: JsonRefusal | null = null;

  constructor(text: string, nonceAsDigits: boolean) {
    this.text = text;
    this.nonceAsDigits = nonceAsDigits;
  }

  read(): Verdict<JsonWithNonce, JsonRefusal> {
    let value = this.readValue(1);
    this.skipSpace();
    if (value !== refused && this.position < this.text.length)
      value = this.fail('syntax', 'text after the value');
    if (value === refused) {
      return {
        ok: false,
        reason: this.refusal ?? { code: 'syntax', message: 'unreadable', at: this.position },
      };
    }
    return { ok: true, value: { value, nonce: this.nonce } };
  }

  private readValue(depth: number): Step<Json> {
    this.skipSpace();
    this.values += 1;
    if (this.values > jsonValuesMax) return this.fail('too_many_values', `more than ${jsonValuesMax} values`);
    const unit = this.text.charCodeAt(this.position);
    if (unit === quote) return this.readString();
    if (unit === minus || (unit >= digitZero && unit <= digitNine)) return this.readNumber();
    if (unit === openBrace || unit === openBracket) {
      if (depth > jsonDepthMax) return this.fail('too_deep', `nested more than ${jsonDepthMax} deep`);
      return unit === openBrace ? this.readObject(depth) : this.readArray(depth);
    }
    for (const [word, value] of literals) {
      if (this.text.startsWith(word, this.position)) {
        this.position += word.length;
        return value;
      }
    }
    return this.fail('syntax', 'a value was expected');
  }

  private readObject(depth: number): Step<Json> {
    const object: { [key: string]: Json } = {};
    this.position += 1;
    if (this.takesClosing(closeBrace)) return object;
    for (;;) {
      this.skipSpace();
      if (this.text.charCodeAt(this.position) !== quote) return this.fail('syntax', 'a key was expected');
      const keyAt = this.position;
      const key = this.readString();
      if (key === refused) return refused;
      if (forbiddenKeys.has(key)) return this.fail('forbidden_key', `the key ${key} is not allowed`, keyAt);
      const takesNonce = this.nonceAsDigits && depth === 1 && key === 'nonce';
      if (Object.hasOwn(object, key) || (takesNonce && this.nonce !== null)) {
        return this.fail('duplicate_key', 'a key appears twice in one object', keyAt);
      }
      this.skipSpace();
      if (this.text.charCodeAt(this.position) !== colon) return this.fail('syntax', 'a colon was expected');
      this.position += 1;
      if (takesNonce && this.readNonce()) {
        if (this.nonce === null) return refused;
      } else {
        const value = this.readValue(depth + 1);
        if (value === refused) return refused;
        object[key] = value;
      }
      const more = this.readSeparator(closeBrace);
      if (more === refused) return refused;
      if (!more) return object;
    }
  }

  private readArray(depth: number): Step<Json> {
    const list: Json[] = [];
    this.position += 1;
    if (this.takesClosing(closeBracket)) return list;
    for (;;) {
      const value = this.readValue(depth + 1);
      if (value === refused) return refused;
      list.push(value);
      const more = this.readSeparator(closeBracket);
      if (more === refused) return refused;
      if (!more) return list;
    }
  }

  /** True after a comma, false after the closing bracket. */
  private readSeparator(closing: number): Step<boolean> {
    this.skipSpace();
    const unit = this.text.charCodeAt(this.position);
    if (unit !== comma && unit !== closing)
      return this.fail('syntax', 'a comma or a closing bracket was expected');
    this.position += 1;
    return unit === comma;
  }

  private takesClosing(closing: number): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.position) !== closing) return false;
    this.position += 1;
    return true;
  }

  /** True when a number stood here, with its digits in `nonce`, or null there when it was refused. */
  private readNonce(): boolean {
    this.skipSpace();
    const unit = this.text.charCodeAt(this.position);
    if (!(unit === minus || (unit >= digitZero && unit <= digitNine))) return false;
    const start = this.position;
    this.values += 1;
    const digits = this.readInteger();
    if (digits !== refused) {
      if (digits.length > nonceDigitsMax || unit === minus)
        this.fail('number', 'the nonce is out of range', start);
      else this.nonce = digits;
    }
    return true;
  }

  private readNumber(): Step<number> {
    const start = this.position;
    const digits = this.readInteger();
    if (digits === refused) return refused;
    const value = Number(digits);
    if (digits === '-0') return this.fail('number', 'minus zero is not a whole number', start);
    if (value > integerMax || value < -integerMax)
      return this.fail('number', 'a number is out of range', start);
    return value;
  }

  private readInteger(): Step<string> {
    const start = this.position;
    if (this.text.charCodeAt(this.position) === minus) this.position += 1;
    const first = this.position;
    while (isDigit(this.text.charCodeAt(this.position))) this.position += 1;
    if (this.position === first) return this.fail('syntax', 'a digit was expected');
    if (this.text.charCodeAt(first) === digitZero && this.position > first + 1) {
      return this.fail('syntax', 'a number begins with zero', start);
    }
    const next = this.text.charAt(this.position);
    if (next === '.' || next === 'e' || next === 'E')
      return this.fail('number', 'a number is not whole', start);
    return this.text.slice(start, this.position);
  }

  private readString(): Step<string> {
    const { text } = this;
    const start = this.position;
    let runStart = start + 1;
    let index = runStart;
    let value = '';
    let escaped = false;
    for (;;) {
      const unit = text.charCodeAt(index);
      if (unit === quote) break;
      // A comparison with NaN, past the end, is false as well.
      if (!(unit >= 0x20))
        return this.fail('syntax', 'a string holds a control character or does not end', index);
      if (unit !== backslash) {
        index += 1;
        continue;
      }
      this.position = index;
      const character = this.readEscape();
      if (character === refused) return refused;
      value += text.slice(runStart, index) + character;
      escaped = true;
      index = this.position;
      runStart = index;
    }
    this.position = index + 1;
    value = escaped ? value + text.slice(runStart, index) : text.slice(runStart, index);
    // The decoder lets no lone surrogate through: only an escape can have written one.
    if (escaped && loneSurrogate.test(value))
      return this.fail('lone_surrogate', 'half a surrogate pair', start);
    return value;
  }

  private readEscape(): Step<string> {
    const letter = this.text.charAt(this.position + 1);
    if (letter === 'u') {
      const digits = this.text.slice(this.position + 2, this.position + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) return this.fail('syntax', 'an escape needs four hex digits');
      this.position += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character === undefined) return this.fail('syntax', 'an unknown escape');
    this.position += 2;
    return character;
  }

  private skipSpace(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.position);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.position += 1;
    }
  }

  private fail(code: JsonRefusalCode, message: string, at: number = this.position): typeof refused {
    this.refusal ??= { code, message, at };
    return refused;
  }
}

const loneSurrogate = /[\u{d800}-\u{dfff}]/u;

function isDigit(unit: number): boolean {
  return unit >= digitZero && unit <= digitNine;
}
