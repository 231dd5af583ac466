/** What a supervisor makes of announcements, and which links it lets the dial loop give up. */
import { describe, expect, it } from 'vitest';
import type { Coming, PeerAnnounced } from '../../machines/peer-events.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { leader } from '../protocol/fixtures.ts';
import { outsider } from './grove-fixtures.ts';
import { close, closed, following, judged, leave } from './supervisor-cases.ts';
import {
  cameOver,
  fed,
  first,
  last,
  lazy,
  links,
  meets,
  other,
  third,
  toPeers,
  version,
  want,
  wants,
} from './supervisor-fed.ts';
import { step, walk } from './transition-rows.ts';

const lost = walk(supervisorMachine, fed, closed('0', first));

describe('a link that had a payload sooner than the one that brought it', () => {
  const nearer = (linkId: string) => ({ type: 'news.nearer', linkId }) as const;

  // g[verify gossip.swap]
  it('is to carry payloads from the next hello on, and the slower one announcements', () => {
    expect(toPeers(fed, nearer('2'))).toEqual([want('2', 'version'), want('0', 'hello')]);
  });

  // g[verify gossip.swap]
  it('is where the next payload is expected: another link is asked when it goes', () => {
    const swapped = walk(supervisorMachine, fed, nearer('2'));
    expect(swapped.context.source).toBe('2');
    expect(toPeers(swapped, closed('2', third))).toHaveLength(1);
    expect(toPeers(swapped, closed('0', first))).toEqual([]);
  });

  // g[verify gossip.prune]
  it('keeps its place when the copy it was asked for comes second; any other link is told of a copy', () => {
    const copy = (linkId: string) => judged(linkId, { kind: 'duplicate', seq: 43 });
    const swapped = walk(supervisorMachine, fed, nearer('2'));
    expect(toPeers(swapped, copy('2'))).toEqual([]);
    expect(toPeers(swapped, copy('0'))).toEqual([{ to: 'peer.0', event: copy('0') }]);
    expect(toPeers(fed, copy('2'))).toEqual([{ to: 'peer.2', event: copy('2') }]);
  });

  // g[verify gossip.swap]
  it('does not take the place of the leader', () => {
    const led = walk(
      supervisorMachine,
      fed,
      ...meets('5', leader.fingerprint),
      cameOver('5', leader.fingerprint),
    );
    expect(toPeers(led, nearer('2'))).toEqual([]);
    expect(led.context.source).toBe('5');
  });

  const twice = walk(supervisorMachine, fed, ...meets('8', first));
  // g[verify gossip.swap]
  it.each([
    ['nobody brought it over a link', lost, '2'],
    ['it came from the disk', walk(supervisorMachine, fed, cameOver(null)), '2'],
    ['it is gone', fed, '7'],
    ['it is the one that brought it', fed, '0'],
    ['it is another one to the peer that brought it', walk(supervisorMachine, twice, cameOver('0')), '8'],
    ['it is about to go', walk(supervisorMachine, fed, ...meets('9', other)), '1'],
    ['the node leaves', walk(supervisorMachine, fed, leave), '2'],
  ])('changes nothing when %s', (_title, from, linkId) => {
    const { rows, changes } = step(supervisorMachine, from, nearer(linkId));
    expect([rows, changes]).toEqual([[], {}]);
  });
});

describe('an announcement', () => {
  const announces = (comes: Coming): PeerAnnounced => ({
    type: 'peer.announced',
    linkId: '1',
    version,
    comes,
  });
  const passed = (from: typeof fed, comes: Coming) => step(supervisorMachine, from, announces(comes)).rows;

  // g[verify gossip.pull]
  it.each([
    ['over-this-link', 'over-this-link'],
    ['over-another', 'over-another'],
    ['when-asked', 'over-either'],
  ] as const)('that is to come %s comes %s while another link brings payloads', (comes, told) => {
    expect(passed(fed, comes)).toEqual([{ to: 'news', event: announces(told) }]);
  });

  // g[verify gossip.pull]
  it('over the link that brings payloads comes when it is asked for', () => {
    const long = { ...announces('when-asked'), linkId: '0' };
    expect(step(supervisorMachine, fed, long).rows).toEqual([{ to: 'news', event: long }]);
  });

  // g[verify gossip.pull]
  it.each([
    ['over-this-link', 'over-this-link'],
    ['over-another', 'when-asked'],
    ['when-asked', 'when-asked'],
  ] as const)('that is to come %s comes %s once no link brings payloads any more', (comes, told) => {
    expect(passed(lost, comes)).toEqual([{ to: 'news', event: announces(told) }]);
  });
});

describe('a link that the dial loop gives up', () => {
  const givesUp = (fingerprint: string) => ({ type: 'link.retire', fingerprint }) as const;
  const closes = (linkId: string) => close(linkId, 0, 'enough other links');
  const needed = walk(supervisorMachine, fed, wants('1', 'version'), wants('2', 'version'));
  const allNeeded = walk(supervisorMachine, needed, wants('3', 'version'));

  // g[verify dial.surplus]
  it('goes when neither side gets payloads over it', () => {
    expect(toPeers(fed, givesUp(other))).toEqual([closes('1')]);
    expect(toPeers(needed, givesUp(last))).toEqual([closes('3')]);
  });

  // g[verify dial.surplus]
  it('stays when it brings payloads, whatever the others do', () => {
    expect(toPeers(fed, givesUp(first))).toEqual([]);
    expect(toPeers(allNeeded, givesUp(first))).toEqual([]);
    const unwanted = walk(supervisorMachine, fed, wants('0', 'hello'));
    expect(toPeers(unwanted, givesUp(first))).toEqual([]);
    // It may go as soon as another one brings them.
    expect(toPeers(walk(supervisorMachine, unwanted, cameOver('1', other)), givesUp(first))).toEqual([
      closes('0'),
    ]);
  });

  // g[verify dial.surplus]
  it('stays when its peer waits for ours and another one is spare, and goes when none is', () => {
    expect(toPeers(needed, givesUp(other))).toEqual([]);
    expect(toPeers(allNeeded, givesUp(third))).toEqual([closes('2')]);
    // The one that brings payloads is not spare, though its peer wants none.
    const unwanted = walk(supervisorMachine, allNeeded, wants('0', 'hello'));
    expect(toPeers(unwanted, givesUp(third))).toEqual([closes('2')]);
  });

  // g[verify dial.surplus]
  it('stays with the other one to its peer when payloads are wanted over one of the two', () => {
    const twice = walk(supervisorMachine, fed, ...meets('9', other));
    expect(toPeers(twice, givesUp(other))).toEqual([]);
    const spare = walk(supervisorMachine, twice, wants('9', 'hello'));
    expect(toPeers(spare, givesUp(other))).toEqual([closes('1'), closes('9')]);
    const source = walk(supervisorMachine, spare, cameOver('9', other));
    expect(toPeers(source, givesUp(other))).toEqual([]);
  });

  // g[verify dial.surplus]
  it('goes in a node that no link brings payloads, if its peer wants none', () => {
    const idle = walk(supervisorMachine, following, ...links, ...lazy);
    expect(toPeers(idle, givesUp(other))).toEqual([closes('1')]);
    expect(toPeers(idle, givesUp(first))).toEqual([]);
  });

  it('may be gone already', () => {
    expect(toPeers(fed, givesUp(outsider))).toEqual([]);
  });
});
