import { sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyEd25519 } from '../../src/protocol/index.ts';
import { createEphemeralIdentity, createNodeSigner } from '../../src/transport/index.ts';

const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;
const signer = createNodeSigner(createEphemeralIdentity());
const message = Buffer.from('a payload');

function littleEndian(value: bigint): string {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse().toString('hex');
}

function numberOf(hex: string): bigint {
  return BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`);
}

describe('the node signer', () => {
  // t[verify identity.strict-verify]
  it('signs with the key of the node, and verifies what it signed', () => {
    const signature = signer.sign(message);
    expect(signature).toMatch(/^[0-9a-f]{128}$/);
    expect(signer.verify(signature, message, signer.publicKey)).toBe(true);
    expect(signer.verify(signature, Buffer.from('another'), signer.publicKey)).toBe(false);
    expect(signer.verify(signature, message, createEphemeralIdentity().publicKey)).toBe(false);
  });

  // t[verify identity.strict-verify]
  it('refuses a signature whose S is not reduced', () => {
    const signature = signer.sign(message);
    const unreduced = signature.slice(0, 64) + littleEndian(numberOf(signature.slice(64)) + groupOrder);
    expect(signer.verify(unreduced, message, signer.publicKey)).toBe(false);
  });

  // t[verify identity.strict-verify]
  it('refuses keys under which anybody can sign anything', () => {
    const identityPoint = `01${'00'.repeat(31)}`;
    // R is the base point and S is one: valid for every message when the key is the neutral element.
    const base = '5866666666666666666666666666666666666666666666666666666666666666';
    const forged = base + littleEndian(1n);
    expect(signer.verify(forged, message, identityPoint)).toBe(false);
    expect(signer.verify(forged, message, 'ee'.padEnd(62, 'f').concat('7f'))).toBe(false);
  });

  // t[verify identity.strict-verify]
  it.each(['', 'zz', '00', 'A'.repeat(128)])(
    'refuses a malformed signature or key without throwing (%s)',
    (bad) => {
      expect(signer.verify(bad, message, signer.publicKey)).toBe(false);
      expect(signer.verify(signer.sign(message), message, bad)).toBe(false);
    },
  );

  // t[verify identity.strict-verify]
  it('gives the same verdict as the plain implementation on damaged keys, messages and signatures', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom('none', 'key', 'signature', 'message'),
        fc.nat(511),
        (bytes, damaged, bit) => {
          const identity = createEphemeralIdentity();
          const key = Buffer.from(identity.publicKey, 'hex');
          const signature = sign(null, bytes, identity.privateKey);
          const signed = Buffer.concat([bytes, Buffer.of(0)]).subarray(0, bytes.length);
          const target = damaged === 'key' ? key : damaged === 'signature' ? signature : signed;
          const at = target.length === 0 ? -1 : Math.floor(bit / 8) % target.length;
          if (damaged !== 'none' && at >= 0) target[at] = (target[at] ?? 0) ^ (1 << (bit % 8));
          const [s, k] = [signature.toString('hex'), key.toString('hex')];
          expect(signer.verify(s, signed, k)).toBe(verifyEd25519(s, signed, k));
        },
      ),
      { numRuns: 60 },
    );
  });
});
