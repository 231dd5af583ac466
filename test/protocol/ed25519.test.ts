/** The plain implementation of Ed25519 against the signer contract, and against OpenSSL on the contract's edge cases. */
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createPureSigner,
  decodeHex,
  publicKeyRefusal,
  signatureRefusal,
  spkiOfKey,
  verifyEd25519,
} from '../../src/protocol/index.ts';
import { signatureCases } from '../contract/ed25519-vectors.ts';
import { signerContract } from '../contract/signer-contract.ts';

signerContract('plain JavaScript', createPureSigner);

describe('verifyEd25519', () => {
  // g[verify payload.strict-verify]
  it('agrees with OpenSSL wherever keys and signatures pass the checks before the equation', () => {
    let asked = 0;
    for (const { title, publicKey, signature, message } of signatureCases()) {
      if (publicKeyRefusal(publicKey) !== null || signatureRefusal(signature) !== null) continue;
      asked += 1;
      const key = createPublicKey({ key: Buffer.from(spkiOfKey(publicKey)), format: 'der', type: 'spki' });
      const verdict = verify(null, message, key, decodeHex(signature));
      expect(verifyEd25519(signature, message, publicKey), title).toBe(verdict);
    }
    expect(asked).toBeGreaterThan(80);
  });
});
