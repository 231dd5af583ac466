/** Nodes that go down and come back. */
import type { Action } from '../plan/index.ts';
import type { Scenario } from './scenario.ts';
import { at, everybody, followers, hour, minute, publishes, second } from './steps.ts';

export const rollingRestarts: Scenario = {
  name: 'rolling-restarts',
  about: 'One node after the other is stopped and started again, the leader too, while the leader publishes.',
  nodes: 10,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...random.sample(everybody(nodes), nodes).flatMap((node, index): Action[] => {
        const from = index * 6 * second;
        const how = random.chance(0.5) ? 'stop' : 'crash';
        const back = from + 2 * second + random.between(second, 4 * second);
        return [...at(from, { do: how, node }), ...at(back, { do: 'start', node })];
      }),
      ...publishes(second, nodes, 6 * second),
    ],
  }),
};

export const leaderAwayForAWeek: Scenario = {
  name: 'leader-away-for-a-week',
  about:
    'The leader is switched off for seven days, members restart meanwhile, and it publishes when it is back.',
  nodes: 5,
  nodesMin: 2,
  write: (random, nodes) => {
    const back = 7 * 24 * hour;
    const restarts = followers(nodes).flatMap((node): Action[] => {
      const from = random.between(hour, back - hour);
      return [...at(from, { do: 'crash', node }), ...at(from + minute, { do: 'start', node })];
    });
    return {
      plan: [
        ...publishes(0, 1, second, 'before'),
        ...at(second, { do: 'stop', node: 0 }),
        ...restarts,
        ...at(back, { do: 'start', node: 0 }),
        ...publishes(back + 10 * second, 2, 5 * second, 'after'),
      ],
    };
  },
};

/** The whole grove loses power in the middle of a publish. */
export const powerCut: Scenario = {
  name: 'power-cut',
  about: 'All nodes die at one moment, just after a publish, and start again at moments of their own.',
  nodes: 12,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...publishes(0, 3, 2 * second),
      ...at(
        4 * second + random.between(0, 200),
        ...everybody(nodes).map((node) => ({ do: 'crash' as const, node })),
      ),
      ...everybody(nodes).flatMap((node) =>
        at(10 * second + random.between(0, minute), { do: 'start', node }),
      ),
      ...publishes(2 * minute, 2, 5 * second, 'after'),
    ],
  }),
};
