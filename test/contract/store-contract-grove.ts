/** The part of the store's contract that concerns the grove: payloads, their projections, leaving. */
import { expect, it } from 'vitest';
import type { GroveStore } from '../../src/ports/store.ts';
import {
  event,
  fingerprint,
  groveId,
  leaderFingerprint,
  leaderKey,
  member,
  payloadCommit,
  payloadOf,
  signedPayload,
  text,
} from '../store/payload-fixture.ts';
import { audit, everything, numbersFrom, seqsOf } from './store-contract-helpers.ts';

const floor = { groveId, leaderFingerprint, seqMax: 0 };

export function payloads(store: () => GroveStore): void {
  it('knows no grove before the first payload', () => {
    expect(store().membership()).toBeNull();
    expect(store().params()).toEqual([]);
    expect(store().history({ limit: 10 })).toEqual([]);
    expect(store().payloadAt(1)).toBeNull();
    expect(store().formerMembers()).toEqual([]);
  });

  // g[verify store.byte-exact]
  it('gives back the payload, its hash, signature and key, with fields it does not know', () => {
    const content = {
      extra: { note: 'kia ora', list: [1, 2] },
      createdAt: '2026-05-07T12:34:56.123456789Z',
      params: [text('greeting', 'tēnā koe')],
    };
    const commit = payloadCommit(42, content, { role: 'leader' });
    store().commitPayload(commit);

    const signed = { payload: payloadOf(42, content), signature: commit.signature, leader_key: leaderKey };
    expect(store().membership()).toEqual({
      groveId,
      role: 'leader',
      leaderFingerprint,
      leaderKey,
      current: commit.version,
      signed,
      joinedAt: commit.receivedAt,
      revokedAtSeq: null,
    });
    expect(JSON.stringify(store().membership()?.signed.payload)).toBe(
      Buffer.from(commit.canonical).toString(),
    );
    expect(store().payloadAt(42)).toEqual({ version: commit.version, signed, receivedAt: commit.receivedAt });
  });

  // g[verify store.flush-beside]
  it('stores the same without waiting for the disk, and says when it is there', async () => {
    const commit = payloadCommit(3, { params: [text('greeting', 'hi')] });
    const failure = await new Promise<unknown>((resolve) => store().commitPayloadSoon(commit, resolve));
    expect([failure, store().membership()?.current, store().params()[0]?.version_seq]).toEqual([
      null,
      commit.version,
      3,
    ]);
    const before = everything(store());
    const never = (): never => expect.fail('what threw is not settled');
    expect(() => store().commitPayloadSoon(payloadCommit(2), never)).toThrow('the seq rises');
    expect(everything(store())).toEqual(before);
  });

  // g[verify store.flush-beside]
  it('does not show a payload before it is stored for good', () => {
    const commit = payloadCommit(3);
    store().commitPayloadSoon(commit, () => {});
    expect(store().membership()?.current).toEqual(commit.version);
  });

  it('keeps the time of joining when later payloads arrive', () => {
    store().commitPayload(payloadCommit(1, {}, { receivedAt: '2026-01-01T00:00:00Z' }));
    store().commitPayload(payloadCommit(2, {}, { receivedAt: '2026-02-01T00:00:00Z' }));
    expect(store().membership()?.joinedAt).toBe('2026-01-01T00:00:00Z');
    expect(store().membership()?.current.seq).toBe(2);
  });

  it('holds numbers up to 2^53-1', () => {
    const seq = Number.MAX_SAFE_INTEGER;
    store().commitPayload(payloadCommit(seq, { params: [text('greeting', 'hi')] }));
    expect(store().membership()?.current.seq).toBe(seq);
    expect(store().payloadAt(seq)?.version.seq).toBe(seq);
    expect(store().history({ limit: 1 })[0]?.version.seq).toBe(seq);
    expect(store().params()[0]?.version_seq).toBe(seq);
  });

  // g[verify store.seq-rises]
  it('throws, and changes nothing, when the number would not rise or the grove or leader would change', () => {
    store().commitPayload(payloadCommit(5, { params: [text('greeting', 'hi')] }));
    const before = everything(store());
    const wrong = [
      payloadCommit(5, { params: [] }),
      payloadCommit(4),
      payloadCommit(0),
      payloadCommit(6, {}, { replacesSameSeq: true }),
      payloadCommit(6, {}, { groveId: 'ffffffff-5a3d-4a51-9f0e-2f6d1c7a8b90' }),
      payloadCommit(6, {}, { leaderFingerprint: fingerprint(2) }),
      payloadCommit(6, {}, { version: { seq: 6, hash: '00'.repeat(32) } }),
    ];
    for (const commit of wrong) {
      expect(() => store().commitPayload(commit)).toThrow();
      expect(everything(store())).toEqual(before);
    }
  });

  // g[verify store.fork-replaces]
  it('replaces the current payload and its history row when a fork is settled', () => {
    store().commitPayload(payloadCommit(4, { params: [text('alpha', 'a'), text('beta', 'b')] }));
    store().commitPayload(payloadCommit(5, { params: [text('alpha', 'ours'), text('beta', 'b')] }));
    const theirs = payloadCommit(
      5,
      { params: [text('alpha', 'theirs'), text('beta', 'b')] },
      { replacesSameSeq: true },
    );
    store().commitPayload(theirs);

    expect(store().membership()?.current).toEqual(theirs.version);
    expect(store().membership()?.signed.signature).toBe(theirs.signature);
    expect(store().payloadAt(5)?.version).toEqual(theirs.version);
    expect(
      seqsOf(
        store()
          .history({ limit: 10 })
          .map(({ version }) => version),
      ),
    ).toEqual([5, 4]);
    expect(
      store()
        .params()
        .map(({ name, value, version_seq }) => [name, value, version_seq]),
    ).toEqual([
      ['alpha', 'theirs', 5],
      ['beta', 'b', 4],
    ]);
  });

  // g[verify store.revoked]
  it('marks the membership revoked at the number that removes this node, until a payload lists it again', () => {
    store().commitPayload(payloadCommit(1));
    store().commitPayload(payloadCommit(2, { members: [member(1)] }, { revokesUs: true }));
    expect(store().membership()).toMatchObject({ revokedAtSeq: 2, current: { seq: 2 } });
    store().commitPayload(payloadCommit(3));
    expect(store().membership()?.revokedAtSeq).toBeNull();
  });

  it('pages through history, newest first', () => {
    for (const seq of [1, 2, 3, 7, 8]) store().commitPayload(payloadCommit(seq));
    const seqs = (options: { limit: number; beforeSeq?: number }) =>
      seqsOf(
        store()
          .history(options)
          .map(({ version }) => version),
      );
    expect(seqs({ limit: 2 })).toEqual([8, 7]);
    expect(seqs({ limit: 2, beforeSeq: 7 })).toEqual([3, 2]);
    expect(seqs({ limit: 100, beforeSeq: 3 })).toEqual([2, 1]);
    expect(seqs({ limit: 0 })).toEqual([]);
    expect(seqs({ limit: -1 })).toEqual([]);
  });

  // g[verify store.history-bound]
  it('keeps the newest 200 versions', () => {
    for (let seq = 1; seq <= 205; seq += 1) store().commitPayload(payloadCommit(seq));
    const kept = store().history({ limit: 1_000 });
    expect(kept.length).toBe(200);
    expect(kept[0]?.version.seq).toBe(205);
    expect(kept[199]?.version.seq).toBe(6);
    expect(store().payloadAt(5)).toBeNull();
  });

  // g[verify store.history-bound]
  it('keeps at most 64 MiB of history, whatever the number of versions', () => {
    const value = 'x'.repeat(1024 * 1024);
    for (let seq = 1; seq <= 70; seq += 1) {
      store().commitPayload(payloadCommit(seq, { params: [text('big', value)] }));
    }
    // Each payload is a little over 1 MiB, so 63 of them fit.
    const bounds = [store().payloadAt(7), store().payloadAt(8), store().payloadAt(70)];
    expect(bounds.map((version) => version?.version.seq)).toEqual([undefined, 8, 70]);
    expect(store().membership()?.current.seq).toBe(70);
  });

  it('hands out values the caller owns', () => {
    store().commitPayload(payloadCommit(1, { params: [text('greeting', 'hi')] }));
    const first = store().membership();
    Object.assign(first?.signed.payload ?? {}, { seq: 99 });
    Object.assign(store().params()[0] ?? {}, { value: 'changed' });
    expect(store().membership()?.signed.payload.seq).toBe(1);
    expect(store().params()[0]?.value).toBe('hi');
  });
}

export function projections(store: () => GroveStore): void {
  // g[verify store.version-seq]
  it('numbers each param with the payload that last changed it', () => {
    const rows = () =>
      store()
        .params()
        .map(({ name, kind, value, version_seq }) => [name, kind, value, version_seq]);
    store().commitPayload(payloadCommit(3, { params: [text('alpha', '1'), text('beta', '1')] }));
    store().commitPayload(
      payloadCommit(4, { params: [text('alpha', '1'), text('beta', '2'), text('gamma', '1')] }),
    );
    store().commitPayload(payloadCommit(5, { params: [text('alpha', '1'), text('gamma', '1')] }));
    expect(rows()).toEqual([
      ['alpha', 'text', '1', 3],
      ['gamma', 'text', '1', 4],
    ]);
    const multiline = { name: 'alpha', kind: 'multiline', value: '1' } as const;
    store().commitPayload(payloadCommit(9, { params: [multiline, text('beta', '2'), text('gamma', '1')] }));
    expect(rows()).toEqual([
      ['alpha', 'multiline', '1', 9],
      ['beta', 'text', '2', 9],
      ['gamma', 'text', '1', 4],
    ]);
  });

  // g[verify store.former-members]
  it('remembers whom a payload removed and at which number, until they are members again', () => {
    store().commitPayload(payloadCommit(1, { members: [member(1), member(2), member(3)] }));
    store().commitPayload(
      payloadCommit(2, { members: [member(1)] }, { removedFingerprints: [fingerprint(2), fingerprint(3)] }),
    );
    expect(store().formerMembers()).toEqual([
      { fingerprint: fingerprint(2), removedAtSeq: 2 },
      { fingerprint: fingerprint(3), removedAtSeq: 2 },
    ]);
    store().commitPayload(payloadCommit(3, { members: [member(1), member(3)] }));
    expect(store().formerMembers()).toEqual([{ fingerprint: fingerprint(2), removedAtSeq: 2 }]);
    store().commitPayload(
      payloadCommit(4, { members: [member(1)] }, { removedFingerprints: [fingerprint(3)] }),
    );
    expect(store().formerMembers()).toEqual([
      { fingerprint: fingerprint(2), removedAtSeq: 2 },
      { fingerprint: fingerprint(3), removedAtSeq: 4 },
    ]);
  });

  // g[verify store.former-members]
  it('remembers at most 4,096 former members, the last removed', () => {
    const fingerprints = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => fingerprint(from + index));
    store().commitPayload(payloadCommit(1, {}, { removedFingerprints: fingerprints(100_000, 10) }));
    store().commitPayload(payloadCommit(2, {}, { removedFingerprints: fingerprints(10, 4_096) }));
    const former = store().formerMembers();
    expect(former.length).toBe(4_096);
    expect(new Set(former.map(({ removedAtSeq }) => removedAtSeq))).toEqual(new Set([2]));
  });

  // g[verify store.labels]
  it('gives every member a row with its label, and takes the row of a removed one away', () => {
    const addresses = [{ address: '192.0.2.1:7891', source: 'verified' as const }];
    store().savePeers([
      { fingerprint: fingerprint(2), label: null, addresses, lastSeenAt: null, lastConnectedAt: null },
    ]);
    store().commitPayload(payloadCommit(1, { members: [member(1), member(2), member(3)] }));
    const renamed = [member(1), member(2, 'clinic-7')];
    store().commitPayload(payloadCommit(2, { members: renamed }, { removedFingerprints: [fingerprint(3)] }));
    expect(store().peers()).toEqual([
      {
        fingerprint: fingerprint(1),
        label: 'node-1',
        addresses: [],
        lastSeenAt: null,
        lastConnectedAt: null,
      },
      { fingerprint: fingerprint(2), label: 'clinic-7', addresses, lastSeenAt: null, lastConnectedAt: null },
    ]);
  });

  // g[verify store.audit]
  it('writes the audit line of a change with the change', () => {
    store().commitPayload(payloadCommit(1, {}, { audit }));
    expect(store().audit(10)).toEqual([audit]);
    expect(() => store().commitPayload(payloadCommit(1, {}, { audit }))).toThrow();
    expect(store().audit(10)).toEqual([audit]);
  });
}

export function leaving(store: () => GroveStore): void {
  // g[verify store.leave]
  it('forgets the grove but not what happened', () => {
    store().commitPayload(payloadCommit(7, { params: [text('greeting', 'hi')] }, { audit }));
    store().commitPayload(payloadCommit(8, {}, { removedFingerprints: [fingerprint(3)] }));
    const { hash, ...signed } = signedPayload(9);
    const seen = { hash, seq: 9, signed, peerFingerprint: fingerprint(2) };
    store().park({ ...seen, reason: 'created_in_future', parkedAt: audit.at });
    store().keepForkEvidence([{ ...seen, seenAt: audit.at }]);
    store().refuse({ hash, reason: 'malformed', until: '2027-01-01T00:00:00Z' });
    store().appendEvents([event(1)]);

    store().leave({ ...floor, seqMax: 8 });

    expect(everything(store())).toEqual({
      apps: [],
      mappings: [],
      membership: null,
      params: [],
      history: [],
      formerMembers: [],
      peers: [],
      parked: [],
      forkEvidence: [],
      refused: [],
      events: [event(1)],
      audit: [audit],
    });
  });

  // g[verify store.floor]
  it('keeps the highest number it saw as a floor that never sinks', () => {
    expect(store().floor(groveId, leaderFingerprint)).toBeNull();
    store().commitPayload(payloadCommit(8));
    store().leave({ ...floor, seqMax: 3 });
    expect(store().floor(groveId, leaderFingerprint)).toEqual({ ...floor, seqMax: 8 });
    store().commitPayload(payloadCommit(5));
    expect(store().membership()?.current.seq).toBe(5);
    store().leave({ ...floor, seqMax: 5 });
    expect(store().floor(groveId, leaderFingerprint)).toEqual({ ...floor, seqMax: 8 });
    expect(store().floor(groveId, fingerprint(2))).toBeNull();
  });

  // g[verify store.floor]
  it('keeps the floors of the last 1,024 groves it left', () => {
    const grove = (number: number) => `0b0f6c1e-5a3d-4a51-9f0e-${String(number).padStart(12, '0')}`;
    for (const number of numbersFrom(1, 1_025))
      store().leave({ ...floor, groveId: grove(number), seqMax: 9 });
    expect(store().floor(grove(1), leaderFingerprint)).toBeNull();
    expect(store().floor(grove(2), leaderFingerprint)?.seqMax).toBe(9);
    expect(store().floor(grove(1_025), leaderFingerprint)?.seqMax).toBe(9);
  });

  it('does not leave a grove it is not in', () => {
    store().commitPayload(payloadCommit(8));
    const before = everything(store());
    expect(() => store().leave({ ...floor, groveId: 'ffffffff-5a3d-4a51-9f0e-2f6d1c7a8b90' })).toThrow();
    expect(() => store().leave({ ...floor, leaderFingerprint: fingerprint(2) })).toThrow();
    expect(everything(store())).toEqual(before);
  });
}
