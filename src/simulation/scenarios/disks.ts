/** Disks that are full, and disks that are slow. */
import type { Action } from '../plan/index.ts';
import type { Scenario } from './scenario.ts';
import { at, everybody, minute, publishes, second } from './steps.ts';

export const fullDisks: Scenario = {
  name: 'full-disks',
  about: 'Some disks are full for a while, the leader’s too, and some of these nodes restart meanwhile.',
  nodes: 9,
  nodesMin: 2,
  write: (random, nodes) => {
    const full = random.sample(everybody(nodes), Math.ceil(nodes / 2));
    return {
      plan: [
        ...publishes(0, 12, 5 * second),
        ...full.flatMap((node): Action[] => {
          const from = random.between(0, 20 * second);
          const restarts = random.chance(0.3)
            ? [
                ...at(from + 5 * second, { do: 'crash', node }),
                ...at(from + 8 * second, { do: 'start', node }),
              ]
            : [];
          return [
            ...at(from, { do: 'full-disk', node, full: true }),
            ...restarts,
            ...at(from + random.between(10 * second, 40 * second), { do: 'full-disk', node, full: false }),
          ];
        }),
        ...at(2 * minute, { do: 'publish', value: 'the last one' }),
      ],
    };
  },
};

export const slowDisks: Scenario = {
  name: 'slow-disks',
  about:
    'Each disk takes another time for a commit, up to three seconds, while the leader publishes every second.',
  nodes: 9,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...everybody(nodes).flatMap((node) =>
        at(0, { do: 'slow-disk', node, commitMs: random.pick([0, 20, 400, 3_000]) ?? 0 }),
      ),
      ...publishes(second, 15, second),
    ],
  }),
};
