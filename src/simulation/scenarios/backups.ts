/** A leader whose disk is put back to what it was. */
import type { Action } from '../plan/index.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import type { Scenario } from './scenario.ts';
import { at, minute, publishes, second } from './steps.ts';

/** A backup, some publishes that it does not have, and the leader's end. */
function lostNumbers(random: SeededRandom): Action[] {
  return [
    ...publishes(0, 2, second),
    ...at(3 * second, { do: 'backup', node: 0 }),
    ...publishes(4 * second, 1 + random.below(4), 2 * second, 'lost'),
    ...at(20 * second, { do: 'crash', node: 0 }, { do: 'restore', node: 0 }),
  ];
}

export const restoredMeetsPeers: Scenario = {
  name: 'leader-restored',
  about: 'A leader restored from a backup hears of what it signed later before it publishes again.',
  nodes: 7,
  nodesMin: 3,
  write: (random) => ({
    plan: [
      ...lostNumbers(random),
      ...at(25 * second, { do: 'start', node: 0 }),
      ...publishes(25 * second, 3, random.pick([1, 500, 10_000]) ?? 500, 'after'),
    ],
  }),
};

/** It cannot know better, and signs numbers a second time. */
export const restoredAlone: Scenario = {
  name: 'leader-restored-alone',
  about: 'A leader restored from a backup reaches nobody, publishes, and meets the others later.',
  nodes: 7,
  nodesMin: 3,
  write: (random, nodes) => {
    const company = random.chance(0.5) ? [] : [nodes - 1];
    return {
      plan: [
        ...lostNumbers(random),
        ...at(21 * second, { do: 'partition', parts: [[0, ...company]] }),
        ...at(22 * second, { do: 'start', node: 0 }),
        ...publishes(23 * second, 1 + random.below(5), second, 'again'),
        ...at(2 * minute, { do: 'mend' }),
        ...publishes(3 * minute, 2, 5 * second, 'together'),
      ],
    };
  },
};
