/**
 * A signed payload that was made once, with OpenSSL and a canonical form written by hand, and never changes:
 * whatever is done to this code, it must still read, hash, sign and verify it so.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  canonicalText,
  createPureSigner,
  digestPayload,
  encodeHex,
  encodeMessage,
  isObject,
  parseMessage,
  parseStrictJson,
  signPayload,
  spkiOfKey,
  validatePayload,
  verifyDigest,
} from '../../src/protocol/index.ts';

interface Vector {
  readonly seed: string;
  readonly publicKey: string;
  readonly spki: string;
  readonly fingerprint: string;
  /** As another implementation might write it: its own order, spaces, escapes, nanoseconds, fields of its own. */
  readonly written: string;
  readonly canonical: string;
  readonly hash: string;
  readonly signature: string;
}

const vector: Vector = JSON.parse(
  readFileSync(new URL('vectors/signed-payload.json', import.meta.url), 'utf8'),
);
const signer = createPureSigner(vector.seed);

function parsed() {
  const verdict = parseStrictJson(new TextEncoder().encode(vector.written));
  if (!verdict.ok || !isObject(verdict.value)) throw new Error('the vector must be readable');
  return verdict.value;
}

describe('the frozen payload', () => {
  // g[verify payload.fingerprint]
  it('is signed by the key and the fingerprint it names', () => {
    expect(signer.publicKey).toBe(vector.publicKey);
    expect(signer.fingerprint).toBe(vector.fingerprint);
    expect(encodeHex(spkiOfKey(vector.publicKey))).toBe(vector.spki);
  });

  // g[verify payload.canonical] g[verify payload.unknown-fields]
  it('has its canonical form, unknown fields and nanoseconds included', () => {
    expect(canonicalText(parsed())).toBe(vector.canonical);
  });

  // g[verify payload.hash] g[verify payload.signed-bytes]
  it('has its hash, and its signature again when signed again', () => {
    const { signed, digest } = signPayload(parsed(), signer);
    expect(digest.hash).toBe(vector.hash);
    expect(signed.signature).toBe(vector.signature);
  });

  // g[verify payload.one-validity]
  it('verifies and is valid', () => {
    const digest = digestPayload(parsed());
    expect(verifyDigest(digest, vector.signature, vector.publicKey, signer)).toBe(true);
    const expectation = {
      leaderFingerprint: vector.fingerprint,
      groveId: null,
      canonicalBytes: digest.canonical.length,
    };
    const verdict = validatePayload(parsed(), expectation);
    expect(verdict.ok && verdict.value.members.map(({ label }) => label)).toEqual([
      'clinic-1',
      'Ōtautahi 🐑',
    ]);
  });

  // g[verify message.version]
  it('still verifies after it was received and handed on three times', () => {
    let line = new TextEncoder().encode(
      `{"type":"version","payload":${vector.written},"signature":"${vector.signature}","leader_key":"${vector.publicKey}"}`,
    );
    for (let hop = 0; hop < 3; hop += 1) {
      const received = parseMessage(line);
      if (!received.ok || received.value.type !== 'version') throw new Error('refused');
      const { payload, signature } = received.value;
      expect(verifyDigest(digestPayload(payload), signature, vector.publicKey, signer)).toBe(true);
      line = new Uint8Array(encodeMessage(received.value));
    }
    expect(new TextDecoder().decode(line)).toBe(
      `{"type":"version","payload":${vector.canonical},"signature":"${vector.signature}","leader_key":"${vector.publicKey}"}`,
    );
  });
});
