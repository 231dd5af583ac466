/** The supervisor and the tree along which payloads are pushed, walked without running it. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import type { PushMode } from '../../src/protocol/types.ts';
import { leader } from '../protocol/fixtures.ts';
import { operator, second, standingOf, third as stranger } from './grove-fixtures.ts';
import { accepted, applied, broken, closed, following } from './supervisor-cases.ts';
import { cameOver, fed, first, links, meets, other, pull, third, toPeers, wants } from './supervisor-fed.ts';
import { step, walk } from './transition-rows.ts';

describe('when the link goes that brought the newest payload', () => {
  // g[verify gossip.graft]
  it.each([
    ['ends', closed('0', first)],
    ['breaks', broken('peer.0')],
  ])('and it %s, one other is asked for payloads', (_title, event) => {
    expect(toPeers(fed, event)).toEqual([pull('1')]);
  });

  // g[verify gossip.graft]
  it('nobody is asked who waits for ours if there is another, or who has not said hello', () => {
    const waiting = walk(supervisorMachine, fed, wants('1', 'version'), wants('2', 'version'));
    expect(toPeers(waiting, closed('0', first))).toEqual([pull('3')]);
    const all = walk(supervisorMachine, waiting, wants('3', 'version'));
    // Better who may wait for ours than nobody.
    expect(toPeers(all, closed('0', first))).toEqual([pull('1')]);
    const strange = walk(supervisorMachine, following, ...links.slice(0, 2), accepted('8', stranger));
    expect(toPeers(walk(supervisorMachine, strange, cameOver('0')), closed('0', first))).toEqual([]);
  });

  // g[verify gossip.graft]
  it('no link is asked that is about to go', () => {
    const going = walk(supervisorMachine, fed, ...meets('9', other));
    const waiting = walk(supervisorMachine, going, wants('2', 'version'), wants('3', 'version'));
    expect(waiting.context.links['1']).toMatchObject({ push: 'hello', retiring: true });
    // The first of those that wait for ours, since the only one that does not goes.
    expect(toPeers(waiting, closed('0', first))).toEqual([pull('2')]);
  });

  // g[verify gossip.graft]
  it('and only then: not for another link, nor for one that had brought an older payload, nor twice', () => {
    expect(toPeers(fed, closed('1', other))).toEqual([]);
    const moved = walk(supervisorMachine, fed, cameOver('2', third));
    expect(toPeers(moved, closed('0', first))).toEqual([]);
    const gone = walk(supervisorMachine, fed, closed('0', first));
    expect(toPeers(gone, closed('1', other))).toEqual([]);
  });
});

describe('a link that comes up', () => {
  const pushOf = (from: typeof following, fingerprint: string) => {
    const { rows } = step(supervisorMachine, from, accepted('9', fingerprint));
    return rows.flatMap((row) => ('spawn' in row ? [(row.input as { push: PushMode }).push] : []));
  };

  // g[verify gossip.fresh]
  it('is to carry payloads when the peer is new, or nobody brings any', () => {
    expect(pushOf(fed, second)).toEqual(['version']);
    expect(pushOf(fed, leader.fingerprint)).toEqual(['version']);
    const met = walk(supervisorMachine, fed, ...meets('8', leader.fingerprint));
    const gone = walk(supervisorMachine, met, closed('8', leader.fingerprint));
    // The leader is always nearest.
    expect(pushOf(gone, leader.fingerprint)).toEqual(['version']);
    expect(pushOf(met, leader.fingerprint)).toEqual(['version']);
    // The one before may be dead.
    expect(pushOf(fed, first)).toEqual(['version']);
    const lost = walk(supervisorMachine, fed, closed('0', first));
    expect(pushOf(lost, first)).toEqual(['version']);
    // The link was gone before what it brought was judged.
    const late = walk(supervisorMachine, lost, cameOver('0', first));
    expect(pushOf(late, first)).toEqual(['version']);
  });

  // g[verify gossip.fresh]
  it('is to carry announcements when payloads come already, and this peer was linked before or still is', () => {
    const before = walk(supervisorMachine, fed, closed('1', other));
    expect(pushOf(before, other)).toEqual(['hello']);
    const greeting = walk(supervisorMachine, fed, accepted('8', second));
    expect(pushOf(greeting, second)).toEqual(['hello']);
  });
});

describe('a long payload that is in force', () => {
  const long = standingOf({ seq: 43 }, { lineBytes: 20_000 });
  const from = walk(supervisorMachine, fed, wants('1', 'version'));
  const inForce = applied(long);
  const told = (linkId: string) => ({ to: `peer.${linkId}`, event: { type: 'announce', standing: long } });

  // g[verify gossip.announce-first] g[verify gossip.announcement]
  it('is announced at once where payloads are wanted, and in a moment to the others and to who brought it', () => {
    expect(toPeers(from, inForce)).toEqual([told('1')]);
    const later = walk(supervisorMachine, from, inForce);
    expect(toPeers(later, { type: 'news.announce' })).toEqual([told('0'), told('2'), told('3')]);
  });

  // g[verify gossip.announcement]
  it('is announced to everybody in a moment when a short one follows', () => {
    const next = standingOf({ seq: 44 });
    const followed = walk(supervisorMachine, from, inForce, applied(next));
    const everywhere = ['0', '1', '2', '3'];
    expect(toPeers(followed, { type: 'news.announce' })).toEqual(
      everywhere.map((linkId) => ({ to: `peer.${linkId}`, event: { type: 'announce', standing: next } })),
    );
  });

  // g[verify gossip.announcement]
  it('is announced too while the node leaves, since leaving may fail', () => {
    const leaving = walk(supervisorMachine, from, inForce, {
      type: 'leave',
      requestId: 'l',
      actor: operator,
      force: false,
    });
    expect(leaving.value).toBe('leaving');
    expect(toPeers(leaving, { type: 'news.announce' })).toEqual([told('0'), told('2'), told('3')]);
  });
});

// g[verify gossip.hello]
it('a payload that takes the place of another one is claimed at once over every link', () => {
  const { version: own42 } = standingOf({ seq: 42 });
  const replaced = standingOf({ seq: 42 }, { version: { ...own42, hash: '0'.repeat(64) } });
  const told = ['0', '1', '2', '3'].map((linkId) => ({
    to: `peer.${linkId}`,
    event: { type: 'announce', standing: replaced },
  }));
  expect(toPeers(fed, applied(replaced))).toEqual(told);
});
