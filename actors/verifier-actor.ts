/** Hashes a candidate payload and verifies its signature; the machine decides what follows. */
import { fromCallback } from 'xstate';
import type { CandidateVerified, VerifyInput } from '../machines/applier-actors.ts';
import { isUuid, verifyDigest } from '../src/protocol/index.ts';
import type { GroveParts } from './parts.ts';

export function verifierActor({ ports, work, shelf }: GroveParts) {
  return fromCallback<{ type: string }, VerifyInput>(({ input, sendBack }) => {
    const { signer, store, clock } = ports;
    const { payload, signature } = input.message;
    const digest = work.digestPayload(payload, (bytes) => signer.sha256(bytes));
    const signatureValid = verifyDigest(digest, signature, input.leaderKey, signer);
    const { hash, canonical } = digest;
    const lineBytes = signatureValid
      ? shelf.put({ payload, signature, leader_key: input.leaderKey }, digest).line.length
      : canonical.length;
    const { grove_id, leader_fp } = payload;
    // g[impl membership.join-hostile]
    // What nobody signed may name anything as its grove.
    const asks = input.joins && signatureValid && typeof grove_id === 'string' && isUuid(grove_id);
    const floor = asks && typeof leader_fp === 'string' ? store.floor(grove_id, leader_fp) : null;
    sendBack({
      type: 'candidate.verified',
      hash,
      canonicalBytes: canonical.length,
      lineBytes,
      signatureValid,
      now: clock.now(),
      floorSeq: floor?.seqMax ?? 0,
    } satisfies CandidateVerified);
  });
}
