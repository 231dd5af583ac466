/**
 * A seeded generator whose state is plain JSON and is passed along: the same seed draws the same numbers on
 * every machine. For choices and jitter, never for keys. (sfc32, by Chris Doty-Humphrey.)
 */
import { assert } from './assert.ts';

export type RandomState = readonly [number, number, number, number];

/** What a draw gives: a value and the state to draw the next one from. */
export type Drawn<Value> = readonly [Value, RandomState];

const warmUpRounds = 15;

/** The state for a seed: any finite number or text. */
export function seedRandom(seed: number | string): RandomState {
  const text = String(seed);
  let state: RandomState = [
    hashText(text, 0x9e3779b9),
    hashText(text, 0x243f6a88),
    hashText(text, 0xb7e15162),
    1,
  ];
  for (let round = 0; round < warmUpRounds; round += 1) state = nextUint32(state)[1];
  return state;
}

/** Uniform over 0 … 2^32-1. */
export function nextUint32([a, b, c, counter]: RandomState): Drawn<number> {
  const value = (a + b + counter) >>> 0;
  const rotated = ((c << 21) | (c >>> 11)) >>> 0;
  return [value, [(b ^ (b >>> 9)) >>> 0, (c + (c << 3)) >>> 0, (rotated + value) >>> 0, (counter + 1) >>> 0]];
}

/** Uniform over [0, 1). */
export function nextFloat(state: RandomState): Drawn<number> {
  const [value, next] = nextUint32(state);
  return [value / 2 ** 32, next];
}

/** Uniform over 0 … bound-1, for a whole bound from 1 to 2^32. */
export function nextBelow(bound: number, state: RandomState): Drawn<number> {
  assert(
    Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32,
    'a bound is a whole number from 1 to 2^32',
  );
  const [fraction, next] = nextFloat(state);
  return [Math.floor(fraction * bound), next];
}

/** One of a list that is not empty. */
export function pick<Item>(items: readonly Item[], state: RandomState): Drawn<Item> {
  const [index, next] = nextBelow(items.length, state);
  const item = items[index];
  assert(item !== undefined, 'a list to pick from holds no undefined');
  return [item, next];
}

/** A new list in random order (Fisher and Yates). */
export function shuffle<Item>(items: readonly Item[], state: RandomState): Drawn<Item[]> {
  const shuffled: Item[] = [];
  let current = state;
  for (const item of items) {
    const [index, next] = nextBelow(shuffled.length + 1, current);
    current = next;
    const displaced = shuffled[index];
    if (displaced === undefined) shuffled.push(item);
    else {
      shuffled.push(displaced);
      shuffled[index] = item;
    }
  }
  return [shuffled, current];
}

/** `base` plus or minus up to `fraction` of it: jitter(30_000, 0.2, state) lies in 24 000 … 36 000, whole. */
export function jitter(base: number, fraction: number, state: RandomState): Drawn<number> {
  const [value, next] = nextFloat(state);
  return [Math.round(base * (1 - fraction + 2 * fraction * value)), next];
}

/** FNV-1a over UTF-16 units from a given basis. */
function hashText(text: string, basis: number): number {
  let hash = basis >>> 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}
