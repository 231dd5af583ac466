/** How long to leave a peer alone after failures, and how long a round lasts. Random, so that nodes do not march in step. */
import { type Drawn, jitter, nextFloat, type RandomState } from '../random.ts';

export interface DialTimings {
  /** Mean time between two rounds. */
  readonly roundMs: number;
  /** Longest rest after the first failure. */
  readonly restBaseMs: number;
  /** Longest rest after any number of failures. */
  readonly restMaxMs: number;
}

/** Share of a round's length by which it may be shorter or longer. */
const roundJitter = 0.2;
/** Doubling stops here; far beyond any sensible `restMaxMs`, and far below where numbers lose precision. */
const doublingsMax = 30;

// g[impl dial.back-off]
/** After `failures` in a row (1 or more): between half of and all of the base doubled each time, up to the maximum. */
export function restDelay(failures: number, timings: DialTimings, random: RandomState): Drawn<number> {
  const doublings = Math.min(Math.max(failures, 1) - 1, doublingsMax);
  const longest = Math.min(timings.restBaseMs * 2 ** doublings, timings.restMaxMs);
  const [share, next] = nextFloat(random);
  return [Math.round(longest * (0.5 + share / 2)), next];
}

// g[impl dial.round]
/** The mean, a fifth shorter or longer. */
export function roundDelay(timings: DialTimings, random: RandomState): Drawn<number> {
  return jitter(timings.roundMs, roundJitter, random);
}
