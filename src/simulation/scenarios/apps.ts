/** Apps whose params follow the grove: early, late, slow, failing, and away. */
import type { Action } from '../plan/index.ts';
import type { Scenario } from './scenario.ts';
import { at, followers, minute, publishes, second } from './steps.ts';

const app = 'web';

/** An app with two params, one of which follows the grove's greeting. */
function boundApp(node: number, time: number): Action[] {
  return [
    ...at(time, { do: 'create-app', node, app, params: ['greeting', 'motto'] }),
    ...at(time + second, { do: 'map', node, app, param: 'greeting', to: 'greeting' }),
  ];
}

/** The grove has a greeting, and every follower an app that follows it, ten seconds from the beginning. */
function boundApps(nodes: number): Action[] {
  return [
    ...publishes(0, 1, second, 'the first'),
    ...followers(nodes).flatMap((node) => boundApp(node, 5 * second)),
  ];
}

export const appsFollow: Scenario = {
  name: 'apps-follow',
  about:
    'Apps follow a param through publishes, restarts and its end, while another param of theirs is their operator’s.',
  nodes: 6,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...boundApps(nodes),
      ...followers(nodes).flatMap((node): Action[] => {
        const from = random.between(10 * second, 50 * second);
        const how = random.chance(0.5) ? 'stop' : 'crash';
        return [
          ...at(random.between(10 * second, minute), {
            do: 'set-app',
            node,
            app,
            param: 'motto',
            value: 'ours',
          }),
          ...at(from, { do: how, node }),
          ...at(from + random.between(second, 20 * second), { do: 'start', node }),
        ];
      }),
      ...publishes(10 * second, 6, 4 * second),
      ...at(36 * second, { do: 'unset', name: 'greeting' }),
      ...publishes(45 * second, 5, 4 * second, 'again'),
      ...at(70 * second, { do: 'unmap', node: 1, app, param: 'greeting' }),
      ...at(71 * second, { do: 'set-app', node: 1, app, param: 'greeting', value: 'ours' }),
      ...publishes(75 * second, 1, second, 'the last'),
    ],
  }),
};

export const mapTooEarly: Scenario = {
  name: 'apps-map-too-early',
  about:
    'Operators map a param that the grove does not have, and again when it has; one of them is cut off meanwhile.',
  nodes: 4,
  nodesMin: 2,
  write: (random, nodes) => {
    const hail = (node: number) => ({ do: 'map', node, app, param: 'greeting', to: 'hail' }) as const;
    const cutOff = 1 + random.below(nodes - 1);
    return {
      plan: [
        ...followers(nodes).flatMap((node) => [
          ...at(0, { do: 'create-app', node, app, params: ['greeting'] }),
          ...at(second, hail(node)),
        ]),
        ...at(2 * second, { do: 'partition', parts: [[cutOff]] }),
        ...at(5 * second, { do: 'publish', name: 'hail', value: 'the first' }),
        ...followers(nodes).flatMap((node) => at(10 * second, hail(node))),
        ...at(20 * second, { do: 'publish', name: 'hail', value: 'the second' }),
        ...at(minute, { do: 'mend' }),
        ...at(2 * minute, hail(cutOff)),
        ...at(3 * minute, { do: 'publish', name: 'hail', value: 'the last' }),
      ],
    };
  },
};

export const slowCommands: Scenario = {
  name: 'apps-slow-command',
  about: 'Five publishes come while the command of an app still runs for the first of them.',
  nodes: 4,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...boundApps(nodes),
      ...followers(nodes).flatMap((node) => at(9 * second, { do: 'commands', node, app, ms: 5 * second })),
      ...publishes(15 * second, 5, random.pick([10, 200, 600]) ?? 200),
    ],
  }),
};

export const failingCommands: Scenario = {
  name: 'apps-failing-command',
  about: 'Commands of apps fail a few times or hang, while publishes go on that are the affair of others.',
  nodes: 6,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...boundApps(nodes),
      ...followers(nodes).flatMap((node) => {
        const how = random.chance(0.3) ? { hangs: true } : { ms: 500, fails: 1 + random.below(7) };
        return at(9 * second, { do: 'commands', node, app, ...how });
      }),
      ...publishes(10 * second, 1, second, 'the one that fails'),
      ...publishes(12 * second, 20, 3 * second).map((one) => ({ ...one, name: 'other' })),
      ...publishes(80 * second, 1, second, 'the last'),
    ],
  }),
};

export const memberAway: Scenario = {
  name: 'apps-member-away',
  about:
    'A member with an app is cut off, switched off, and out of the grove for a while, and follows when it is back.',
  nodes: 5,
  nodesMin: 3,
  write: (random, nodes) => {
    const [node = 1] = random.sample(followers(nodes), 1);
    return {
      plan: [
        ...boundApps(nodes),
        ...at(15 * second, { do: 'partition', parts: [[node]] }),
        ...publishes(20 * second, 2, second, 'cut off'),
        ...at(90 * second, { do: 'mend' }),
        ...at(4 * minute, { do: random.chance(0.5) ? 'stop' : 'crash', node }),
        ...publishes(4 * minute + 5 * second, 2, second, 'switched off'),
        ...at(6 * minute, { do: 'start', node }),
        ...at(8 * minute, { do: 'leave', node }),
        ...publishes(8 * minute + 5 * second, 2, second, 'gone'),
        ...at(9 * minute, { do: 'join', node, through: [0] }),
        ...at(9 * minute + 20 * second, { do: 'map', node, app, param: 'greeting', to: 'greeting' }),
        ...publishes(10 * minute, 2, 5 * second, 'back'),
      ],
      mustBeIn: [node],
    };
  },
};
