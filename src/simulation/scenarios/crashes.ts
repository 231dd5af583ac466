/** Death between every two steps of publishing and applying. */
import type { Action } from '../plan/index.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import type { CrashPoint } from '../world/simulated-disk.ts';
import type { Scenario } from './scenario.ts';
import { at, followers, publishes, second } from './steps.ts';

interface Death {
  readonly point: CrashPoint;
  /** It passes the point so often before. */
  readonly after: number;
}

/** Lines that a node sends for one payload: a few, or to everybody. */
function sending(random: SeededRandom, nodes: number): Death[] {
  return [0, 1, 2, random.below(nodes)].map((after) => ({ point: 'sending', after }));
}

const gapMs = 50 * second;

export const crashOfTheLeader: Scenario = {
  name: 'crash-leader-at-every-step',
  about:
    'The leader dies while it signs, before and after it stores, and after some lines, and starts again each time.',
  nodes: 7,
  nodesMin: 2,
  write: (random, nodes) => {
    const deaths: Death[] = [
      { point: 'signing', after: 0 },
      { point: 'before-commit', after: 0 },
      { point: 'after-commit', after: 0 },
      ...sending(random, nodes),
    ];
    return {
      plan: deaths.flatMap((death, index): Action[] => {
        const from = index * gapMs;
        return [
          ...at(from, { do: 'crash', node: 0, ...death }, { do: 'publish', value: `death ${index}` }),
          ...at(from + random.between(second, 10 * second), { do: 'start', node: 0 }),
          ...at(from + 15 * second, { do: 'publish', value: `after death ${index}` }),
        ];
      }),
    };
  },
};

export const crashOfFollowers: Scenario = {
  name: 'crash-followers-at-every-step',
  about:
    'Followers die while they verify, before and after they store, and after some lines of passing it on.',
  nodes: 9,
  nodesMin: 2,
  write: (random, nodes) => {
    const deaths: Death[] = [
      { point: 'verifying', after: 0 },
      { point: 'before-commit', after: 0 },
      { point: 'after-commit', after: 0 },
      ...sending(random, nodes),
    ];
    return {
      plan: deaths.flatMap((death, index): Action[] => {
        const from = index * 15 * second;
        const dying = random.sample(followers(nodes), Math.ceil(nodes / 3));
        return [
          ...at(from, ...dying.map((node) => ({ do: 'crash' as const, node, ...death }))),
          ...publishes(from, 1, second, `death ${index}`),
          ...dying.flatMap((node) => at(from + random.between(second, 10 * second), { do: 'start', node })),
        ];
      }),
    };
  },
};
