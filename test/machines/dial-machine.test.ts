import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { dialDelays } from '../../machines/dial-delays.ts';
import { dialMachine } from '../../machines/dial-machine.ts';
import { haveRound } from '../../machines/dial-steps.ts';
import { roundsBetweenTellings } from '../../src/protocol/index.ts';
import type { PeerEntry } from '../../src/protocol/types.ts';
import { addressOf, fingerprintOf, inputFor, membersUpTo, own, startLoop } from './dial-harness.ts';

/** What is to be told, by the members it is about: to who is linked later, and to who is linked. */
function told(loop: ReturnType<typeof startLoop>) {
  const about = (entries: readonly PeerEntry[]) => entries.map(({ fingerprint }) => fingerprint);
  return loop
    .take('peers.changed')
    .map(({ entries, news }) => ({ entries: about(entries), news: about(news) }));
}

describe('the dial loop, step by step', () => {
  it('dials at once when it starts, and schedules the next round', () => {
    const [snapshot, actions] = initialTransition(dialMachine, inputFor(2));
    expect(snapshot.value).toBe('looking');
    expect(Object.keys(snapshot.children)).toEqual(
      [`dial.${fingerprintOf(1)}`, `dial.${fingerprintOf(2)}`].sort(),
    );
    expect(snapshot.context.book[fingerprintOf(1)]?.phase).toBe('dialling');
    const round = actions.find(
      ({ type, params }) =>
        type === 'xstate.raise' && String((params as { id?: unknown }).id).startsWith('xstate.after'),
    );
    expect(round?.params).toMatchObject({ delay: snapshot.context.roundMs });
  });

  it('hands a dialled link to its parent with everything needed to find it', () => {
    const [looking] = initialTransition(dialMachine, inputFor(1));
    const id = `dial.${fingerprintOf(1)}` as const;
    const output = {
      outcome: 'connected',
      linkId: 'x',
      address: addressOf(1),
      fingerprint: fingerprintOf(1),
    } as const;
    const done = { type: `xstate.done.actor.${id}`, actorId: id, output } as const;
    const [next, actions] = transition(dialMachine, looking, done);
    expect(next.context.book[fingerprintOf(1)]?.phase).toBe('settling');
    expect(next.children).toEqual({});
    const sent = actions.filter(({ type }) => type === 'xstate.sendTo').map(({ params }) => params);
    expect(sent).toMatchObject([
      { event: { type: 'link.dialled', linkId: 'x', fingerprint: fingerprintOf(1), address: addressOf(1) } },
    ]);
  });

  it('keeps nothing but plain JSON in its context', () => {
    const [snapshot] = initialTransition(dialMachine, inputFor(20));
    expect(JSON.parse(JSON.stringify(snapshot.context))).toEqual(snapshot.context);
  });
});

describe('rounds', () => {
  // g[verify dial.round]
  it('come every 30 s, a fifth more or less, and each a little differently', () => {
    const loop = startLoop(inputFor(0));
    const lengths = Array.from({ length: 200 }, () => {
      const start = loop.clock.now();
      const { roundMs } = loop.context();
      loop.clock.advance(roundMs - 1);
      expect(loop.context().roundMs).toBe(roundMs);
      loop.clock.advance(1);
      return loop.clock.now() - start;
    });
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(24_000);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(36_000);
    expect(new Set(lengths).size).toBeGreaterThan(100);
  });

  // g[verify dial.idle]
  it('are the only timer once every link is up', () => {
    const loop = startLoop(inputFor(7), ({ answers }) => {
      for (let index = 1; index <= 7; index += 1) answers.set(addressOf(index), { afterMs: 20 });
    });
    for (let index = 1; index <= 7; index += 1) loop.linkUp(index);
    loop.clock.advance(dialDelays.saveBookDelay + 30_000);
    expect(loop.children()).toEqual([]);
    expect(loop.clock.pending).toBe(1);
    expect(loop.clock.advance(3_600_000)).toBeLessThan(200);
    expect(loop.clock.pending).toBe(1);
  });

  // g[verify dial.parallel]
  it('in a small grove go on with those who had to wait as soon as a dial ends', () => {
    const loop = startLoop(inputFor(7), ({ answers }) => {
      for (let index = 1; index <= 7; index += 1) answers.set(addressOf(index), { afterMs: 50 });
    });
    let most = 0;
    for (let step = 0; step < 100; step += 1) {
      most = Math.max(most, loop.children().length);
      loop.clock.advance(10);
      for (const { fingerprint } of loop.take('link.dialled'))
        loop.linkUp(Number.parseInt(fingerprint, 16), 'outbound');
    }
    expect(most).toBe(4);
    expect(Object.keys(loop.context().linked)).toHaveLength(7);
    expect(loop.network.dials).toHaveLength(7);
  });

  it('can be asked for', () => {
    const loop = startLoop(inputFor(1, { rows: [] }));
    const before = loop.context().random;
    loop.send({ type: 'round.due' });
    loop.send({ type: 'dial.now' });
    expect(loop.context().random).not.toEqual(before);
    expect(loop.clock.pending).toBe(2);
  });
});

describe('what it tells', () => {
  // g[verify dial.saved]
  it('is the changed rows of the book, together, a minute after the first change', () => {
    const loop = startLoop(inputFor(3));
    loop.clock.advance(1_000);
    loop.linkUp(1);
    loop.clock.advance(30_000);
    loop.linkUp(2);
    expect(loop.take('book.save')).toEqual([]);
    loop.clock.advance(30_000);
    const saved = loop.take('book.save');
    expect(saved.map(({ rows }) => rows.map(({ fingerprint }) => fingerprint))).toEqual([
      [fingerprintOf(1), fingerprintOf(2)],
    ]);
    expect(saved[0]?.rows[0]).toEqual({
      fingerprint: fingerprintOf(1),
      addresses: [{ address: addressOf(1), source: 'verified' }],
      lastConnectedAt: '2026-05-07T12:34:56Z',
      lastSeenAt: '2026-05-07T12:34:56Z',
    });
    loop.clock.advance(600_000);
    expect(loop.take('book.save')).toEqual([]);
  });

  // g[verify dial.saved]
  it('is saved at once when a member was reached at a new address', () => {
    const loop = startLoop(inputFor(3, { rows: [] }));
    loop.linkUp(1);
    const saved = loop.take('book.save');
    expect(saved.map(({ rows }) => rows.map(({ fingerprint }) => fingerprint))).toEqual([[fingerprintOf(1)]]);
    expect(saved[0]?.rows[0]?.addresses).toEqual([{ address: addressOf(1), source: 'verified' }]);
    loop.linkDown(1, true);
    loop.linkUp(1);
    expect(loop.take('book.save')).toEqual([]);
  });

  // g[verify dial.saved]
  it('is saved at once when the node stops', () => {
    const loop = startLoop(inputFor(3));
    loop.linkUp(1);
    const timers = loop.clock.pending;
    loop.send({ type: 'book.flush' });
    expect(loop.take('book.save')).toHaveLength(1);
    expect(loop.clock.pending).toBe(timers - 1);
    loop.send({ type: 'book.flush' });
    loop.clock.advance(dialDelays.saveBookDelay);
    expect(loop.take('book.save')).toEqual([]);
  });

  // g[verify hint.when]
  it('to peers comes shortly after a change, several changes together, and again every few minutes', () => {
    const loop = startLoop(inputFor(3, { rows: [] }));
    loop.clock.advance(dialDelays.tellPeersDelay);
    expect(told(loop)).toEqual([{ entries: [own], news: [own] }]);
    loop.linkUp(1);
    loop.linkUp(2);
    loop.clock.advance(dialDelays.tellPeersDelay);
    expect(told(loop)).toEqual([{ entries: membersUpTo(2), news: [fingerprintOf(1), fingerprintOf(2)] }]);
    loop.linkDown(1, true);
    loop.linkUp(1);
    loop.clock.advance(120_000);
    expect(told(loop)).toEqual([]);
    loop.clock.advance(3_600_000 - 120_000);
    const repeats = told(loop);
    expect(repeats.length).toBeGreaterThanOrEqual(9);
    expect(repeats.length).toBeLessThanOrEqual(15);
    for (const { entries, news } of repeats)
      expect([entries, news]).toEqual([membersUpTo(2), membersUpTo(2)]);
  });

  // g[verify hint.when]
  it('to peers is of everything when that is due while something new waits to be told', () => {
    const loop = startLoop(inputFor(3, { rows: [] }));
    expect(loop.context().untold).toEqual({ everything: true, members: [] });
    loop.linkUp(1);
    loop.clock.advance(dialDelays.tellPeersDelay);
    expect(told(loop)).toEqual([{ entries: membersUpTo(1), news: membersUpTo(1) }]);
    expect(loop.context().untold).toBeNull();
    loop.linkUp(2);
    const waiting = { ...loop.context(), roundsSinceTelling: roundsBetweenTellings };
    expect(waiting.untold).toEqual({ everything: false, members: [fingerprintOf(2)] });
    const { changes, effects } = haveRound(waiting);
    expect(changes.untold).toEqual({ everything: true, members: [fingerprintOf(2)] });
    expect(effects).not.toContainEqual({ do: 'tell-later' });
  });

  // g[verify hint.when]
  it('to peers is only for who is linked later once a member is gone, and of itself when its addresses change', () => {
    const loop = startLoop(inputFor(3, { rows: [] }));
    loop.linkUp(1);
    loop.linkUp(2);
    loop.clock.advance(dialDelays.tellPeersDelay);
    loop.take('peers.changed');
    loop.send({ type: 'membership.changed', members: membersUpTo(1) });
    loop.clock.advance(dialDelays.tellPeersDelay);
    expect(told(loop)).toEqual([{ entries: membersUpTo(1), news: [] }]);
    loop.send({
      type: 'addresses.changed',
      ownAddresses: ['[::ffff:192.0.2.9]:1'],
      listensOnLoopback: false,
    });
    loop.clock.advance(dialDelays.tellPeersDelay);
    const [changed] = loop.take('peers.changed');
    expect(changed?.news).toMatchObject([{ fingerprint: own, addresses: ['192.0.2.9:1'] }]);
    expect(changed?.entries).toHaveLength(2);
    loop.send({ type: 'addresses.changed', ownAddresses: ['192.0.2.9:1'], listensOnLoopback: false });
    loop.clock.advance(dialDelays.tellPeersDelay);
    expect(told(loop)).toEqual([]);
  });

  // g[verify dial.trade]
  it('in a larger grove is to give up one link for each traded one that came up', () => {
    const loop = startLoop(inputFor(40), ({ answers }) => {
      for (let index = 1; index <= 40; index += 1) answers.set(addressOf(index), { afterMs: 5 });
    });
    const seen = new Set<string>();
    for (let second = 0; second < 1_800; second += 1) {
      loop.clock.advance(1_000);
      for (const { fingerprint } of loop.take('link.dialled')) {
        seen.add(fingerprint);
        loop.linkUp(Number.parseInt(fingerprint, 16), 'outbound');
      }
      for (const { fingerprint } of loop.take('link.retire')) {
        loop.linkDown(Number.parseInt(fingerprint, 16), false);
      }
      if (second > 90) expect(Object.keys(loop.context().linked)).toHaveLength(6);
    }
    expect(seen.size).toBeGreaterThan(25);
  });

  // g[verify dial.surplus]
  it('in a larger grove is to give up links above eight, one a round', () => {
    const loop = startLoop(inputFor(40, { rows: [] }));
    for (let index = 1; index <= 11; index += 1) loop.linkUp(index);
    for (let round = 0; round < 3; round += 1) {
      loop.send({ type: 'round.due' });
      const retired = loop.take('link.retire');
      expect(retired).toHaveLength(1);
      loop.linkDown(Number.parseInt(retired[0]?.fingerprint ?? '', 16), false);
    }
    expect(Object.keys(loop.context().linked)).toHaveLength(8);
  });

  // g[verify dial.bounds] g[verify dial.idle]
  it('stays small and quiet in a grove of 2,000 where nobody answers', () => {
    const loop = startLoop(inputFor(2_000));
    const minutes = 30;
    let fired = 0;
    for (let minute = 0; minute < minutes; minute += 1) {
      fired += loop.clock.advance(60_000);
      expect(loop.children().length).toBeLessThanOrEqual(4);
    }
    expect(fired / (minutes * 60)).toBeLessThan(1);
    expect(Object.keys(loop.context().book)).toHaveLength(2_000);
    expect(JSON.stringify(loop.context()).length).toBeLessThan(1_500_000);
  });
});
