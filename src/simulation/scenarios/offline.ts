/**
 * Six minutes without a member, under our rule for a payload's age and under the rule of the draft: it refused payloads
 * that are more than five minutes old.
 */

import type { SeededRandom } from '../world/seeded-random.ts';
import type { Scenario, Script } from './scenario.ts';
import { at, everybody, followers, minute, second } from './steps.ts';

const awayMs = 6 * minute;

export const sixMinutesOffline: Scenario = {
  name: 'six-minutes-offline',
  about:
    'A member is off for six minutes, in which the leader publishes once: it has the payload soon after.',
  nodes: 6,
  nodesMin: 3,
  write: (random, nodes) => script(random, nodes).quiet,
};

export const sixMinutesOfflineStrict: Scenario = {
  name: 'six-minutes-offline-strict',
  about: 'The same with strict_timestamp_window on, the rule of the draft: the member is locked out.',
  nodes: 6,
  nodesMin: 3,
  write: (random, nodes) => {
    const { quiet, away } = script(random, nodes);
    // The rule is read when a process starts.
    const restarts = everybody(nodes).flatMap((node) => [
      { do: 'strict-window' as const, node, on: true },
      { do: 'stop' as const, node },
    ]);
    const starts = everybody(nodes).map((node) => ({ do: 'start' as const, node }));
    return {
      plan: [
        ...at(0, ...restarts),
        ...at(5 * second, ...starts),
        ...quiet.plan.map((action) => ({ ...action, at: action.at + minute })),
      ],
      mustFail: [{ check: 'everybody-current', node: away }],
    };
  },
};

function script(random: SeededRandom, nodes: number): { readonly quiet: Script; readonly away: number } {
  const away = random.pick(followers(nodes)) ?? 1;
  const plan = [
    ...at(0, { do: random.chance(0.5) ? 'stop' : 'crash', node: away }),
    ...at(10 * second, { do: 'publish', value: 'while it is away' }),
    ...at(10 * second + awayMs, { do: 'start', node: away }),
    ...at(11 * second + awayMs + 3 * minute, { do: 'mend' }),
  ];
  return { quiet: { plan }, away };
}
