/** Canonical bytes, what is signed, and that a signature holds for nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalBytes,
  canonicalText,
  createPureSigner,
  digestPayload,
  type Json,
  payloadHash,
  signatureDomains,
  signedBytes,
  signPayload,
  verifyDigest,
} from '../../src/protocol/index.ts';
import { examplePayload, leader, reordered, wireJson } from './fixtures.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('canonicalText', () => {
  // g[verify payload.canonical]
  it('writes the example of RFC 8785, section 3.2.2', () => {
    const value: Json = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonicalText(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  // g[verify payload.canonical]
  it('sorts keys by UTF-16 units, as in RFC 8785, section 3.2.3', () => {
    const value: Json = JSON.parse(
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",' +
        '"\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
    );
    const values = [...canonicalText(value).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(values).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  // g[verify payload.canonical]
  it('does not depend on the order in which members were written', () => {
    fc.assert(
      fc.property(wireJson, fc.nat(), (value, seed) => {
        expect(canonicalText(reordered(value, seed))).toBe(canonicalText(value));
      }),
    );
  });
});

describe('signing a payload', () => {
  // g[verify payload.signed-bytes]
  it('signs the domain, a zero byte and the canonical JSON', () => {
    const canonical = canonicalBytes({ b: 1, a: 'ž' });
    expect(text(signedBytes(signatureDomains.payload, canonical))).toBe('bes.grove/sig/v1\0{"a":"ž","b":1}');
    const heard: string[] = [];
    const listening = {
      ...leader,
      sign(message: Uint8Array): string {
        heard.push(text(message));
        return leader.sign(message);
      },
    };
    signPayload({ b: 1, a: 'ž' }, listening);
    expect(heard).toEqual(['bes.grove/sig/v1\0{"a":"ž","b":1}']);
  });

  // g[verify payload.hash]
  it('hashes the signed bytes, with any SHA-256', () => {
    const canonical = canonicalBytes({});
    // printf 'bes.grove/sig/v1\0{}' | sha256sum
    const expected = 'a3ac045a06b0766e7b82a8c74da0eb77f7fe4fcfb8387d5ff7ae69f86d441c63';
    expect(payloadHash(canonical)).toBe(expected);
    expect(payloadHash(canonical, leader.sha256)).toBe(expected);
    expect(digestPayload({}).hash).toBe(expected);
  });

  // g[verify payload.signed-bytes]
  it('verifies after signing, whatever the content and the order', () => {
    fc.assert(
      fc.property(wireJson, fc.nat(), (content, seed) => {
        const payload = { ...examplePayload(), content };
        const { signed } = signPayload(payload, leader);
        const digest = digestPayload({ ...payload, content: reordered(content, seed) });
        expect(verifyDigest(digest, signed.signature, signed.leader_key, leader)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  // g[verify payload.signed-bytes]
  it('refuses a payload with any one byte of its canonical form changed', () => {
    const { signed, digest } = signPayload(examplePayload(), leader);
    fc.assert(
      fc.property(fc.nat(digest.signedBytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = digest.signedBytes.slice();
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const altered = { ...digest, signedBytes: bytes };
        expect(verifyDigest(altered, signed.signature, signed.leader_key, leader)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  // g[verify payload.signed-bytes]
  it('refuses the same bytes signed without the domain', () => {
    const digest = digestPayload(examplePayload());
    const bare = leader.sign(digest.canonical);
    expect(verifyDigest(digest, bare, leader.publicKey, leader)).toBe(false);
  });

  it("refuses another key's signature", () => {
    const other = createPureSigner('22'.repeat(32));
    const { signed, digest } = signPayload(examplePayload(), other);
    expect(verifyDigest(digest, signed.signature, leader.publicKey, leader)).toBe(false);
  });
});
