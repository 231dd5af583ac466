/**
 * Finds the type of a message in the beginning of its line, before the line is complete. It only decides how
 * long the line may grow; the strict reader judges the whole.
 */

const quote = 0x22;
const backslash = 0x5c;
const typeKey = 'type';

/** The string under the top-level key `type`, or null when these bytes do not hold all of it in plain ASCII. */
export function peekType(beginning: Uint8Array): string | null {
  let depth = 0;
  let index = 0;
  /** The top-level key whose value comes next; deeper strings are never keys here. */
  let key: string | null = null;
  let expectsKey = false;
  while (index < beginning.length) {
    const byte = beginning[index] ?? 0;
    if (byte === quote) {
      const end = endOfString(beginning, index);
      if (end === -1) return null;
      if (key === typeKey) return plainText(beginning, index + 1, end);
      key = expectsKey ? plainText(beginning, index + 1, end) : null;
      expectsKey = false;
      index = end + 1;
      continue;
    }
    const letter = String.fromCharCode(byte);
    if (letter === '{' || letter === '[') {
      if (depth === 0 && letter === '[') return null;
      if (depth === 1 && key === typeKey) return null;
      depth += 1;
      expectsKey = depth === 1;
    } else if (letter === '}' || letter === ']') {
      depth -= 1;
      if (depth === 0) return null;
    } else if (letter === ',' && depth === 1) {
      key = null;
      expectsKey = true;
    }
    index += 1;
  }
  return null;
}

/** The index of the closing quote, or -1. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let index = start + 1; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === backslash) index += 1;
    else if (byte === quote) return index;
  }
  return -1;
}

/** Null for text with escapes or beyond ASCII: no type is spelled so. */
function plainText(bytes: Uint8Array, start: number, end: number): string | null {
  const piece = bytes.subarray(start, end);
  if (piece.length > 64 || piece.some((byte) => byte === backslash || byte >= 0x80)) return null;
  return String.fromCharCode(...piece);
}
