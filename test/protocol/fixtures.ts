/** A small grove, and generators for what may travel between nodes. */
import fc from 'fast-check';
import {
  createPureSigner,
  digestPayload,
  type HelloMessage,
  type Json,
  type Payload,
  seedRandom,
  shuffle,
  signPayload,
  toJson,
  type VersionMessage,
} from '../../src/protocol/index.ts';

export const leader = createPureSigner('01'.repeat(32));
export const stranger = createPureSigner('02'.repeat(32));
/** Ascending, none of them the leader's. */
export const fingerprints = ['11', '22', '33', 'fe'].map((byte) => byte.repeat(32));
export const groveId = '0b0f6c1e-6a3e-4f0e-9f53-1d2c3b4a5968';
export const otherGroveId = '00000000-0000-4000-8000-000000000001';
/** The moment the example payload was created. */
export const noon = Date.UTC(2026, 4, 7, 12, 0, 0);

export function example(change: Partial<Payload> = {}): Payload {
  const members = [
    { fp: leader.fingerprint, label: 'clinic-1' },
    ...fingerprints.map((fp, index) => ({ fp, label: `clinic-${index + 2}` })),
  ];
  return {
    grove_id: groveId,
    seq: 42,
    created_at: '2026-05-07T12:00:00Z',
    leader_fp: leader.fingerprint,
    members: members.sort((left, right) => (left.fp < right.fp ? -1 : 1)),
    params: [
      { name: 'greeting', kind: 'text', value: 'kia ora' },
      { name: 'motd', kind: 'multiline', value: 'one\ntwo' },
    ],
    secrets: [],
    ...change,
  };
}

/** The same as a peer would have parsed it. */
export function examplePayload(change: Partial<Payload> = {}): { readonly [key: string]: Json } {
  return toJson(example(change));
}

export function versionOf(payload: { readonly [key: string]: Json }, signer = leader): VersionMessage {
  return { type: 'version', ...signPayload(payload, signer).signed };
}

export function hashOf(payload: { readonly [key: string]: Json }): string {
  return digestPayload(payload).hash;
}

export function exampleHello(change: Partial<HelloMessage> = {}): HelloMessage {
  return {
    type: 'hello',
    grove_id: groveId,
    our_seq: 42,
    our_payload_hash: 'ab'.repeat(32),
    our_role: 'follower',
    our_fingerprint: fingerprints[0] ?? '',
    protocol_version: 1,
    nonce: '123',
    ...change,
  };
}

/** Keys that the strict reader lets through. */
const key = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .filter((text) => !['__proto__', 'constructor', 'prototype', 'toJSON'].includes(text));

/** Values that the strict reader lets through. */
export const wireJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false),
    fc.maxSafeInteger().map((number) => (number === 0 ? 0 : number)),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

/** The same value with the members of its objects written in another order. */
export function reordered(value: Json, seed: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => reordered(item, seed));
  const [entries] = shuffle(Object.entries(value), seedRandom(seed));
  return Object.fromEntries(entries.map(([name, item]) => [name, reordered(item, seed)]));
}
