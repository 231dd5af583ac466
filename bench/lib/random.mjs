/** A seeded generator (mulberry32), so that the gaps and links of a run can be repeated. */

/** Returns a function giving uniform numbers in [0, 1). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` different whole numbers below `size`, none of them `except`. */
export function pickDistinct(random, size, count, except) {
  const candidates = Array.from({ length: size }, (_, index) => index).filter((index) => index !== except);
  for (let last = candidates.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [candidates[last], candidates[other]] = [candidates[other], candidates[last]];
  }
  return candidates.slice(0, count);
}
