/**
 * Ed25519 in plain JavaScript, for the browser, the simulation and the interoperability tests. A daemon may
 * put a faster library behind the same interface; both must pass the same contract suite, because two nodes
 * that disagree about one signature no longer agree about the grove.
 */
import { etc, getPublicKey, hashes, Point, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { assert } from './assert.ts';
import { sha256Hex } from './hash.ts';
import { decodeHex, encodeHex, isHex } from './hex.ts';
import { fingerprintOfKey, publicKeyRefusal, signatureRefusal } from './keys.ts';

hashes.sha512 = sha512;

const groupOrder = Point.CURVE().n;

/** The signer's own key and what it can do with it; the shape of the signer port. */
export interface PureSigner {
  readonly publicKey: string;
  readonly fingerprint: string;
  sign(message: Uint8Array): string;
  verify(signature: string, message: Uint8Array, publicKey: string): boolean;
  sha256(message: Uint8Array): string;
}

/** A signer around a 32-byte RFC 8032 secret seed (64 hex digits). */
export function createPureSigner(seed: string): PureSigner {
  assert(isHex(seed, 32), 'a seed is 64 hex digits');
  const secret = decodeHex(seed);
  const publicKey = encodeHex(getPublicKey(secret));
  return {
    publicKey,
    fingerprint: fingerprintOfKey(publicKey),
    sign: (message) => encodeHex(sign(message, secret)),
    verify: verifyEd25519,
    sha256: sha256Hex,
  };
}

// g[impl payload.strict-verify]
/**
 * True when `signature` (128 hex) by `publicKey` (64 hex) over `message` is valid. Never throws.
 *
 * This is RFC 8032's equation without the cofactor, compared as bytes. The library's own `verify` multiplies
 * by the cofactor even in its strict mode, and so accepts signatures with a small-order part that OpenSSL
 * refuses; the points and the hash are the library's.
 */
export function verifyEd25519(signature: string, message: Uint8Array, publicKey: string): boolean {
  if (publicKeyRefusal(publicKey) !== null || signatureRefusal(signature) !== null) return false;
  const key = decodeHex(publicKey);
  const signatureBytes = decodeHex(signature);
  const claimedR = signatureBytes.subarray(0, 32);
  const s = littleEndian(signatureBytes.subarray(32));
  let a: Point;
  try {
    a = Point.fromBytes(key, false);
  } catch {
    return false; // Not on the curve.
  }
  const k = littleEndian(sha512(etc.concatBytes(claimedR, key, message))) % groupOrder;
  const r = Point.BASE.multiply(s, false).subtract(a.multiply(k, false));
  return r.toHex() === signature.slice(0, 64);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(Uint8Array.from(bytes).reverse())}`);
}
