import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restDelay, roundDelay } from '../../src/protocol/dialling/back-off.ts';
import { type Book, type BookRow, emptyRow, type KnownAddress } from '../../src/protocol/dialling/book.ts';
import { dialsMax, linksMax, linksMin, meshMembersMax } from '../../src/protocol/dialling/dial-limits.ts';
import {
  type DialView,
  planDials,
  planOne,
  planRound,
  tradedAway,
} from '../../src/protocol/dialling/plan-round.ts';
import { type RandomState, seedRandom } from '../../src/protocol/random.ts';

function peer(index: number): string {
  return index.toString(16).padStart(64, '0');
}

function proven(index: number): KnownAddress {
  return { address: `10.0.${index >> 8}.${index & 255}:1`, source: 'verified', proven: true, from: null };
}

function hint(index: number): KnownAddress {
  return { address: `10.1.${index >> 8}.${index & 255}:1`, source: 'hint', proven: false, from: null };
}

function bookOf(count: number, row: (index: number) => Partial<BookRow> = () => ({})): Book {
  const rows = Array.from({ length: count }, (_, index) => [
    peer(index + 1),
    { ...emptyRow, addresses: [proven(index + 1)], ...row(index + 1) },
  ]);
  return Object.fromEntries(rows);
}

function linkedTo(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [peer(index + 1), 1]));
}

function viewOf(count: number, changes: Partial<DialView> = {}): DialView {
  return {
    members: Array.from({ length: count + 1 }, (_, number) => peer(number)),
    book: bookOf(count),
    linked: {},
    unverifiedLeft: 32,
    random: seedRandom(1),
    ...changes,
  };
}

function dialled(view: DialView): readonly string[] {
  return planRound(view).dials.map(({ fingerprint }) => fingerprint);
}

/** Plans round after round, each with the generator the one before left. */
function rounds(view: DialView, count: number) {
  let { random } = view;
  return Array.from({ length: count }, () => {
    const plan = planRound({ ...view, random });
    random = plan.random;
    return plan;
  });
}

describe('planning a round', () => {
  // g[verify dial.parallel]
  it('dials four members at once at most, counting those under way', () => {
    expect(dialled(viewOf(7))).toHaveLength(dialsMax);
    const busy = bookOf(7, (index) => ({
      phase: index === 1 ? 'dialling' : index === 2 ? 'settling' : index === 3 ? 'resting' : 'idle',
    }));
    const plan = planRound(viewOf(7, { book: busy }));
    expect(plan.dials).toHaveLength(dialsMax - 2);
    expect(plan.more).toBe(true);
    for (const { fingerprint } of plan.dials) expect(busy[fingerprint]?.phase).toBe('idle');
  });

  // g[verify dial.mesh]
  it('wants a link to everybody in a grove of up to eight members', () => {
    const view = viewOf(meshMembersMax - 1, { linked: linkedTo(linksMin) });
    expect(dialled(view)).toEqual([peer(meshMembersMax - 1)]);
    const full = viewOf(meshMembersMax - 1, { linked: linkedTo(meshMembersMax - 1) });
    expect(planRound(full)).toMatchObject({ dials: [], retire: [] });
  });

  // g[verify dial.enough]
  it('dials up to six links in a larger grove, counting dials under way', () => {
    expect(dialled(viewOf(100, { linked: linkedTo(4) }))).toHaveLength(2);
    const book = bookOf(100, (index) => ({ phase: index === 50 ? 'dialling' : 'idle' }));
    expect(planDials(viewOf(100, { linked: linkedTo(4), book }), null).dials).toHaveLength(1);
    expect(planDials(viewOf(100, { linked: linkedTo(6) }), null).dials).toEqual([]);
    expect(planDials(viewOf(100, { linked: linkedTo(2) }), [peer(9)]).dials).toMatchObject([
      { fingerprint: peer(9), trading: false },
    ]);
  });

  // g[verify dial.choice]
  it('gives half of the dials to those without a link for longest, never connected first', () => {
    const book = bookOf(7, (index) => ({
      lastConnectedAt: index === 5 ? null : `2026-05-0${index}T00:00:00Z`,
    }));
    const firsts = rounds(viewOf(7, { book }), 20).map(({ dials }) =>
      dials.slice(0, 2).map((d) => d.fingerprint),
    );
    for (const first of firsts) expect(first).toEqual([peer(5), peer(1)]);
  });

  // g[verify dial.choice]
  it('still tries members that once answered when a crowd never did', () => {
    const book = bookOf(500, (index) => ({
      lastConnectedAt: index <= 10 ? '2026-05-07T12:00:00Z' : null,
    }));
    const chosen = rounds(viewOf(500, { book }), 400).flatMap(({ dials }) => dials.map((d) => d.fingerprint));
    const reached = new Set(chosen.filter((fingerprint) => book[fingerprint]?.lastConnectedAt !== null));
    expect(reached.size).toBeGreaterThan(5);
  });

  it('passes over members without an address', () => {
    const book = bookOf(7, (index) => (index === 3 ? {} : { addresses: [] }));
    expect(dialled(viewOf(7, { book }))).toEqual([peer(3)]);
  });

  // g[verify dial.trade]
  it('dials one random member in place of a link when a larger grove has six to eight', () => {
    for (const links of [linksMin, linksMin + 1, linksMax]) {
      const plans = rounds(viewOf(100, { linked: linkedTo(links) }), 60);
      for (const { dials, retire } of plans) {
        expect(dials).toHaveLength(1);
        expect(retire).toEqual([]);
        expect(dials[0]?.trading).toBe(true);
      }
      const chosen = new Set(plans.map(({ dials }) => dials[0]?.fingerprint));
      expect(chosen.size).toBeGreaterThan(30);
      for (let index = 1; index <= links; index += 1) expect(chosen.has(peer(index))).toBe(false);
    }
  });

  // g[verify dial.trade]
  it('trades away any link but the new one, and none when that would leave fewer than six', () => {
    const view = viewOf(100, { linked: linkedTo(7) });
    const seen = new Set<string | null>();
    let { random } = view;
    for (let round = 0; round < 100; round += 1) {
      const [victim, next] = tradedAway({ ...view, random }, peer(7));
      seen.add(victim);
      random = next;
    }
    expect([...seen].toSorted()).toEqual([1, 2, 3, 4, 5, 6].map(peer));
    expect(tradedAway(viewOf(100, { linked: linkedTo(6) }), peer(6))[0]).toBeNull();
    expect(tradedAway(viewOf(7, { linked: linkedTo(7) }), peer(7))[0]).toBeNull();
  });

  // g[verify dial.surplus]
  it('gives up one link a round above eight, and more when there are very many', () => {
    expect(planRound(viewOf(100, { linked: linkedTo(8) })).retire).toEqual([]);
    for (const [links, surplus] of [
      [9, 1],
      [16, 1],
      [17, 2],
      [88, 10],
    ] as const) {
      const plan = planRound(viewOf(100, { linked: linkedTo(links) }));
      expect(plan.retire).toHaveLength(surplus);
      expect(plan.dials).toEqual([]);
    }
  });

  // g[verify dial.unverified]
  it('spends its budget on hints in order, and dials no hint without one', () => {
    const book = bookOf(7, (index) => ({ addresses: [proven(index), hint(4 * index), hint(4 * index + 1)] }));
    const rich = planRound(viewOf(7, { book, unverifiedLeft: 32 }));
    expect(rich.unverifiedLeft).toBe(32 - 2 * dialsMax);
    const tight = planRound(viewOf(7, { book, unverifiedLeft: 3 }));
    expect(tight.dials.map(({ targets }) => targets.length)).toEqual([3, 2, 1, 1]);
    expect(tight.unverifiedLeft).toBe(0);
    const onlyHints = bookOf(7, (index) => ({ addresses: [hint(index)] }));
    expect(dialled(viewOf(7, { book: onlyHints, unverifiedLeft: 0 }))).toEqual([]);
    expect(planOne(viewOf(7, { book: onlyHints, unverifiedLeft: 0 }), peer(1))).toBeNull();
  });

  it('races configured addresses first, then proven ones, then hints', () => {
    const addresses: KnownAddress[] = [
      { address: '10.9.9.9:1', source: 'configured', proven: false, from: null },
      proven(1),
      hint(1),
    ];
    const view = viewOf(1, { book: { [peer(1)]: { ...emptyRow, addresses } } });
    expect(planRound(view).dials[0]?.targets).toEqual(
      addresses.map(({ address }) => ({ address, fingerprint: peer(1) })),
    );
  });

  it('plans the same for the same view, and leaves the view as it was', () => {
    const view = viewOf(100, { linked: linkedTo(3) });
    const before = structuredClone(view);
    expect(planRound(view)).toEqual(planRound(view));
    expect(view).toEqual(before);
  });

  // g[verify dial.parallel] g[verify dial.enough]
  it('never dials more than it may, nor anybody linked, resting or without address', () => {
    const phase = fc.constantFrom('idle', 'dialling', 'settling', 'resting') as fc.Arbitrary<
      BookRow['phase']
    >;
    const rows = fc.array(fc.record({ phase, linked: fc.boolean(), addressed: fc.boolean() }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 32 }), fc.integer(), (list, unverifiedLeft, seed) => {
        const book = bookOf(list.length, (index) => ({
          phase: list[index - 1]?.phase ?? 'idle',
          addresses: list[index - 1]?.addressed ? [hint(index)] : [],
        }));
        const links = list.flatMap(({ linked }, index) => (linked ? [[peer(index + 1), 1]] : []));
        const linked: Record<string, number> = Object.fromEntries(links);
        const view = viewOf(list.length, { book, linked, unverifiedLeft, random: seedRandom(seed) });
        const plan = planRound(view);
        const inFlight = Object.entries(book).filter(
          ([fingerprint, row]) => ['dialling', 'settling'].includes(row.phase) && !(fingerprint in linked),
        ).length;
        expect(plan.dials.length).toBeLessThanOrEqual(Math.max(0, dialsMax - inFlight));
        expect(plan.unverifiedLeft).toBe(unverifiedLeft - plan.dials.length);
        for (const { fingerprint } of plan.dials) {
          expect(fingerprint in linked).toBe(false);
          expect(book[fingerprint]?.phase).toBe('idle');
          expect(book[fingerprint]?.addresses).toHaveLength(1);
        }
        for (const fingerprint of plan.retire) expect(fingerprint in linked).toBe(true);
      }),
    );
  });
});

describe('waiting', () => {
  const timings = { roundMs: 30_000, restBaseMs: 1_000, restMaxMs: 300_000 };

  function extremes(draw: (random: RandomState) => readonly [number, RandomState]) {
    let random = seedRandom(7);
    const values: number[] = [];
    for (let index = 0; index < 2_000; index += 1) {
      const [value, next] = draw(random);
      values.push(value);
      random = next;
    }
    return { least: Math.min(...values), most: Math.max(...values) };
  }

  // g[verify dial.back-off]
  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [9, 256_000],
    [10, 300_000],
    [11, 300_000],
    [1_000_000, 300_000],
  ])('rests after %i failures between half of and all of %i ms', (failures, longest) => {
    const { least, most } = extremes((random) => restDelay(failures, timings, random));
    expect(least).toBeGreaterThanOrEqual(longest / 2);
    expect(least).toBeLessThan(longest * 0.51);
    expect(most).toBeLessThanOrEqual(longest);
    expect(most).toBeGreaterThan(longest * 0.99);
  });

  // g[verify dial.round]
  it('has rounds of 30 s, a fifth shorter or longer', () => {
    const { least, most } = extremes((random) => roundDelay(timings, random));
    expect(least).toBeGreaterThanOrEqual(24_000);
    expect(least).toBeLessThan(24_200);
    expect(most).toBeLessThanOrEqual(36_000);
    expect(most).toBeGreaterThan(35_800);
  });
});
