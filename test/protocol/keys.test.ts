/** Which keys and signatures are refused before any library sees them, and how a key becomes a name. */
import { Point } from '@noble/ed25519';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHex,
  encodeHex,
  fingerprintOfKey,
  keyOfSpki,
  publicKeyRefusal,
  signatureRefusal,
  spkiOfKey,
} from '../../src/protocol/index.ts';
import { littleEndian, rfc8032, torsionPoint } from '../contract/ed25519-vectors.ts';

const { p: fieldPrime, n: groupOrder } = Point.CURVE();
const goodKey = rfc8032[0]?.publicKey ?? '';

describe('publicKeyRefusal', () => {
  // g[verify payload.key-checks]
  it('refuses every point whose order divides eight, as the curve gives them', () => {
    const points = new Set<string>();
    for (let multiple = 0n; multiple < 8n; multiple += 1n)
      points.add(torsionPoint.multiply(multiple, false).toHex());
    expect(points.size).toBe(8);
    for (const point of points) expect(publicKeyRefusal(point)).toBe('small_order');
  });

  // g[verify payload.key-checks]
  it('refuses the two spellings of points without an x that carry its sign', () => {
    expect(publicKeyRefusal(`01${'00'.repeat(30)}80`)).toBe('small_order');
    expect(publicKeyRefusal(`ec${'ff'.repeat(31)}`)).toBe('small_order');
  });

  // g[verify payload.key-checks]
  it('refuses a y that is not below the prime, with either sign, and takes the one just below', () => {
    for (let excess = 0n; excess < 19n; excess += 1n) {
      const spelling = littleEndian(fieldPrime + excess);
      expect(publicKeyRefusal(encodeHex(spelling))).toBe('non_canonical');
      spelling[31] = (spelling[31] ?? 0) | 0x80;
      expect(publicKeyRefusal(encodeHex(spelling))).toBe('non_canonical');
    }
    expect(publicKeyRefusal(encodeHex(littleEndian(fieldPrime - 2n)))).toBeNull();
  });

  it('refuses text that is not 64 lowercase hex digits, and takes a usual key', () => {
    for (const text of ['', goodKey.slice(2), `${goodKey}00`, goodKey.toUpperCase()]) {
      expect(publicKeyRefusal(text)).toBe('malformed');
    }
    expect(publicKeyRefusal(goodKey)).toBeNull();
  });
});

describe('signatureRefusal', () => {
  // g[verify payload.strict-verify]
  it('refuses an S that is not below the group order and takes the largest that is', () => {
    const r = goodKey;
    expect(signatureRefusal(r + encodeHex(littleEndian(groupOrder)))).toBe('unreduced');
    expect(signatureRefusal(r + encodeHex(littleEndian(groupOrder - 1n)))).toBeNull();
    expect(signatureRefusal('00'.repeat(64))).toBe('small_order');
    expect(signatureRefusal('ab')).toBe('malformed');
  });
});

describe('keys and SubjectPublicKeyInfo', () => {
  // g[verify payload.fingerprint]
  it('names a node by the SHA-256 of the 44 bytes around its key', () => {
    const spki = spkiOfKey(goodKey);
    expect(spki.length).toBe(44);
    expect(encodeHex(spki)).toBe(`302a300506032b6570032100${goodKey}`);
    expect(fingerprintOfKey(goodKey)).toBe(
      '06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9',
    );
  });

  it('reads back the key it wrote', () => {
    expect(keyOfSpki(spkiOfKey(goodKey))).toEqual({ ok: true, value: goodKey });
  });

  // g[verify payload.key-checks]
  it('refuses other algorithms, other lengths and weak keys', () => {
    const x25519 = decodeHex(`302a300506032b656e032100${goodKey}`);
    expect(keyOfSpki(x25519)).toEqual({ ok: false, reason: 'malformed' });
    expect(keyOfSpki(spkiOfKey(goodKey).subarray(0, 43))).toEqual({ ok: false, reason: 'malformed' });
    expect(keyOfSpki(spkiOfKey('00'.repeat(32)))).toEqual({ ok: false, reason: 'small_order' });
  });

  // g[verify read.no-throw]
  it('answers arbitrary bytes with a verdict', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(keyOfSpki(bytes).ok).toBe(false);
      }),
    );
  });
});
