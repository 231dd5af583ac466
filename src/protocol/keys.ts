/**
 * Ed25519 public keys: their SubjectPublicKeyInfo, the fingerprint that names a node, and which keys and
 * signatures are refused before any library is asked about them.
 */
import { assert } from './assert.ts';
import { sha256Hex } from './hash.ts';
import { decodeHex, encodeHex, isHex } from './hex.ts';
import type { Verdict } from './types.ts';

export type KeyRefusal = 'malformed' | 'non_canonical' | 'small_order';
export type SignatureRefusal = 'malformed' | 'unreduced' | 'small_order';

/** Everything of an Ed25519 SubjectPublicKeyInfo that stands before the 32 bytes of the key. */
const spkiPrefix = decodeHex('302a300506032b6570032100');
const spkiBytes = 44;

/** 2^255 - 19, the field's prime, and the order of the base point: little-endian, as keys and signatures write numbers. */
const fieldPrime = decodeHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
const groupOrder = decodeHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/**
 * The points whose order divides eight, with either sign of x: under such a key anybody can sign anything.
 * A test derives the list from the curve.
 */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]);

// g[impl payload.key-checks]
/** Why a raw public key (hex) is refused wherever one enters; null when it may be used. */
export function publicKeyRefusal(publicKey: string): KeyRefusal | null {
  if (!isHex(publicKey, 32)) return 'malformed';
  if (smallOrderPoints.has(publicKey)) return 'small_order';
  return pointIsCanonical(decodeHex(publicKey)) ? null : 'non_canonical';
}

/**
 * Why a signature (hex) is refused without looking at the message: not 64 bytes, an S that is not reduced,
 * or an R that only a forger of ambiguous signatures would choose. Null when the equation decides.
 */
export function signatureRefusal(signature: string): SignatureRefusal | null {
  if (!isHex(signature, 64)) return 'malformed';
  if (smallOrderPoints.has(signature.slice(0, 64))) return 'small_order';
  return isBelow(decodeHex(signature.slice(64)), groupOrder) ? null : 'unreduced';
}

/** The 44 bytes of SubjectPublicKeyInfo DER of a raw key (64 hex digits). */
export function spkiOfKey(publicKey: string): Uint8Array {
  assert(isHex(publicKey, 32), 'a public key is 64 hex digits');
  const spki = new Uint8Array(spkiBytes);
  spki.set(spkiPrefix);
  spki.set(decodeHex(publicKey), spkiPrefix.length);
  return spki;
}

/** The raw key (64 hex digits) in a SubjectPublicKeyInfo, if it is an Ed25519 key we accept. */
export function keyOfSpki(spki: Uint8Array): Verdict<string, KeyRefusal> {
  const prefixMatches = spkiPrefix.every((byte, index) => spki[index] === byte);
  if (spki.length !== spkiBytes || !prefixMatches) return { ok: false, reason: 'malformed' };
  const publicKey = encodeHex(spki.subarray(spkiPrefix.length));
  const reason = publicKeyRefusal(publicKey);
  return reason === null ? { ok: true, value: publicKey } : { ok: false, reason };
}

// g[impl payload.fingerprint]
/** Lowercase hex SHA-256 of the key's SubjectPublicKeyInfo: the name of the node that holds it. */
export function fingerprintOfKey(publicKey: string): string {
  return sha256Hex(spkiOfKey(publicKey));
}

/** The first eight digits: enough to tell nodes apart in a sentence for a person. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}

/** The encoding's y, without the sign bit of x, must be below the field's prime. */
function pointIsCanonical(encoded: Uint8Array): boolean {
  const y = Uint8Array.from(encoded);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, fieldPrime);
}

/** Compares two little-endian numbers of 32 bytes. */
function isBelow(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 31; index >= 0; index -= 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
