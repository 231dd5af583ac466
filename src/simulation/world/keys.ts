/** The keys of simulated nodes. Signatures are real; what was verified once is not verified again for the next node. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { Signer } from '../../ports/index.ts';
import { createPureSigner, fingerprintOfKey, type PureSigner, verifyEd25519 } from '../../protocol/index.ts';

/** Signatures whose verdict is kept. */
const verdictsMax = 4_096;
/** DER of a PKCS#8 Ed25519 key, up to the 32 bytes of its seed (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signer of the node that this text names. The same text is the same key, in every world. */
export function simulatedSigner(name: string, verdicts: SignatureVerdicts): Signer {
  const seed = createHash('sha256').update(`grove simulation ${name}`).digest();
  const publicKey = publicKeyOf(seed);
  let own: PureSigner | null = null;
  return {
    publicKey,
    fingerprint: fingerprintOfKey(publicKey),
    sign: (message) => {
      // Few nodes ever sign.
      own ??= createPureSigner(seed.toString('hex'));
      return own.sign(message);
    },
    verify: (signature, message, key) => verdicts.verify(signature, message, key),
    sha256: (message) => createHash('sha256').update(message).digest('hex'),
  };
}

/**
 * Verdicts on signatures, kept by signature, key and the SHA-256 of what was signed: all that verification looks at. So
 * it can only say again what verification said of these very bytes.
 */
export class SignatureVerdicts {
  /** Signatures that were really verified. */
  verified = 0;
  readonly #known = new Map<string, boolean>();
  readonly #digests = new WeakMap<Uint8Array, string>();

  verify(signature: string, message: Uint8Array, publicKey: string): boolean {
    const asked = `${signature} ${publicKey} ${this.#digestOf(message)}`;
    const known = this.#known.get(asked);
    if (known !== undefined) return known;
    const verdict = verifyEd25519(signature, message, publicKey);
    this.verified += 1;
    if (this.#known.size >= verdictsMax) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(asked, verdict);
    return verdict;
  }

  /** Bytes that many nodes share are hashed once. Nobody changes them: the port's promise. */
  #digestOf(message: Uint8Array): string {
    const known = this.#digests.get(message);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(message).digest('hex');
    this.#digests.set(message, digest);
    return digest;
  }
}

function publicKeyOf(seed: Buffer): string {
  const key = Buffer.concat([pkcs8Head, seed]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex');
}
