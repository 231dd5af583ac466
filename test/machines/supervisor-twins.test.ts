/** Two links to one peer: which goes, and what the one that stays takes over from it. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { accepted, closed, following, greeted } from './supervisor-cases.ts';
import {
  cameOver,
  fed,
  first,
  lazy,
  links,
  meets,
  other,
  pull,
  retire,
  toPeers,
  want,
} from './supervisor-fed.ts';
import { step, walk } from './transition-rows.ts';

/** Link 8 to the first peer came up while another peer brought payloads, so it began with announcements. */
const elsewhere = walk(supervisorMachine, following, ...links, ...lazy, cameOver('1', other));
const lazily = walk(supervisorMachine, elsewhere, accepted('8', first));
/** Since then link 0 brings them. */
const moved = walk(supervisorMachine, lazily, cameOver('0', first));
const both = walk(supervisorMachine, moved, greeted('8', first));

describe('of two links to one peer the surplus one', () => {
  // g[verify gossip.duplicate-links]
  it('that brings payloads hands that over to one that began with announcements, and goes', () => {
    expect(toPeers(moved, greeted('8', first))).toEqual([pull('8'), retire('0')]);
    expect(both.context.source).toBe('8');
    expect(both.context.links).toMatchObject({ '0': { retiring: true }, '8': { retiring: false } });
  });

  // g[verify gossip.duplicate-links]
  it('that brings payloads hands that over to one that began with payloads too: it may have been pruned', () => {
    // Who brings them now may have lost the link before.
    const eager = walk(supervisorMachine, fed, accepted('8', first));
    expect(toPeers(eager, greeted('8', first))).toEqual([pull('8'), retire('0')]);
    expect(walk(supervisorMachine, eager, greeted('8', first)).context.source).toBe('8');
  });

  // g[verify gossip.duplicate-links]
  it('goes without a word while another peer brings payloads, which stays the source', () => {
    const { rows, changes } = step(supervisorMachine, lazily, greeted('8', first));
    expect(rows.filter((row) => 'to' in row && row.to.startsWith('peer.'))).toEqual([retire('0')]);
    expect(changes).not.toHaveProperty('source');
  });

  // g[verify gossip.duplicate-links]
  it('is no rival of the next one: the link that is about to go is not kept', () => {
    // Link 0 goes, link 8 ends within the second, and link 9 comes up.
    const again = walk(supervisorMachine, both, closed('8', first), accepted('9', first));
    expect(toPeers(again, greeted('9', first))).not.toContainEqual(retire('9'));
  });

  // g[verify gossip.duplicate-links]
  it('that carries announcements like the other goes without a word, and none goes twice', () => {
    const thrice = walk(supervisorMachine, lazily, greeted('8', first), accepted('9', first));
    expect(toPeers(thrice, greeted('9', first))).toEqual([retire('8')]);
    const kept = walk(supervisorMachine, thrice, greeted('9', first)).context.links;
    expect(Object.values(kept).filter(({ retiring }) => retiring)).toMatchObject([
      { linkId: '0' },
      { linkId: '8' },
    ]);
  });

  // g[verify gossip.duplicate-links]
  it('may be the newer one, and then hands nothing over', () => {
    // Of two that cross, the one stays whose client has the smaller fingerprint.
    const smaller = '0'.repeat(64);
    const incoming = walk(supervisorMachine, fed, ...meets('7', smaller), cameOver('7', smaller));
    const dialled = { ...accepted('8', smaller), type: 'link.dialled' } as const;
    const crossed = walk(supervisorMachine, incoming, dialled);
    expect(toPeers(crossed, greeted('8', smaller))).toEqual([retire('8')]);
    expect(walk(supervisorMachine, crossed, greeted('8', smaller)).context.source).toBe('7');
  });

  // g[verify gossip.graft]
  it('is not missed when it ends: its place is taken already', () => {
    const { snapshot } = step(supervisorMachine, both, closed('0', first));
    expect(toPeers(both, closed('0', first))).toEqual([]);
    expect(snapshot.context.source).toBe('8');
    expect(toPeers(snapshot, closed('8', first))).toEqual([pull('1')]);
  });

  // g[verify gossip.graft]
  it('is replaced by the other when it ends after a last payload came over it, and nobody else is asked', () => {
    const late = walk(supervisorMachine, both, cameOver('0', first));
    expect(late.context.source).toBe('0');
    const { snapshot } = step(supervisorMachine, late, closed('0', first));
    expect(toPeers(late, closed('0', first))).toEqual([pull('8')]);
    expect(snapshot.context.source).toBe('8');
  });

  // g[verify gossip.graft]
  it('is no replacement for the one that was to stay', () => {
    const { snapshot } = step(supervisorMachine, both, closed('8', first));
    expect(toPeers(both, closed('8', first))).toEqual([pull('1')]);
    expect(snapshot.context.source).toBeNull();
  });

  // g[verify gossip.graft]
  it('may go before the other has said hello: that one is asked when it has', () => {
    const nobody = walk(supervisorMachine, moved, closed('0', first));
    expect(toPeers(moved, closed('0', first))).toEqual([pull('1')]);
    expect(toPeers(nobody, greeted('8', first))).toEqual([pull('8')]);
  });
});

describe('what a link announced that is about to go', () => {
  const pulls = (linkId: string) => ({ type: 'news.pull', linkId }) as const;
  const going = walk(supervisorMachine, fed, ...meets('9', other));

  // g[verify gossip.pull]
  it('is asked for over the link to that peer that stays', () => {
    expect(toPeers(going, pulls('1'))).toEqual([pull('9')]);
    expect(toPeers(going, pulls('9'))).toEqual([pull('9')]);
    expect(toPeers(going, pulls('2'))).toEqual([pull('2')]);
  });

  // g[verify gossip.pull]
  it('is asked for over that link itself when no other one to that peer is greeted', () => {
    const alone = walk(supervisorMachine, going, closed('9', other));
    expect(toPeers(alone, pulls('1'))).toEqual([pull('1')]);
    expect(toPeers(walk(supervisorMachine, alone, accepted('10', other)), pulls('1'))).toEqual([pull('1')]);
  });

  // g[verify gossip.swap]
  it('comes nearer only over the one that stays', () => {
    const nearer = (linkId: string) => ({ type: 'news.nearer', linkId }) as const;
    expect(toPeers(going, nearer('1'))).toEqual([]);
    expect(toPeers(going, nearer('9'))).toEqual([want('9', 'version'), want('0', 'hello')]);
  });
});
