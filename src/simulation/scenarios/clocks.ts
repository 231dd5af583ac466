/** Clocks that are wrong. */
import type { Action } from '../plan/index.ts';
import type { Scenario } from './scenario.ts';
import { at, everybody, minute, publishes, second } from './steps.ts';

const skewMs = 10 * minute;

export const clocksOff: Scenario = {
  name: 'clocks-off',
  about:
    'Each clock is ten minutes fast, ten minutes slow or right, and some are set while the leader publishes.',
  nodes: 9,
  nodesMin: 2,
  write: (random, nodes) => {
    const skew = () => random.pick([-skewMs, 0, skewMs]) ?? 0;
    const set = (node: number): Action[] => at(0, { do: 'clock', node, skewMs: skew() });
    const later = (node: number): Action[] =>
      random.chance(0.3) ? at(random.between(second, minute), { do: 'clock', node, skewMs: skew() }) : [];
    return {
      plan: [
        ...everybody(nodes).flatMap(set),
        ...everybody(nodes).flatMap(later),
        ...publishes(second, 10, 6 * second),
      ],
    };
  },
};

/** All others park what it publishes, until its time has come. */
export const leaderClockAhead: Scenario = {
  name: 'leader-clock-ahead',
  about:
    'The leader’s clock is ten minutes fast for three minutes of publishing; a member restarts meanwhile.',
  nodes: 7,
  nodesMin: 2,
  write: (random, nodes) => ({
    plan: [
      ...at(0, { do: 'clock', node: 0, skewMs }),
      ...publishes(second, 4, 40 * second, 'from the future'),
      ...at(minute, { do: 'crash', node: nodes - 1 }),
      ...at(minute + 5 * second, { do: 'start', node: nodes - 1 }),
      ...(random.chance(0.5) ? at(3 * minute, { do: 'clock', node: 0, skewMs: 0 }) : []),
      ...publishes(3 * minute + second, 1, second, 'the last one'),
    ],
  }),
};

export const leaderClockBehind: Scenario = {
  name: 'leader-clock-behind',
  about: 'The leader’s clock is ten minutes slow: what it publishes looks old, and is taken.',
  nodes: 7,
  nodesMin: 2,
  write: () => ({
    plan: [...at(0, { do: 'clock', node: 0, skewMs: -skewMs }), ...publishes(second, 4, 10 * second)],
  }),
};
