/** The part of the store's contract that concerns what a node notes down: peers, payloads set aside, events, audit. */
import { expect, it } from 'vitest';
import type { GroveStore } from '../../src/ports/store.ts';
import { forkEvidenceMax, parkedPayloadsMax, refusedPayloadsMax } from '../../src/protocol/index.ts';
import { event, fingerprint, payloadCommit, signedPayload } from '../store/payload-fixture.ts';
import { audit, numbersFrom, seqsOf } from './store-contract-helpers.ts';

export function addressBook(store: () => GroveStore): void {
  const row = {
    fingerprint: fingerprint(2),
    label: 'clinic-7',
    addresses: [
      { address: '[2001:db8::1]:7891', source: 'configured' as const },
      { address: '192.0.2.1:7891', source: 'hint' as const },
    ],
    lastSeenAt: '2026-05-07T12:35:00Z',
    lastConnectedAt: null,
  };

  // g[verify store.address-book]
  it('writes rows whole, but keeps a label that was not said again', () => {
    store().savePeers([row]);
    expect(store().peers()).toEqual([row]);
    const later = { ...row, label: null, addresses: [], lastConnectedAt: '2026-05-08T00:00:00Z' };
    store().savePeers([later]);
    expect(store().peers()).toEqual([{ ...later, label: 'clinic-7' }]);
    store().removePeers([row.fingerprint, fingerprint(3)]);
    expect(store().peers()).toEqual([]);
  });

  // g[verify store.address-book]
  it('keeps at most 64 addresses of a peer, dropping hints before verified before configured ones', () => {
    const addresses = Array.from({ length: 70 }, (_, index) => ({
      address: `192.0.2.${index}:7891`,
      source:
        index === 69 ? ('configured' as const) : index >= 60 ? ('verified' as const) : ('hint' as const),
    }));
    store().savePeers([{ ...row, addresses }]);
    const kept = store().peers()[0]?.addresses ?? [];
    expect(kept.length).toBe(64);
    expect(kept[0]?.address).toBe('192.0.2.69:7891');
    expect(kept.filter(({ source }) => source === 'verified').length).toBe(9);
    expect(kept.at(-1)?.address).toBe('192.0.2.53:7891');
  });

  // g[verify store.address-book]
  it('keeps at most 4,096 peers: members first, then those met most recently', () => {
    store().commitPayload(payloadCommit(1));
    store().savePeers(
      Array.from({ length: 4_100 }, (_, index) => ({
        fingerprint: fingerprint(1_000 + index),
        label: null,
        addresses: [],
        lastSeenAt: null,
        lastConnectedAt: `2026-05-07T12:35:00.${String(index).padStart(5, '0')}Z`,
      })),
    );
    const kept = new Set(
      store()
        .peers()
        .map((peer) => peer.fingerprint),
    );
    expect(kept.size).toBe(4_096);
    const has = [1, 2, 1_000, 1_005, 1_006, 5_099].map((number) => kept.has(fingerprint(number)));
    expect(has).toEqual([true, true, false, false, true, true]);
  });
}

export function setAside(store: () => GroveStore): void {
  const parked = (seq: number) => {
    const { hash, ...signed } = signedPayload(seq);
    return {
      hash,
      seq,
      signed,
      reason: 'created_in_future' as const,
      peerFingerprint: fingerprint(2),
      parkedAt: '2026-05-07T12:35:00Z',
    };
  };

  // g[verify store.parked]
  it('parks a payload once, a bounded number of them, and gives it back whole', () => {
    store().park(parked(1));
    store().park({ ...parked(1), reason: 'seq_jump' });
    expect(store().parked()).toEqual([{ ...parked(1), reason: 'seq_jump' }]);
    const last = parkedPayloadsMax + 4;
    for (let seq = 2; seq <= last; seq += 1) store().park(parked(seq));
    expect(seqsOf(store().parked())).toEqual(numbersFrom(5, last));
    store().unpark(parked(last).hash);
    store().unpark('unknown');
    expect(seqsOf(store().parked())).toEqual(numbersFrom(5, last - 1));
  });

  // g[verify store.parked]
  it('lets go of parked payloads that an applied one overtakes, in the same step', () => {
    const other = signedPayload(5, { extra: 'another' });
    for (const seq of [4, 5, 6]) store().park(parked(seq));
    store().park({ ...parked(5), hash: other.hash });
    store().commitPayload(payloadCommit(5));
    expect(
      store()
        .parked()
        .map(({ seq, hash }) => [seq, hash]),
    ).toEqual([
      [6, parked(6).hash],
      [5, other.hash],
    ]);
  });

  // g[verify store.fork-evidence]
  it('keeps both payloads of a fork once, a bounded number of them, the newest', () => {
    const { reason: _, parkedAt: seenAt, ...seen } = parked(1);
    const evidence = (seq: number) => ({ ...seen, seq, seenAt });
    const twin = { ...evidence(1), hash: '11'.repeat(32) };
    store().keepForkEvidence([evidence(1), twin]);
    store().keepForkEvidence([evidence(1), twin]);
    expect(store().forkEvidence()).toEqual([evidence(1), twin]);
    const last = forkEvidenceMax + 7;
    store().keepForkEvidence(numbersFrom(2, last).map(evidence));
    expect(seqsOf(store().forkEvidence())).toEqual(numbersFrom(8, last));
  });

  // g[verify store.refused]
  it('remembers a refusal until its time, and a bounded number of them', () => {
    const refusal = { hash: 'aa'.repeat(32), reason: 'signature_invalid', until: '2026-05-07T13:00:00Z' };
    store().refuse({ ...refusal, reason: 'malformed', until: '2026-05-07T12:00:00Z' });
    store().refuse(refusal);
    expect(store().refused('2026-05-07T12:59:59.999Z')).toEqual([refusal]);
    expect(store().refused('2026-05-07T13:00:00Z')).toEqual([]);
    store().refuse({ ...refusal, until: '2026-05-07T13:00:00.500Z' });
    expect(store().refused('2026-05-07T13:00:00Z').length).toBe(1);
    for (let number = 0; number < refusedPayloadsMax + 4; number += 1) {
      const until = `2026-05-08T00:00:00.${String(number).padStart(3, '0')}Z`;
      store().refuse({ hash: fingerprint(number), reason: 'malformed', until });
    }
    const kept = store().refused('2026-05-07T00:00:00Z');
    expect(kept.length).toBe(refusedPayloadsMax);
    expect(kept[0]?.hash).toBe(fingerprint(4));
  });
}

export function eventsAndAudit(store: () => GroveStore): void {
  // g[verify store.events]
  it('gives events in order after the one last seen, whether or not that one is still kept', () => {
    expect(store().eventBounds()).toBeNull();
    const actor = { kind: 'ctl', id: 'ab', display: 'kim', session: 's1' };
    const events = [
      event(1),
      event(2, { actor }),
      event(4, { data: { list: ['a'], nested: { none: null } } }),
    ];
    store().appendEvents(events);
    store().appendEvents([]);
    expect(store().eventsSince(null, 10)).toEqual(events);
    expect(store().eventsSince(event(1).id, 10)).toEqual(events.slice(1));
    expect(store().eventsSince(event(3).id, 10)).toEqual(events.slice(2));
    expect(store().eventsSince(null, 1)).toEqual(events.slice(0, 1));
    expect(store().eventsSince(null, -1)).toEqual([]);
    expect(store().eventBounds()).toEqual({ oldest: event(1).id, newest: event(4).id });
  });

  // g[verify store.publishers]
  it('knows who asked for a number of this grove, and not of one it left', () => {
    const applied = (number: number, seq: number, display: string | null) =>
      event(number, {
        type: 'grove.payload-applied',
        data: { seq },
        ...(display === null ? {} : { actor: { kind: 'ctl', id: display, display } }),
      });
    store().appendEvents([applied(1, 1, 'kim'), applied(2, 2, null), applied(3, 3, 'mia')]);
    const names = (from: number, to: number) =>
      [...store().publishers(from, to)].map(([seq, { display }]) => [seq, display]);
    expect(names(1, 3)).toEqual([
      [1, 'kim'],
      [3, 'mia'],
    ]);
    expect(names(2, 2)).toEqual([]);
    store().appendEvents([event(4, { type: 'grove.left' }), applied(5, 1, 'ana')]);
    expect(names(1, 3)).toEqual([[1, 'ana']]);
  });

  // g[verify store.events]
  it('refuses a batch whose ids do not ascend, whole', () => {
    store().appendEvents([event(1), event(5)]);
    expect(() => store().appendEvents([event(6), event(5)])).toThrow();
    expect(() => store().appendEvents([event(5)])).toThrow();
    expect(() => store().appendEvents([event(3)])).toThrow();
    const ids = () =>
      store()
        .eventsSince(null, 10)
        .map(({ id }) => id);
    expect(ids()).toEqual([event(1).id, event(5).id]);
    // What was refused is not in the way of what comes.
    store().appendEvents([event(6)]);
    expect(ids()).toEqual([event(1).id, event(5).id, event(6).id]);
  });

  // g[verify store.events]
  it('keeps the newest 10,000 events', () => {
    for (let batch = 0; batch < 11; batch += 1) {
      store().appendEvents(Array.from({ length: 1_000 }, (_, index) => event(batch * 1_000 + index + 1)));
    }
    store().appendEvents([event(11_001)]);
    expect(store().eventBounds()).toEqual({ oldest: event(1_002).id, newest: event(11_001).id });
    expect(store().eventsSince(null, 100_000).length).toBe(10_000);
  });

  // g[verify store.audit]
  it('lists the audit log newest first', () => {
    for (const summary of ['one', 'two', 'three']) store().appendAudit({ ...audit, summary });
    expect(
      store()
        .audit(2)
        .map(({ summary }) => summary),
    ).toEqual(['three', 'two']);
    expect(store().audit(10)[2]).toEqual({ ...audit, summary: 'one' });
  });
}
