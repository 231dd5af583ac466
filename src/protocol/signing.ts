/**
 * What is signed and what is hashed: the domain, a zero byte, the canonical bytes. No other bytes ever reach
 * the private key as a signature, so a signature made for one purpose is none for another.
 */
import { canonicalBytes } from './canonical.ts';
import { sha256Hex } from './hash.ts';
import type { Json, SignedPayload } from './types.ts';

/** Everything a key signs, by purpose. The zero byte ends the name, so none is the beginning of another. */
export const signatureDomains = { payload: 'bes.grove/sig/v1\0' } as const;
export type SignatureDomain = (typeof signatureDomains)[keyof typeof signatureDomains];

/** What signing needs of the signer port. */
export interface PayloadSigner {
  readonly publicKey: string;
  sign(message: Uint8Array): string;
  sha256(message: Uint8Array): string;
}

/** What verifying needs of it. */
export interface PayloadVerifier {
  verify(signature: string, message: Uint8Array, publicKey: string): boolean;
  sha256(message: Uint8Array): string;
}

/** A payload's bytes and its name. */
export interface PayloadDigest {
  /** Canonical JSON: what is stored and measured. */
  readonly canonical: Uint8Array;
  /** The domain and the canonical JSON: what is signed and hashed. */
  readonly signedBytes: Uint8Array;
  /** Lowercase hex SHA-256 of the signed bytes. */
  readonly hash: string;
}

const encoder = new TextEncoder();

// g[impl payload.signed-bytes]
export function signedBytes(domain: SignatureDomain, canonical: Uint8Array): Uint8Array {
  const prefix = encoder.encode(domain);
  const bytes = new Uint8Array(prefix.length + canonical.length);
  bytes.set(prefix);
  bytes.set(canonical, prefix.length);
  return bytes;
}

// g[impl payload.hash]
/** The payload hash of canonical bytes. */
export function payloadHash(
  canonical: Uint8Array,
  sha256: (bytes: Uint8Array) => string = sha256Hex,
): string {
  return sha256(signedBytes(signatureDomains.payload, canonical));
}

/** Serialises and hashes once, for everything that follows. Unknown fields are part of it. */
export function digestPayload(
  payload: { readonly [key: string]: Json },
  sha256: (bytes: Uint8Array) => string = sha256Hex,
): PayloadDigest {
  const canonical = canonicalBytes(payload);
  const bytes = signedBytes(signatureDomains.payload, canonical);
  return { canonical, signedBytes: bytes, hash: sha256(bytes) };
}

/** Signs what the signed bytes of one domain are: the only use of the private key for signatures. */
export function signBytes(domain: SignatureDomain, canonical: Uint8Array, signer: PayloadSigner): string {
  return signer.sign(signedBytes(domain, canonical));
}

/** A payload with its signature, ready to be stored, sent and verified. */
export function signPayload(
  payload: { readonly [key: string]: Json },
  signer: PayloadSigner,
): { readonly signed: SignedPayload; readonly digest: PayloadDigest } {
  const digest = digestPayload(payload, (bytes) => signer.sha256(bytes));
  const signature = signBytes(signatureDomains.payload, digest.canonical, signer);
  return { signed: { payload, signature, leader_key: signer.publicKey }, digest };
}

/** Whether the signature is the key's over the digested payload. Who the key belongs to is judged elsewhere. */
export function verifyDigest(
  digest: PayloadDigest,
  signature: string,
  publicKey: string,
  verifier: PayloadVerifier,
): boolean {
  return verifier.verify(signature, digest.signedBytes, publicKey);
}
