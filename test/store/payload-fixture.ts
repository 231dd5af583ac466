/** Payload commits for store tests: made up signatures, true canonical bytes and hashes. */
import { createHash } from 'node:crypto';
import type { PayloadCommit, StoredEvent } from '../../src/ports/store.ts';
import type { Json, Member, Param, SignedPayload } from '../../src/protocol/types.ts';

export const groveId = '0b0f6c1e-5a3d-4a51-9f0e-2f6d1c7a8b90';
export const leaderKey = '7b'.repeat(32);

/** A made-up fingerprint: 64 hex digits, ascending with `number`. */
export function fingerprint(number: number): string {
  return number.toString(16).padStart(64, '0');
}

export const leaderFingerprint = fingerprint(1);

export function member(number: number, label = `node-${number}`): Member {
  return { fp: fingerprint(number), label };
}

export function text(name: string, value: string): Param {
  return { name, kind: 'text', value };
}

export interface PayloadContent {
  readonly members?: readonly Member[];
  readonly params?: readonly Param[];
  readonly createdAt?: string;
  /** A field this program knows nothing of. */
  readonly extra?: Json;
}

export function payloadOf(seq: number, content: PayloadContent = {}): { readonly [key: string]: Json } {
  // Keys in canonical order, so that printing it is canonical.
  return {
    created_at: content.createdAt ?? '2026-05-07T12:34:56Z',
    ...(content.extra === undefined ? {} : { extra: content.extra }),
    grove_id: groveId,
    leader_fp: leaderFingerprint,
    members: (content.members ?? [member(1), member(2)]).map(({ fp, label }) => ({ fp, label })),
    params: (content.params ?? []).map(({ kind, name, value }) => ({ kind, name, value })),
    secrets: [],
    seq,
  };
}

export function payloadCommit(
  seq: number,
  content: PayloadContent = {},
  more: Partial<PayloadCommit> = {},
): PayloadCommit {
  const canonical = Buffer.from(JSON.stringify(payloadOf(seq, content)));
  return {
    role: 'follower',
    groveId,
    leaderFingerprint,
    leaderKey,
    version: { seq, hash: hashOf(canonical) },
    canonical,
    signature: signatureOf(canonical),
    members: content.members ?? [member(1), member(2)],
    params: content.params ?? [],
    removedFingerprints: [],
    receivedAt: '2026-05-07T12:35:00Z',
    revokesUs: false,
    replacesSameSeq: false,
    ...more,
  };
}

export function signedPayload(seq: number, content: PayloadContent = {}): SignedPayload & { hash: string } {
  const payload = payloadOf(seq, content);
  const canonical = Buffer.from(JSON.stringify(payload));
  return { payload, signature: signatureOf(canonical), leader_key: leaderKey, hash: hashOf(canonical) };
}

export function event(number: number, more: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: String(number).padStart(12, '0'),
    type: 'grove.payload-applied',
    timestamp: '2026-05-07T12:35:00Z',
    data: { seq: number },
    ...more,
  };
}

function hashOf(canonical: Uint8Array): string {
  return createHash('sha256').update('bes.grove/sig/v1\0').update(canonical).digest('hex');
}

function signatureOf(canonical: Uint8Array): string {
  return createHash('sha512').update(canonical).digest('hex');
}
