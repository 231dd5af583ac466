/** The supervisor and the tree along which payloads are pushed, walked without running it. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import type { PushMode } from '../../src/protocol/types.ts';
import { leader } from '../protocol/fixtures.ts';
import { operator, own, second, standingOf, third } from './grove-fixtures.ts';
import { accepted, applied, broken, closed, following, greeted } from './supervisor-cases.ts';
import { step, walk } from './transition-rows.ts';

const { version, lineBytes } = standingOf({ seq: 43 });
const wants = (linkId: string, push: PushMode) => ({ type: 'peer.wants', linkId, push }) as const;
const peers = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
const links = peers.flatMap((peer, index) => [accepted(`${index}`, peer), greeted(`${index}`, peer)]);
const cameOver = (linkId: string | null, fingerprint = own) =>
  ({
    type: 'payload.verified',
    linkId,
    fingerprint,
    version,
    lineBytes,
    boot: '41',
    membersRemoved: [],
  }) as const;
const pull = (linkId: string) => ({ to: `peer.${linkId}`, event: { type: 'pull' } });
const pulls = (from: typeof following, event: Parameters<typeof step<typeof supervisorMachine>>[2]) =>
  step(supervisorMachine, from, event).rows.filter((row) => 'to' in row && row.to.startsWith('peer.'));

const lazy = [wants('1', 'hello'), wants('2', 'hello'), wants('3', 'hello')] as const;
const fed = walk(supervisorMachine, following, ...links, ...lazy, cameOver('0', peers[0]));

describe('when the link goes that brought the newest payload', () => {
  // g[verify gossip.graft]
  it.each([
    ['ends', closed('0', peers[0] ?? '')],
    ['breaks', broken('peer.0')],
  ])('and it %s, two others are asked for payloads', (_title, event) => {
    expect(pulls(fed, event)).toEqual([pull('1'), pull('2')]);
  });

  // g[verify gossip.graft]
  it('nobody is asked who waits for ours, or has not said hello', () => {
    const waiting = walk(supervisorMachine, fed, wants('1', 'version'), wants('2', 'version'));
    expect(pulls(waiting, closed('0', peers[0] ?? ''))).toEqual([pull('3')]);
    const all = walk(supervisorMachine, waiting, wants('3', 'version'));
    // Better who may wait for ours than nobody.
    expect(pulls(all, closed('0', peers[0] ?? ''))).toEqual([pull('1'), pull('2')]);
    const strange = walk(supervisorMachine, following, ...links.slice(0, 2), accepted('8', third));
    expect(pulls(walk(supervisorMachine, strange, cameOver('0')), closed('0', peers[0] ?? ''))).toEqual([]);
  });

  // g[verify gossip.graft]
  it('and only then: not for another link, nor for one that had brought an older payload, nor twice', () => {
    expect(pulls(fed, closed('1', peers[1] ?? ''))).toEqual([]);
    const moved = walk(supervisorMachine, fed, cameOver('2', peers[2]));
    expect(pulls(moved, closed('0', peers[0] ?? ''))).toEqual([]);
    const gone = walk(supervisorMachine, fed, closed('0', peers[0] ?? ''));
    expect(pulls(gone, closed('1', peers[1] ?? ''))).toEqual([]);
  });
});

describe('of two links to one peer', () => {
  // The second comes up while another peer brings payloads, and carries announcements at first.
  const lazily = walk(supervisorMachine, following, ...links, ...lazy, cameOver('1', peers[1]));
  const another = walk(supervisorMachine, lazily, accepted('8', peers[0] ?? ''));
  const twice = walk(supervisorMachine, another, cameOver('0', peers[0]));
  const both = walk(supervisorMachine, twice, greeted('8', peers[0] ?? ''));

  // g[verify gossip.graft]
  it('the one that stays takes the place of the other, and nobody else is asked', () => {
    const { rows, snapshot } = step(supervisorMachine, both, closed('0', peers[0] ?? ''));
    expect(rows).toContainEqual(pull('8'));
    expect(pulls(snapshot, closed('8', peers[0] ?? ''))).toEqual([pull('1'), pull('2')]);
  });

  // g[verify gossip.graft]
  it('the one that stays is asked when it has said hello, if the other went before', () => {
    const nobody = walk(supervisorMachine, twice, closed('0', peers[0] ?? ''));
    expect(pulls(nobody, greeted('8', peers[0] ?? ''))).toContainEqual(pull('8'));
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
    const met = walk(
      supervisorMachine,
      fed,
      accepted('8', leader.fingerprint),
      greeted('8', leader.fingerprint),
    );
    const gone = walk(supervisorMachine, met, closed('8', leader.fingerprint));
    // The leader is always nearest.
    expect(pushOf(gone, leader.fingerprint)).toEqual(['version']);
    expect(pushOf(met, leader.fingerprint)).toEqual(['version']);
    // The one before may be dead.
    expect(pushOf(fed, peers[0] ?? '')).toEqual(['version']);
    const lost = walk(supervisorMachine, fed, closed('0', peers[0] ?? ''));
    expect(pushOf(lost, peers[0] ?? '')).toEqual(['version']);
    // The link was gone before what it brought was judged.
    const late = walk(supervisorMachine, lost, cameOver('0', peers[0]));
    expect(pushOf(late, peers[0] ?? '')).toEqual(['version']);
  });

  // g[verify gossip.fresh]
  it('is to carry announcements when payloads come already, and this peer was linked before or still is', () => {
    const before = walk(supervisorMachine, fed, closed('1', peers[1] ?? ''));
    expect(pushOf(before, peers[1] ?? '')).toEqual(['hello']);
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
    expect(pulls(from, inForce)).toEqual([told('1')]);
    const later = walk(supervisorMachine, from, inForce);
    expect(pulls(later, { type: 'news.announce' })).toEqual([told('0'), told('2'), told('3')]);
  });

  // g[verify gossip.announcement]
  it('is announced to everybody in a moment when a short one follows', () => {
    const next = standingOf({ seq: 44 });
    const followed = walk(supervisorMachine, from, inForce, applied(next));
    const everywhere = ['0', '1', '2', '3'];
    expect(pulls(followed, { type: 'news.announce' })).toEqual(
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
    expect(pulls(leaving, { type: 'news.announce' })).toEqual([told('0'), told('2'), told('3')]);
  });
});

// g[verify gossip.hello]
it('a payload that takes the place of another one is claimed at once over every link', () => {
  const { version: own42 } = standingOf({ seq: 42 });
  const other = standingOf({ seq: 42 }, { version: { ...own42, hash: '0'.repeat(64) } });
  const told = ['0', '1', '2', '3'].map((linkId) => ({
    to: `peer.${linkId}`,
    event: { type: 'announce', standing: other },
  }));
  expect(pulls(fed, applied(other))).toEqual(told);
});
