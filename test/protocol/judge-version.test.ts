/** What to do with a payload somebody sent, before and after its signature was checked. */
import { describe, expect, it } from 'vitest';
import {
  digestPayload,
  type Holding,
  type Json,
  type JudgeOptions,
  judgeCandidate,
  judgeVerified,
  type Payload,
  spkiOfKey,
} from '../../src/protocol/index.ts';
import {
  example,
  examplePayload,
  fingerprints,
  groveId,
  leader,
  noon,
  otherGroveId,
  stranger,
  versionOf,
} from './fixtures.ts';

const [ourFp = ''] = fingerprints;
const minute = 60_000;
const held = examplePayload({ seq: 41 });
const heldDigest = digestPayload(held);
const heldSignature = versionOf(held).signature;

const holding = (change: Partial<Holding> = {}): Holding => ({
  fingerprint: ourFp,
  leaderFingerprint: leader.fingerprint,
  leaderKey: leader.publicKey,
  groveId,
  version: { seq: 41, hash: heldDigest.hash },
  signature: heldSignature,
  ...change,
});
const joining: Partial<Holding> = {
  groveId: null,
  leaderKey: null,
  version: { seq: 0, hash: '' },
  signature: null,
};

describe('judgeCandidate', () => {
  it('asks for verification with the leader key of anything newer', () => {
    expect(judgeCandidate(holding(), versionOf(examplePayload()))).toEqual({
      kind: 'verify',
      seq: 42,
      leaderKey: leader.publicKey,
    });
  });

  // g[verify message.stale]
  it('drops what is older and what it already holds, without verifying', () => {
    expect(judgeCandidate(holding(), versionOf(examplePayload({ seq: 40 })))).toEqual({
      kind: 'stale',
      seq: 40,
    });
    expect(judgeCandidate(holding(), versionOf(held))).toEqual({ kind: 'duplicate', seq: 41 });
  });

  // g[verify message.fork]
  it('wants the same number under another signature verified', () => {
    const twin = examplePayload({ seq: 41, params: [] });
    expect(judgeCandidate(holding(), versionOf(twin))).toMatchObject({ kind: 'verify', seq: 41 });
  });

  // g[verify payload.leader-key]
  it('takes the key from the message only when it is the pinned leader’s', () => {
    const message = versionOf(examplePayload());
    expect(judgeCandidate(holding(joining), message)).toMatchObject({
      kind: 'verify',
      leaderKey: leader.publicKey,
    });
    for (const leader_key of [stranger.publicKey, '00'.repeat(32), 'ff'.repeat(32)]) {
      expect(judgeCandidate(holding(), { ...message, leader_key })).toMatchObject({
        kind: 'refuse',
        reason: 'leader_mismatch',
      });
    }
  });

  // g[verify payload.leader-key] g[verify payload.key-checks]
  it('refuses a weak key even where it is the pinned one', () => {
    const weak = '00'.repeat(32);
    const pinned = leader.sha256(spkiOfKey(weak));
    const message = { ...versionOf(examplePayload({ leader_fp: pinned })), leader_key: weak };
    expect(judgeCandidate(holding({ leaderFingerprint: pinned }), message)).toMatchObject({
      kind: 'refuse',
      detail: expect.stringContaining('small_order'),
    });
  });

  // g[verify payload.leader-key]
  it('uses the key stored at first sight when none is sent, and refuses when there is none either', () => {
    const { leader_key: _, ...bare } = versionOf(examplePayload());
    expect(judgeCandidate(holding(), bare)).toMatchObject({ kind: 'verify', leaderKey: leader.publicKey });
    expect(judgeCandidate(holding({ leaderKey: null }), bare)).toMatchObject({ reason: 'signature_invalid' });
  });

  // g[verify message.grove-mismatch]
  it('refuses another grove, another leader and unusable numbers by their names', () => {
    const judge = (change: { [key: string]: Json }) =>
      judgeCandidate(holding(), {
        ...versionOf(examplePayload()),
        payload: { ...examplePayload(), ...change },
      });
    expect(judge({ grove_id: otherGroveId })).toMatchObject({ kind: 'refuse', reason: 'grove_mismatch' });
    expect(judge({ leader_fp: stranger.fingerprint })).toMatchObject({
      kind: 'refuse',
      reason: 'leader_mismatch',
    });
    for (const seq of [0, -1, '42', null]) {
      expect(judge({ seq })).toMatchObject({ kind: 'refuse', reason: { other: 'malformed' } });
    }
  });
});

describe('judgeVerified', () => {
  function judge(
    change: Partial<Payload> | { readonly [key: string]: Json } = {},
    options: Partial<JudgeOptions> & { ours?: Partial<Holding>; signatureValid?: boolean } = {},
  ) {
    const { ours, signatureValid = true, ...rest } = options;
    const payload = { ...examplePayload(), ...change } as { readonly [key: string]: Json };
    const { hash, canonical } = digestPayload(payload);
    const candidate = { payload, hash, canonicalBytes: canonical.length, signatureValid };
    return judgeVerified(holding(ours), candidate, { now: noon, ...rest });
  }
  const withoutUs = { members: example().members.filter(({ fp }) => fp !== ourFp) };

  it('applies the next payload, and says which it is', () => {
    const { hash } = digestPayload(examplePayload());
    expect(judge()).toEqual({
      kind: 'apply',
      version: { seq: 42, hash },
      payload: example(),
      revokesUs: false,
    });
  });

  it('says when the payload ends our membership', () => {
    expect(judge(withoutUs)).toMatchObject({ kind: 'apply', revokesUs: true });
  });

  it('lets a leader adopt a later payload of its own, as after a restored backup', () => {
    expect(judge({ seq: 60 }, { ours: { fingerprint: leader.fingerprint } })).toMatchObject({
      kind: 'apply',
    });
  });

  // g[verify payload.one-validity]
  it('refuses what does not verify, and what verifies but is not valid, by the wire’s reasons', () => {
    expect(judge({}, { signatureValid: false })).toMatchObject({
      kind: 'refuse',
      reason: 'signature_invalid',
    });
    expect(judge({ members: [] })).toMatchObject({ kind: 'refuse', reason: { other: 'malformed' } });
    expect(judge({ pad: 'x'.repeat(262_144) })).toMatchObject({
      kind: 'refuse',
      reason: 'payload_too_large',
    });
    expect(judge({ grove_id: otherGroveId })).toMatchObject({ kind: 'refuse', reason: 'grove_mismatch' });
    expect(judge({ leader_fp: ourFp })).toMatchObject({ kind: 'refuse', reason: 'leader_mismatch' });
  });

  // g[verify message.stale]
  it('drops older ones and the one it holds', () => {
    expect(judge({ seq: 40 })).toEqual({ kind: 'stale', seq: 40 });
    expect(judge({ seq: 41 })).toEqual({ kind: 'duplicate', seq: 41 });
  });

  // g[verify message.fork]
  it('keeps the smaller hash of two payloads under one number, whichever came first', () => {
    const twin = { seq: 41, params: [] };
    const twinDigest = digestPayload(examplePayload(twin));
    const keep = twinDigest.hash < heldDigest.hash ? 'theirs' : 'ours';
    expect(judge(twin)).toMatchObject({ kind: 'fork', keep, version: { seq: 41, hash: twinDigest.hash } });
    const otherSide = { version: { seq: 41, hash: twinDigest.hash } };
    expect(judge({ seq: 41 }, { ours: otherSide })).toMatchObject({
      kind: 'fork',
      keep: keep === 'ours' ? 'theirs' : 'ours',
    });
  });

  // g[verify payload.future]
  it('parks what is dated more than five minutes ahead of our clock, and nothing nearer', () => {
    expect(judge({}, { now: noon - 5 * minute })).toMatchObject({ kind: 'apply' });
    expect(judge({}, { now: noon - 5 * minute - 1 })).toMatchObject({
      kind: 'park',
      why: 'created_in_future',
    });
  });

  // g[verify payload.age]
  it('never minds age, unless the strict window is on', () => {
    const later = noon + 400 * 24 * 60 * minute;
    expect(judge({}, { now: later })).toMatchObject({ kind: 'apply' });
    expect(judge({}, { now: later, strictTimestampWindow: true })).toMatchObject({
      kind: 'refuse',
      reason: 'version_too_old',
    });
    expect(judge({}, { now: noon + 5 * minute, strictTimestampWindow: true })).toMatchObject({
      kind: 'apply',
    });
  });

  // g[verify payload.seq-jump]
  it('parks a jump of more than a million numbers', () => {
    expect(judge({ seq: 1_000_041 })).toMatchObject({ kind: 'apply' });
    expect(judge({ seq: 1_000_042 })).toMatchObject({ kind: 'park', why: 'seq_jump' });
  });

  // g[verify message.join-verdict] g[verify payload.seq-jump]
  it('joins at any number, if the payload lists us', () => {
    expect(judge({ seq: 5_000_000 }, { ours: joining })).toMatchObject({ kind: 'apply' });
    expect(judge(withoutUs, { ours: joining })).toMatchObject({ kind: 'not-listed' });
    expect(judge({}, { ours: { ...joining, groveId: otherGroveId } })).toMatchObject({
      reason: 'grove_mismatch',
    });
    expect(judge({}, { ours: { ...joining, leaderFingerprint: ourFp } })).toMatchObject({
      reason: 'leader_mismatch',
    });
  });

  // g[verify message.join-verdict]
  it('does not join below what it once held, unless the operator accepts it', () => {
    expect(judge({}, { ours: joining, floorSeq: 42 })).toMatchObject({ kind: 'apply' });
    expect(judge({}, { ours: joining, floorSeq: 43 })).toMatchObject({ kind: 'below-floor', floorSeq: 43 });
    expect(judge({}, { ours: joining, floorSeq: 43, acceptRollback: true })).toMatchObject({ kind: 'apply' });
  });
});
