/**
 * The seam for Ed25519. Strict RFC 8032 verdicts are promised: a small-order or non-canonical key, or a
 * signature whose S is not reduced, is never accepted, whichever library stands behind it.
 */
export interface Signer {
  /** The node's own raw Ed25519 public key, 64 lowercase hex digits. */
  readonly publicKey: string;
  /** Lowercase hex SHA-256 of the node's SubjectPublicKeyInfo DER. */
  readonly fingerprint: string;
  /** Signs `message` with the node's own key; returns 128 lowercase hex digits. Throws only if the key is unusable. */
  sign(message: Uint8Array): string;
  /** True when `signature` (128 hex) by `publicKey` (64 hex) over `message` is valid. Never throws. */
  verify(signature: string, message: Uint8Array, publicKey: string): boolean;
  /** Lowercase hex SHA-256. */
  sha256(message: Uint8Array): string;
}
