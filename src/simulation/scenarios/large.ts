/** As many nodes as a grove is made for. */
import type { Action } from '../plan/index.ts';
import type { Scenario } from './scenario.ts';
import { at, followers, publishes, second } from './steps.ts';

const changes = 8;
const everyMs = 4 * second;

export const thousandNodes: Scenario = {
  name: 'thousand-nodes',
  about:
    'A thousand nodes: the leader publishes while links break, members restart, some are cut off and one is removed.',
  nodes: 1_000,
  nodesInTurn: 60,
  nodesMin: 4,
  write: (random, nodes) => {
    const some = (share: number) => random.sample(followers(nodes), Math.ceil((nodes - 1) * share));
    const [removed = 1] = some(1 / nodes);
    return {
      // The tree is there before anything happens to it.
      warmUp: 2,
      plan: [
        ...publishes(0, changes, everyMs),
        ...[1, 3, 5].flatMap((change) => at(change * everyMs - 1, { do: 'break-links', share: 0.05 })),
        ...some(0.02).flatMap((node): Action[] => {
          const from = random.between(0, changes * everyMs);
          return [
            ...at(from, { do: random.chance(0.5) ? 'stop' : 'crash', node }),
            ...at(from + random.between(second, 20 * second), { do: 'start', node }),
          ];
        }),
        ...at(10 * second, { do: 'partition', parts: [some(0.1)] }),
        ...at(30 * second, { do: 'mend' }),
        ...at(20 * second, { do: 'revoke', node: removed }),
      ],
    };
  },
};
