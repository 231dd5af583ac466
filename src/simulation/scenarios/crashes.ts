/** Death between every two steps of publishing, applying and actuating. */
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

/** What a publish comes to on a node with an app, step by step; and some time later. */
const appDeaths: readonly (Death | { readonly laterMs: number })[] = [
  { point: 'after-commit', after: 0 },
  { point: 'before-change', after: 0 },
  { point: 'after-change', after: 0 },
  { point: 'running', after: 0 },
  { laterMs: 3 * second },
  { point: 'before-record', after: 0 },
  { point: 'after-record', after: 0 },
];

export const crashOfApps: Scenario = {
  name: 'crash-apps-at-every-step',
  about:
    'Members die before and after they store what their apps take, while a command runs, and before and after they store how it ended.',
  nodes: 6,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...publishes(0, 1, second, 'the first'),
      ...followers(nodes).flatMap((node) => [
        ...at(5 * second, { do: 'create-app', node, app: 'web', params: ['greeting'] }),
        ...at(6 * second, { do: 'map', node, app: 'web', param: 'greeting', to: 'greeting' }),
        ...at(9 * second, { do: 'commands', node, app: 'web', ms: random.between(second, 15 * second) }),
      ]),
      // Nothing is published after the last death: what was cut short is all there is.
      ...random.sample(appDeaths, appDeaths.length).flatMap((death, index): Action[] => {
        const from = 10 * second + index * 40 * second;
        const dying = random.sample(followers(nodes), Math.ceil(nodes / 2));
        const { laterMs = 0, ...point } = { laterMs: 0, ...death };
        // The value may be another one when they are back, or the one before.
        const meanwhile = random.pick(['meanwhile', `death ${Math.max(0, index - 1)}`]);
        const isLast = index === appDeaths.length - 1;
        return [
          ...at(from + laterMs, ...dying.map((node) => ({ do: 'crash' as const, node, ...point }))),
          ...publishes(from, 1, second, `death ${index}`),
          ...publishes(from + 10 * second, isLast ? 0 : 1, second, meanwhile),
          ...dying.flatMap((node) =>
            at(from + random.between(4 * second, 20 * second), { do: 'start', node }),
          ),
        ];
      }),
    ],
  }),
};
