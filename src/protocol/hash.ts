/** SHA-256 as lowercase hex, without the platform's crypto. */
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeHex } from './hex.ts';

export function sha256Hex(bytes: Uint8Array): string {
  return encodeHex(sha256(bytes));
}
