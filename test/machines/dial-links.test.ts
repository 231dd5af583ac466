import { describe, expect, it } from 'vitest';
import { dialDelays } from '../../machines/dial-delays.ts';
import {
  addressOf,
  dialTimes,
  fingerprintOf,
  inputFor,
  own,
  pair,
  refused,
  startLoop,
} from './dial-harness.ts';

describe('failed dials', () => {
  // g[verify dial.report]
  it('are told with the reason at every address, which the book keeps for the operator', () => {
    const loop = pair(refused);
    loop.clock.advance(100);
    const attempts = [{ address: addressOf(1), kind: 'refused', code: null, detail: 'refused' }];
    expect(loop.take('dial.failed')).toEqual([
      { type: 'dial.failed', fingerprint: fingerprintOf(1), attempts },
    ]);
    expect(loop.row(1)).toMatchObject({
      phase: 'resting',
      failures: 1,
      lastError: `${addressOf(1)}: refused`,
    });
  });

  // g[verify dial.back-off]
  it('are retried after 1 s, 2 s, 4 s …, at most 5 min and the wait for a round, for ever', () => {
    const loop = pair(refused);
    loop.clock.advance(86_400_000);
    const times = dialTimes(loop);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0) - 100);
    for (const [index, gap] of gaps.entries()) {
      const longest = Math.min(1_000 * 2 ** index, 300_000);
      expect(gap).toBeGreaterThanOrEqual(longest / 2);
      expect(gap).toBeLessThanOrEqual(longest + 36_000);
      if (longest < 24_000) expect(gap).toBeLessThanOrEqual(longest);
    }
    expect(gaps.length).toBeGreaterThan(86_400 / 340);
    expect(loop.row(1)?.failures).toBe(times.length);
  });

  // g[verify dial.back-off]
  it('leave the peer to the next round after a rest as long as one', () => {
    const loop = pair(refused);
    while ((loop.row(1)?.failures ?? 0) < 8) loop.clock.advance(1_000);
    const before = loop.network.dials.length;
    while (loop.row(1)?.phase === 'resting') loop.clock.advance(100);
    expect(loop.row(1)?.phase).toBe('idle');
    expect(loop.network.dials).toHaveLength(before);
    loop.clock.advance(36_000);
    expect(loop.network.dials).toHaveLength(before + 1);
  });

  // g[verify dial.wrong-address]
  it('forget an address where somebody else answered', () => {
    const loop = pair({ afterMs: 10, failure: 'wrong_fingerprint' });
    loop.clock.advance(10);
    expect(loop.row(1)?.addresses).toEqual([]);
    loop.clock.advance(600_000);
    expect(loop.network.dials).toHaveLength(1);
  });

  // g[verify dial.members]
  it('leave no child, no timer and no memory behind after a thousand of them', () => {
    const loop = startLoop(inputFor(7), ({ answers }) => {
      for (let index = 1; index <= 7; index += 1) answers.set(addressOf(index), refused);
    });
    while (loop.network.dials.length < 1_000) loop.clock.advance(60_000);
    loop.clock.advance(1_000);
    expect(loop.children().length).toBeLessThanOrEqual(4);
    expect(loop.network.open.size).toBe(loop.children().length);
    loop.send({ type: 'membership.changed', members: [own] });
    expect(loop.children()).toEqual([]);
    expect(loop.network.open.size).toBe(0);
    expect(loop.context().book).toEqual({});
    loop.clock.advance(dialDelays.tellPeersDelay + dialDelays.saveBookDelay);
    expect(loop.clock.pending).toBe(1);
  });

  it('do not take the loop with them when an attempt breaks', () => {
    const loop = startLoop(inputFor(1), ({ answers }) => {
      answers.get = () => {
        throw new Error('a mistake');
      };
    });
    expect(loop.state()).toBe('looking');
    expect(loop.row(1)).toMatchObject({ phase: 'resting', failures: 1 });
    expect(loop.row(1)?.lastError).toContain('a mistake');
    expect(loop.children()).toEqual([]);
  });
});

describe('links', () => {
  // g[verify dial.accepted]
  it('count as accepted by the first message only: silence after the handshake is a failed dial', () => {
    const loop = pair({ afterMs: 100 });
    loop.clock.advance(100);
    expect(loop.take('link.dialled')).toHaveLength(1);
    expect(loop.row(1)).toMatchObject({ phase: 'settling', lastConnectedAt: null });
    loop.clock.advance(dialDelays.acceptanceTimeout - 1);
    expect(loop.network.dials).toHaveLength(1);
    loop.clock.advance(1);
    expect(loop.row(1)).toMatchObject({ phase: 'resting', failures: 1 });
  });

  // g[verify dial.accepted]
  it('that are refused after the handshake back off like failed dials', () => {
    const loop = pair({ afterMs: 10 });
    const gaps: number[] = [];
    for (let refusals = 0; refusals < 5; refusals += 1) {
      const before = loop.clock.now();
      while (loop.take('link.dialled').length === 0) loop.clock.advance(1);
      gaps.push(loop.clock.now() - before);
      loop.linkDown(1, true, { greeted: false });
    }
    expect(gaps[0]).toBe(10);
    for (const [index, gap] of gaps.slice(1).entries()) {
      expect(gap).toBeGreaterThanOrEqual(10 + 500 * 2 ** index);
      expect(gap).toBeLessThanOrEqual(10 + 1_000 * 2 ** index);
    }
    expect(loop.row(1)).toMatchObject({ failures: 5, lastError: 'gone' });
  });

  // g[verify dial.accepted]
  it('that are accepted leave no wait for acceptance behind', () => {
    const loop = pair({ afterMs: 100 });
    loop.clock.advance(100);
    const waiting = loop.clock.pending;
    loop.linkUp(1, 'outbound');
    // One wait less, and one more to save what changed.
    expect(loop.clock.pending).toBe(waiting);
    loop.clock.advance(9_000);
    loop.linkDown(1, true);
    loop.clock.advance(1_500);
    expect(loop.row(1)).toMatchObject({ phase: 'settling', failures: 0 });
  });

  // g[verify hint.proven] g[verify dial.accepted]
  it('that are accepted prove their address and end all back-off', () => {
    const loop = pair(refused);
    loop.clock.advance(20_000);
    expect(loop.row(1)?.failures).toBeGreaterThan(3);
    loop.linkUp(1, 'inbound', '192.0.2.77:4000');
    expect(loop.row(1)).toMatchObject({
      failures: 0,
      lastError: null,
      lastConnectedAt: '2026-05-07T12:34:56Z',
      addresses: [
        { address: '192.0.2.77:4000', source: 'verified', proven: true },
        { address: addressOf(1), source: 'verified' },
      ],
    });
    const dials = loop.network.dials.length;
    loop.clock.advance(600_000);
    expect(loop.network.dials.length).toBeLessThanOrEqual(dials);
  });

  // g[verify dial.crossing]
  it('from the other side do not cancel a dial of ours', () => {
    const loop = pair({ afterMs: 100 });
    loop.clock.advance(50);
    loop.linkUp(1, 'inbound');
    expect(loop.network.cancelled).toEqual([]);
    loop.clock.advance(50);
    expect(loop.take('link.dialled')).toHaveLength(1);
    loop.linkUp(1, 'outbound');
    expect(loop.context().linked).toEqual({ [fingerprintOf(1)]: 2 });
    loop.linkDown(1, false);
    loop.clock.advance(600_000);
    expect(loop.context().linked).toEqual({ [fingerprintOf(1)]: 1 });
    expect(loop.network.dials).toHaveLength(1);
  });

  // g[verify dial.crossing]
  it('from the other side that come and go meanwhile start no second dial', () => {
    const loop = pair({ afterMs: 100 });
    loop.clock.advance(50);
    loop.linkUp(1, 'inbound');
    loop.linkDown(1, true);
    expect(loop.network.dials).toHaveLength(1);
    loop.clock.advance(50);
    expect(loop.take('link.dialled')).toHaveLength(1);
    expect(loop.network.cancelled).toEqual([]);
  });

  // g[verify dial.crossing]
  it('from the other side stand when our own dial is refused', () => {
    const loop = pair({ afterMs: 100 });
    loop.linkUp(1, 'inbound');
    loop.clock.advance(100);
    loop.linkDown(1, false, { greeted: false });
    expect(loop.context().linked).toEqual({ [fingerprintOf(1)]: 1 });
    expect(loop.row(1)).toMatchObject({ phase: 'idle', failures: 0 });
  });

  // g[verify dial.redial]
  it('that drop by error are dialled again at once', () => {
    const loop = pair({ afterMs: 10 });
    loop.clock.advance(10);
    loop.linkUp(1, 'outbound');
    loop.clock.advance(5_000);
    loop.linkDown(1, true);
    expect(dialTimes(loop)).toEqual([0, 5_010]);
  });

  // g[verify dial.redial]
  it('that keep dropping before they lasted a round are dialled ever more slowly', () => {
    const loop = pair({ afterMs: 0 });
    for (let drops = 0; drops < 6; drops += 1) {
      while (loop.take('link.dialled').length === 0) loop.clock.advance(10);
      loop.linkUp(1, 'outbound');
      loop.linkDown(1, true);
    }
    const times = dialTimes(loop);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(10);
    for (const [index, gap] of gaps.slice(1).entries()) expect(gap).toBeGreaterThanOrEqual(500 * 2 ** index);
    loop.clock.advance(60_000);
    loop.linkUp(1, 'outbound');
    loop.clock.advance(36_000);
    const before = loop.network.dials.length;
    loop.linkDown(1, true);
    expect(loop.network.dials).toHaveLength(before + 1);
  });

  // g[verify dial.redial]
  it('that end in order wait for the next round, unless we have no other', () => {
    const loop = startLoop(inputFor(2));
    loop.linkUp(1);
    loop.linkUp(2);
    loop.clock.advance(20_000);
    const before = loop.network.dials.length;
    loop.linkDown(1, false);
    expect(loop.network.dials).toHaveLength(before);
    loop.linkDown(2, false);
    expect(
      loop.network.dials
        .slice(before)
        .map(({ address }) => address)
        .toSorted(),
    ).toEqual([addressOf(1), addressOf(2)]);
  });

  // g[verify dial.redial]
  it('that lasted and end in order are replaced at once in a larger grove when fewer than six remain', () => {
    const loop = startLoop(inputFor(40));
    for (let index = 1; index <= 6; index += 1) loop.linkUp(index);
    loop.clock.advance(20_000);
    const before = loop.network.dials.length;
    loop.linkDown(1, false);
    expect(loop.network.dials).toHaveLength(before);
    loop.linkUp(1);
    loop.send({ type: 'round.due' });
    // The round's trade finds nobody, and is over.
    loop.clock.advance(dialDelays.attemptTimeout);
    const traded = loop.network.dials.length;
    loop.linkDown(1, false);
    expect(loop.network.dials).toHaveLength(traded + 1);
  });
});
