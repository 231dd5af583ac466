/** Canonical JSON (RFC 8785): the one text of a value, whatever order its members were written in. */
import canonicalize from 'canonicalize';
import { assert } from './assert.ts';
import type { Json } from './types.ts';

// The package is CommonJS and exports the function itself; its types describe an ES module.
const serialise = canonicalize as unknown as (value: Json) => string | undefined;
const encoder = new TextEncoder();

// g[impl payload.canonical]
/** The canonical text of a value that came from the strict reader, or was made from checked parts. */
export function canonicalText(value: Json): string {
  const text = serialise(value);
  assert(text !== undefined, 'only JSON has a canonical form');
  return text;
}

/** The same as UTF-8. */
export function canonicalBytes(value: Json): Uint8Array {
  return encoder.encode(canonicalText(value));
}

export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
