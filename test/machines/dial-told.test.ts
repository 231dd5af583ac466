import { describe, expect, it } from 'vitest';
import { dialDelays } from '../../machines/dial-delays.ts';
import {
  addressOf,
  fingerprintOf,
  inputFor,
  membersUpTo,
  own,
  pair,
  refused,
  rowsFor,
  startLoop,
} from './dial-harness.ts';

describe('being told', () => {
  // g[verify dial.hinted] g[verify hint.separate]
  it('of an address for an unlinked member, it dials it at once, rest or not', () => {
    const loop = startLoop(inputFor(2), ({ answers }) => answers.set(addressOf(1), refused));
    loop.linkUp(2);
    loop.clock.advance(100);
    expect(loop.row(1)?.phase).toBe('resting');
    const entries = [
      { fingerprint: fingerprintOf(1), addresses: ['192.0.2.50:1'], last_seen: '2026-05-07T12:00:00Z' },
    ];
    loop.send({ type: 'hints', from: fingerprintOf(2), entries });
    expect(loop.row(1)).toMatchObject({
      phase: 'dialling',
      addresses: [
        { source: 'verified' },
        { address: '192.0.2.50:1', source: 'hint', from: fingerprintOf(2) },
      ],
    });
    loop.clock.advance(100);
    expect(loop.network.dials.map(({ address }) => address)).toContain('192.0.2.50:1');
    loop.clock.advance(dialDelays.attemptTimeout);
    while (loop.row(1)?.phase !== 'resting') loop.clock.advance(10);
    const dials = loop.network.dials.length;
    loop.send({ type: 'hints', from: fingerprintOf(2), entries });
    expect(loop.network.dials).toHaveLength(dials);
    expect(loop.row(1)?.phase).toBe('resting');
  });

  // g[verify hint.members]
  it('by a stranger, or about strangers, it learns nothing', () => {
    const loop = startLoop(inputFor(2));
    const before = loop.context().book;
    const entry = (index: number) => ({
      fingerprint: fingerprintOf(index),
      addresses: ['192.0.2.50:1'],
      last_seen: '2026-05-07T12:00:00Z',
    });
    loop.send({ type: 'hints', from: fingerprintOf(99), entries: [entry(1)] });
    loop.send({ type: 'hints', from: fingerprintOf(1), entries: [entry(99), entry(0)] });
    expect(loop.context().book).toEqual(before);
  });

  // g[verify hint.flood] g[verify dial.unverified]
  it('thousands of hints by one sender, it looks at one message’s worth a round and dials few', () => {
    const loop = startLoop(inputFor(300, { rows: [] }));
    loop.linkUp(1);
    for (let message = 0; message < 100; message += 1) {
      const entries = Array.from({ length: 64 }, (_, index) => ({
        fingerprint: fingerprintOf(2 + ((message * 64 + index) % 299)),
        addresses: [1, 2, 3, 4].map((port) => `10.${message}.${index}.1:${port}`),
        last_seen: '2026-05-07T12:00:00Z',
      }));
      loop.send({ type: 'hints', from: fingerprintOf(1), entries });
    }
    expect(Object.keys(loop.context().book)).toHaveLength(1 + 64);
    loop.clock.advance(20_000);
    expect(loop.network.dials.length).toBeLessThanOrEqual(32);
    const late = [
      { fingerprint: fingerprintOf(299), addresses: ['192.0.2.9:1'], last_seen: '2026-05-07T12:00:00Z' },
    ];
    loop.send({ type: 'hints', from: fingerprintOf(1), entries: late });
    expect(loop.row(299)).toBeUndefined();
    loop.clock.advance(36_000);
    loop.send({ type: 'hints', from: fingerprintOf(1), entries: late });
    expect(loop.row(299)).toBeDefined();
  });

  // g[verify dial.members]
  it('the members, it forgets those who left, with their dials, and dials newcomers it can reach', () => {
    const loop = startLoop(inputFor(2));
    loop.clock.advance(300);
    const members = [own, fingerprintOf(2), fingerprintOf(3)];
    loop.send({ type: 'membership.changed', members, rows: rowsFor(3) });
    expect(Object.keys(loop.context().book)).toEqual([fingerprintOf(2), fingerprintOf(3)]);
    expect(loop.network.cancelled).toEqual([addressOf(1)]);
    expect(loop.network.open).toEqual(new Set([addressOf(2), addressOf(3)]));
    expect(loop.children().toSorted()).toEqual([`dial.${fingerprintOf(2)}`, `dial.${fingerprintOf(3)}`]);
    loop.clock.advance(600_000);
    expect(loop.network.dials.filter(({ address }) => address === addressOf(1))).toHaveLength(1);
  });

  // g[verify dial.merge]
  it('more addresses of a member that is linked already, it keeps them besides the proven one and saves them', () => {
    const loop = startLoop(inputFor(2, { rows: [] }));
    const proven = addressOf(1);
    loop.linkUp(1);
    expect(loop.take('book.save')).toHaveLength(1);
    const configured = ['192.0.2.1:7891', proven, '[2001:db8::1]:7891'];
    const rows = rowsFor(2).map((row) => ({
      ...row,
      addresses: configured.map((address) => ({ address, source: 'configured' as const })),
    }));
    loop.send({ type: 'membership.changed', members: membersUpTo(2), rows });
    expect(loop.row(1)?.addresses).toEqual([
      { address: '192.0.2.1:7891', source: 'configured', proven: false, from: null },
      { address: '[2001:db8::1]:7891', source: 'configured', proven: false, from: null },
      { address: proven, source: 'verified', proven: true, from: null },
    ]);
    expect(loop.row(1)?.lastConnectedAt).not.toBeNull();
    loop.clock.advance(dialDelays.saveBookDelay);
    const saved = loop.take('book.save').flatMap((event) => event.rows);
    expect(saved.map(({ fingerprint }) => fingerprint).toSorted()).toEqual([
      fingerprintOf(1),
      fingerprintOf(2),
    ]);
    expect(saved.map(({ addresses }) => addresses.length)).toEqual([3, 3]);
    loop.send({ type: 'membership.changed', members: membersUpTo(2), rows });
    expect(loop.context().unsaved).toEqual([]);
  });

  // g[verify dial.wake]
  it('that the machine woke, it ends every rest and starts back-off anew', () => {
    const loop = pair(refused);
    loop.clock.advance(1_000_000);
    while (loop.row(1)?.phase !== 'resting') loop.clock.advance(10);
    const before = loop.network.dials.length;
    loop.send({ type: 'wake' });
    expect(loop.network.dials).toHaveLength(before + 1);
    loop.clock.advance(100);
    expect(loop.row(1)).toMatchObject({ phase: 'resting', failures: 1 });
    loop.clock.advance(1_000);
    expect(loop.network.dials).toHaveLength(before + 2);
    expect(loop.clock.pending).toBeLessThanOrEqual(4);
  });

  // g[verify dial.now]
  it('to dial one peer now, it does so whatever its rest', () => {
    const loop = pair(refused);
    loop.clock.advance(1_000_000);
    while (loop.row(1)?.phase !== 'resting') loop.clock.advance(10);
    const before = loop.network.dials.length;
    loop.send({ type: 'dial.now', fingerprint: fingerprintOf(1) });
    expect(loop.network.dials).toHaveLength(before + 1);
    loop.send({ type: 'dial.now', fingerprint: fingerprintOf(1) });
    loop.send({ type: 'dial.now', fingerprint: fingerprintOf(77) });
    expect(loop.network.dials).toHaveLength(before + 1);
  });

  // g[verify dial.suspected]
  it('that it may be revoked, it dials every ten minutes only, until that is over', () => {
    const loop = startLoop(inputFor(2));
    loop.clock.advance(16_000);
    loop.send({ type: 'revocation.suspected', on: true });
    const silent = loop.network.dials.length;
    loop.linkUp(1);
    loop.linkDown(1, true);
    loop.send({ type: 'wake' });
    loop.clock.advance(dialDelays.suspectedInterval - 1);
    expect(loop.network.dials).toHaveLength(silent);
    loop.send({ type: 'revocation.suspected', on: true });
    loop.clock.advance(1);
    expect(loop.network.dials).toHaveLength(silent + 2);
    loop.clock.advance(100_000);
    expect(loop.network.dials).toHaveLength(silent + 2);
    loop.send({ type: 'wake' });
    loop.send({ type: 'revocation.suspected', on: false });
    expect(loop.state()).toBe('looking');
    expect(loop.network.dials).toHaveLength(silent + 4);
  });
});
