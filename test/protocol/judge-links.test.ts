/** Which of a peer's links to keep, and when two machines hold one key. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBoot, judgeDuplicateLinks, linkSilentMs, type PeerLink } from '../../src/protocol/index.ts';

const smaller = '11'.repeat(32);
const larger = '22'.repeat(32);

const link = (id: string, change: Partial<PeerLink> = {}): PeerLink => ({
  id,
  direction: 'outbound',
  greeted: true,
  order: Number(id.slice(1)),
  silentMs: 0,
  boot: '7',
  ...change,
});

describe('judgeDuplicateLinks', () => {
  // g[verify message.duplicate-links]
  it('keeps the link whose client has the smaller fingerprint, on both sides the same', () => {
    const ours = [link('a1', { direction: 'outbound' }), link('b2', { direction: 'inbound' })];
    expect(judgeDuplicateLinks(ours, smaller, larger)).toEqual({ keep: 'a1', close: ['b2'] });
    const theirs = [link('a1', { direction: 'inbound' }), link('b2', { direction: 'outbound' })];
    expect(judgeDuplicateLinks(theirs, larger, smaller)).toEqual({ keep: 'a1', close: ['b2'] });
  });

  // g[verify message.duplicate-links]
  it('waits for the hellos: a link without them closes nothing and is not closed', () => {
    const links = [link('a1', { greeted: false }), link('b2', { direction: 'inbound' })];
    expect(judgeDuplicateLinks(links, smaller, larger)).toEqual({ keep: 'b2', close: [] });
    expect(judgeDuplicateLinks([link('a1', { greeted: false })], smaller, larger)).toEqual({
      keep: null,
      close: [],
    });
  });

  // g[verify message.duplicate-links]
  it('lets a newer link of the same direction replace a silent one only', () => {
    const silent = link('a1', { silentMs: linkSilentMs });
    expect(judgeDuplicateLinks([silent, link('b2')], smaller, larger)).toEqual({ keep: 'b2', close: ['a1'] });
    const alive = link('a1', { silentMs: linkSilentMs - 1 });
    expect(judgeDuplicateLinks([link('b2'), alive], smaller, larger)).toEqual({ keep: 'a1', close: ['b2'] });
  });

  // g[verify message.duplicate-links]
  it('takes a newer link of a restarted peer at once', () => {
    const links = [link('a1', { boot: '7' }), link('b2', { boot: '8' })];
    expect(judgeDuplicateLinks(links, smaller, larger)).toEqual({ keep: 'b2', close: ['a1'] });
  });

  // g[verify message.duplicate-links]
  it('takes the link a restarted peer dials, whoever dialled the one to its earlier process', () => {
    const links = [link('a1', { boot: '7' }), link('b2', { boot: '8', direction: 'inbound' })];
    expect(judgeDuplicateLinks(links, smaller, larger)).toEqual({ keep: 'b2', close: ['a1'] });
    expect(judgeDuplicateLinks(links, larger, smaller)).toEqual({ keep: 'b2', close: ['a1'] });
  });

  // g[verify message.duplicate-links]
  // g[verify message.duplicate-links]
  it('keeps the process that was linked first once two are known to use one key', () => {
    const links = [link('first', { boot: '1', order: 1 }), link('other', { boot: '2', order: 2 })];
    expect(judgeDuplicateLinks(links, smaller, larger).keep).toBe('other');
    expect(judgeDuplicateLinks(links, smaller, larger, { cloned: true })).toEqual({
      keep: 'first',
      close: ['other'],
    });
  });

  it('leaves at most one greeted link, and both sides the same one', () => {
    const pair = fc.record({
      weDialled: fc.boolean(),
      greeted: fc.boolean(),
      silent: fc.boolean(),
      boot: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 6 }), (pairs) => {
        const seenFrom = (side: boolean) =>
          pairs.map(({ weDialled, greeted, silent }, index) =>
            link(`x${index}`, {
              direction: weDialled === side ? 'outbound' : 'inbound',
              greeted,
              silentMs: silent ? linkSilentMs : 0,
            }),
          );
        const ours = judgeDuplicateLinks(seenFrom(true), smaller, larger);
        expect(judgeDuplicateLinks(seenFrom(false), larger, smaller)).toEqual(ours);
        const greeted = pairs.filter((each) => each.greeted).length;
        expect(ours.close.length).toBe(Math.max(0, greeted - 1));
        expect(ours.keep === null).toBe(greeted === 0);
      }),
    );
  });
});

describe('judgeBoot', () => {
  const replay = (...nonces: string[]) => {
    let history: readonly string[] = [];
    return nonces.map((nonce) => {
      const verdict = judgeBoot(history, nonce);
      history = verdict.history;
      return verdict.conflict;
    });
  };

  // g[verify message.clone]
  it('sees a restart in a new number and a copied key in an old one that comes back', () => {
    expect(replay('1', '1', '2', '2', '3')).toEqual([false, false, false, false, false]);
    expect(replay('1', '2', '1')).toEqual([false, false, true]);
    expect(replay('1', '2', '3', '1', '2')).toEqual([false, false, false, true, true]);
  });

  it('remembers a bounded number of boots', () => {
    let history: readonly string[] = [];
    for (let boot = 0; boot < 100; boot += 1) history = judgeBoot(history, String(boot)).history;
    expect(history).toEqual(['96', '97', '98', '99']);
  });
});
