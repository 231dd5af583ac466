/** Lowercase hexadecimal. Text from outside is matched against its exact length before it is decoded. */
import { assert } from './assert.ts';

const digits = '0123456789abcdef';
const pairs: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => digits.charAt(byte >> 4) + digits.charAt(byte & 15),
);
const lowercaseHex = /^[0-9a-f]*$/;

// g[impl read.hex]
/** True for exactly `bytes` bytes as lowercase hex digits. */
export function isHex(text: string, bytes: number): boolean {
  return text.length === bytes * 2 && lowercaseHex.test(text);
}

export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += pairs[byte];
  return text;
}

/** Decodes what `isHex` accepted; anything else is our own mistake and throws. */
export function decodeHex(text: string): Uint8Array {
  assert(text.length % 2 === 0 && lowercaseHex.test(text), 'decodeHex needs checked hex digits');
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}
