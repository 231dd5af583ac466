/** What the tests share that kill nodes by chance. */
import { nextBelow, seedRandom } from '../../src/protocol/index.ts';
import type { Daemon, Watch } from './support.ts';

/** A node that is replaced by its next life. */
export interface Killable {
  daemon: Daemon;
  watch: Watch;
}

/** Whole numbers below a bound, the same for the same seed. */
export function chance(seed: string): (bound: number) => number {
  let state = seedRandom(seed);
  return (bound) => {
    const [value, next] = nextBelow(bound, state);
    state = next;
    return value;
  };
}
