/** The reasons of an `abort` message: how they are read, written and shown. */
import { peerTextCharactersMax } from './limits.ts';
import { printable } from './printable.ts';
import type { AbortReason, Json, KnownAbortReason, OtherAbortReason } from './types.ts';

export const knownAbortReasons: readonly KnownAbortReason[] = [
  'grove_mismatch',
  'signature_invalid',
  'seq_regression',
  'leader_mismatch',
  'version_too_old',
  'payload_too_large',
];

export const otherAbortReasons: readonly OtherAbortReason[] = [
  'fork_detected',
  'created_in_future',
  'malformed',
  'revoked',
  'unsupported_protocol_version',
  'busy',
];

export function otherReason(other: OtherAbortReason): AbortReason {
  return { other };
}

// g[impl message.abort]
/**
 * A reason from a peer, its text made printable; null when it has neither form. A bare word we do not know
 * is kept as another implementation's `other`, so that a reason added later still reaches the operator.
 */
export function parseAbortReason(value: Json | undefined): AbortReason | null {
  if (typeof value === 'string') {
    return (
      knownAbortReasons.find((reason) => reason === value) ?? {
        other: printable(value, peerTextCharactersMax),
      }
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('other' in value)) return null;
  const { other } = value;
  return typeof other === 'string' ? { other: printable(other, peerTextCharactersMax) } : null;
}

/** The reason as one word for events and logs. */
export function abortReasonText(reason: AbortReason): string {
  return typeof reason === 'string' ? reason : reason.other;
}
