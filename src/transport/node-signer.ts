/**
 * The daemon's signer: node:crypto behind the signer port, about fifteen times faster than plain JavaScript.
 * OpenSSL accepts keys under which anybody can sign anything, so keys and signatures pass the protocol's own
 * checks before it is asked; a test holds its verdicts to those of the plain implementation.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Signer } from '../ports/signer.ts';
import { publicKeyRefusal, signatureRefusal, spkiOfKey } from '../protocol/index.ts';
import type { Identity } from './identity.ts';

/** Parsed public keys kept: a grove has one leader, and a node hears of few others. */
const parsedKeysMax = 64;

export function createNodeSigner(identity: Identity): Signer {
  const parsedKeys = new Map<string, KeyObject | null>();

  // t[impl identity.strict-verify]
  const parsedKey = (publicKey: string): KeyObject | null => {
    const known = parsedKeys.get(publicKey);
    if (known !== undefined) return known;
    const parsed = publicKeyRefusal(publicKey) === null ? parseKey(publicKey) : null;
    const oldest = parsedKeys.keys().next();
    if (parsedKeys.size >= parsedKeysMax && oldest.done !== true) parsedKeys.delete(oldest.value);
    parsedKeys.set(publicKey, parsed);
    return parsed;
  };

  return {
    publicKey: identity.publicKey,
    fingerprint: identity.fingerprint,
    sign: (message) => sign(null, message, identity.privateKey).toString('hex'),
    verify: (signature, message, publicKey) => {
      if (signatureRefusal(signature) !== null) return false;
      const key = parsedKey(publicKey);
      return key !== null && verify(null, message, key, Buffer.from(signature, 'hex'));
    },
    sha256: (message) => createHash('sha256').update(message).digest('hex'),
  };
}

/** Null when OpenSSL finds no point on the curve. */
function parseKey(publicKey: string): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spkiOfKey(publicKey)), format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}
