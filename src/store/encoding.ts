/** How ids, keys, signatures and payloads are laid out in columns, and back. */
import { createHash } from 'node:crypto';
import { assert, payloadHash as hashWith, isHex, isUuid, parseStrictJson } from '../protocol/index.ts';
import type { Json, SignedPayload } from '../protocol/types.ts';
import { StoreError } from './store-error.ts';

/** How the bytes of a payload in force, or of history, lie in their column. */
export interface PayloadCells {
  put(canonical: Uint8Array): { readonly cell: Uint8Array; readonly hash: string };
  /** `parsed` spares parsing them, where somebody has. */
  get(cell: Uint8Array): {
    readonly canonical: Uint8Array;
    readonly hash: string;
    readonly parsed?: { readonly [key: string]: Json };
  };
}

/** As they are: what every database on a disk has. */
export const plainCells: PayloadCells = {
  put: (canonical) => ({ cell: canonical, hash: payloadHash(canonical) }),
  get: (cell) => ({ canonical: cell, hash: payloadHash(cell) }),
};

/** Columns that hold a payload that was received and not, or no longer, current. */
export interface SignedColumns {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly leader_key: Uint8Array;
}

export function uuidToBytes(uuid: string): Uint8Array {
  assert(isUuid(uuid), `not a lowercase hyphenated UUID: ${uuid}`);
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

export function bytesToUuid(bytes: Uint8Array): string {
  const hex = bytesToHex(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** `length` in bytes. */
export function hexToBytes(hex: string, length: number): Uint8Array {
  assert(isHex(hex, length), `not ${length} bytes in lowercase hex: ${hex}`);
  return Buffer.from(hex, 'hex');
}

export function bytesToHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The payload hash, by the platform's SHA-256. */
export function payloadHash(canonical: Uint8Array): string {
  return hashWith(canonical, (bytes) => createHash('sha256').update(bytes).digest('hex'));
}

/** The canonical bytes as JSON. It was read strictly before it was stored, so damage is the only way this fails. */
export function parsePayload(canonical: Uint8Array, path: string): { readonly [key: string]: Json } {
  return parseJson<{ readonly [key: string]: Json }>(Buffer.from(canonical).toString('utf8'), path);
}

export function parseJson<Shape>(text: string, path: string): Shape {
  try {
    return JSON.parse(text) as Shape;
  } catch (cause) {
    throw damagedRow(path, cause);
  }
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damagedRow(path: string, cause: unknown): StoreError {
  return new StoreError(
    'corrupt',
    `a row of ${path} is damaged: stop the node and restore the file from a backup, or move it aside and join the grove again`,
    { cause, details: { path } },
  );
}

/** For payloads set aside: what was parsed, printed again. Their canonical form is made anew when they are verified. */
export function signedToColumns(signed: SignedPayload): { [column in keyof SignedColumns]: Uint8Array } {
  return {
    payload: Buffer.from(JSON.stringify(signed.payload)),
    signature: hexToBytes(signed.signature, 64),
    leader_key: hexToBytes(signed.leader_key, 32),
  };
}

/** Read as strictly as a line from a peer: what the disk made of it goes the same way into judgement. */
export function columnsToSigned(columns: SignedColumns, path: string): SignedPayload {
  const read = parseStrictJson(columns.payload);
  if (!read.ok || !isObject(read.value)) throw damagedRow(path, read.ok ? undefined : read.reason);
  return {
    payload: read.value,
    signature: bytesToHex(columns.signature),
    leader_key: bytesToHex(columns.leader_key),
  };
}
