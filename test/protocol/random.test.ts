/** The seeded generator: frozen, uniform enough, and its state plain JSON. */
import { describe, expect, it } from 'vitest';
import {
  type Drawn,
  jitter,
  nextBelow,
  nextFloat,
  nextUint32,
  pick,
  type RandomState,
  seedRandom,
  shuffle,
} from '../../src/protocol/index.ts';

function draw<Value>(
  count: number,
  next: (state: RandomState) => Drawn<Value>,
  seed: number | string = 1,
): Value[] {
  let state = seedRandom(seed);
  return Array.from({ length: count }, () => {
    const [value, following] = next(state);
    state = following;
    return value;
  });
}

describe('the seeded generator', () => {
  it('draws the same numbers from the same seed, for ever', () => {
    expect(draw(3, nextUint32, 42)).toEqual([75_011_220, 2_801_282_677, 2_503_296_145]);
    expect(draw(3, nextUint32, 42)).not.toEqual(draw(3, nextUint32, 43));
    expect(draw(3, nextUint32, 'a')).not.toEqual(draw(3, nextUint32, 'b'));
  });

  it('goes on where a state that went through JSON left off', () => {
    const [, state] = nextUint32(seedRandom(7));
    const revived: RandomState = JSON.parse(JSON.stringify(state));
    expect(nextUint32(revived)).toEqual(nextUint32(state));
  });

  it('spreads evenly over its range', () => {
    const counts = Array(10).fill(0);
    for (const value of draw(10_000, (state) => nextBelow(10, state))) counts[value] += 1;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
    const mean = draw(10_000, nextFloat).reduce((sum, value) => sum + value, 0) / 10_000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });

  it('shuffles into every order, losing nothing, and leaves the list alone', () => {
    const list = [1, 2, 3];
    const orders = draw(600, (state) => shuffle(list, state)).map((order) => order.join(''));
    const seen = new Map<string, number>();
    for (const order of orders) seen.set(order, (seen.get(order) ?? 0) + 1);
    expect([...seen.keys()].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
    for (const count of seen.values()) expect(count).toBeGreaterThan(60);
    expect(list).toEqual([1, 2, 3]);
  });

  it('picks each item, and refuses to pick from nothing', () => {
    expect(new Set(draw(50, (state) => pick(['a', 'b'], state)))).toEqual(new Set(['a', 'b']));
    expect(() => pick([], seedRandom(1))).toThrow('bound');
  });

  it('jitters around the base, both ways, within the fraction', () => {
    const delays = draw(500, (state) => jitter(30_000, 0.2, state));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(24_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(36_000);
    expect(Math.min(...delays)).toBeLessThan(25_000);
    expect(Math.max(...delays)).toBeGreaterThan(35_000);
  });
});
