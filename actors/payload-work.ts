/**
 * The heavy work on payloads and lines, which depends on nothing but what it is given. A node does each piece once or
 * twice; many nodes in one process may share the answers, since everybody who reads the same bytes comes to the same
 * result.
 */
import {
  diffPayloads,
  digestPayload,
  encodeMessage,
  encodeVersionLine,
  type MessageVerdict,
  type PayloadDiff,
  type PayloadDigest,
  parseMessage,
} from '../src/protocol/index.ts';
import type { GroveMessage, Json, Payload } from '../src/protocol/types.ts';

export interface PayloadWork {
  parseMessage(line: Uint8Array): MessageVerdict;
  encodeMessage(message: GroveMessage): Uint8Array;
  digestPayload(
    payload: { readonly [key: string]: Json },
    sha256?: (bytes: Uint8Array) => string,
  ): PayloadDigest;
  encodeVersionLine(canonical: Uint8Array, signature: string, leaderKey?: string): Uint8Array;
  diffPayloads(previous: Payload | null, next: Payload): PayloadDiff;
}

export const plainWork: PayloadWork = {
  parseMessage,
  encodeMessage,
  digestPayload,
  encodeVersionLine,
  diffPayloads,
};
