/** What every signer promises, whichever library stands behind it. Call it inside a test file of the implementation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signer } from '../../src/ports/index.ts';
import { createPureSigner, decodeHex, encodeHex, verifyEd25519 } from '../../src/protocol/index.ts';
import { rfc8032, signatureCases } from './ed25519-vectors.ts';

/** `makeSigner` gets an RFC 8032 secret seed of 64 hex digits. */
export function signerContract(name: string, makeSigner: (seed: string) => Signer | Promise<Signer>): void {
  const seed = rfc8032[0]?.seed ?? '';

  describe(`the signer contract, kept by ${name}`, () => {
    it('derives the keys and makes the signatures of RFC 8032', async () => {
      for (const answer of rfc8032) {
        const signer = await makeSigner(answer.seed);
        expect(signer.publicKey).toBe(answer.publicKey);
        expect(signer.sign(decodeHex(answer.message))).toBe(answer.signature);
      }
    });

    it('is named by the SHA-256 of its SubjectPublicKeyInfo', async () => {
      // `openssl pkey -inform DER -in key -pubout -outform DER | sha256sum` over the same key.
      const fingerprint = '06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9';
      expect((await makeSigner(seed)).fingerprint).toBe(fingerprint);
    });

    it('hashes with SHA-256', async () => {
      const signer = await makeSigner(seed);
      expect(signer.sha256(new TextEncoder().encode('abc'))).toBe(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      );
    });

    // g[verify payload.strict-verify] g[verify payload.key-checks]
    it.each(signatureCases())('$title: valid is $valid', async ({ signature, message, publicKey, valid }) => {
      expect((await makeSigner(seed)).verify(signature, message, publicKey)).toBe(valid);
    });

    // g[verify payload.strict-verify]
    it('verifies what it signed, and nothing else', async () => {
      const signer = await makeSigner(seed);
      const property = fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (message, position, change) => {
          const signature = signer.sign(message);
          expect(signer.verify(signature, message, signer.publicKey)).toBe(true);
          const altered = decodeHex(signature + encodeHex(message));
          const at = position % altered.length;
          altered[at] = (altered[at] ?? 0) ^ change;
          const alteredSignature = encodeHex(altered.subarray(0, 64));
          expect(signer.verify(alteredSignature, altered.subarray(64), signer.publicKey)).toBe(false);
        },
      );
      fc.assert(property, { numRuns: 30 });
    });

    // g[verify payload.strict-verify]
    it('gives the same verdict as the plain implementation on arbitrary bytes', async () => {
      const signer = await makeSigner(seed);
      const known = createPureSigner(seed);
      const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(encodeHex);
      const property = fc.property(
        fc.oneof(hex(64), fc.constant(known.sign(new Uint8Array(1))), fc.string()),
        fc.uint8Array({ maxLength: 2 }),
        fc.oneof(hex(32), fc.constant(known.publicKey), fc.string()),
        (signature, message, key) => {
          expect(signer.verify(signature, message, key)).toBe(verifyEd25519(signature, message, key));
        },
      );
      fc.assert(property, { numRuns: 100 });
    });
  });
}
