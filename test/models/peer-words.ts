/** What a link says, in short words that the oracle and the machine can be compared by. */
import type { AbortReason, Version } from '../../src/protocol/types.ts';

/** Codes that links end with. */
export const protocolError = 2;
export const aborted = 3;
export const revoked = 4;
export const duplicate = 5;

export function announced({ hash }: Version, comes: string): string {
  return `peer.announced ${hash} ${comes}`;
}

type Said = { readonly type: string } & { readonly [field: string]: unknown };

/** What was said, in the words of the oracle. */
export function wordOf(said: { readonly type: string }): string {
  const event = said as Said;
  switch (event.type) {
    case 'hello':
      return `hello ${event.our_payload_hash} ${event.push}`;
    case 'version':
      return `version ${event.hash}`;
    case 'abort':
      return `abort ${nameOf(event.reason as AbortReason)}`;
    case 'wire.close':
      return closeWord(Number(event.code), String(event.reason));
    case 'peer.greeted':
      return `peer.greeted ${(event.version as Version).hash}`;
    case 'peer.wants':
      return `peer.wants ${event.push} ${event.branch ? 'at once' : 'announced'}`;
    case 'peer.announced':
      return announced(event.version as Version, String(event.comes));
    case 'peer.closed':
      return `peer.closed ${event.greeted ? 'greeted' : 'ungreeted'} ${
        event.aborted === null ? '-' : nameOf(event.aborted as AbortReason)
      } by ${event.by}`;
    default:
      return event.type;
  }
}

/** Of a mistake any text may tell; an orderly end and a revocation have theirs. */
export function closeWord(code: number, reason: string | null): string {
  return [protocolError, aborted, duplicate].includes(code) ? `close ${code}` : `close ${code} ${reason}`;
}

export function nameOf(reason: AbortReason): string {
  return typeof reason === 'string' ? reason : reason.other;
}
