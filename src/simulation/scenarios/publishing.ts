/** Many changes, and long ones. */
import type { Scenario } from './scenario.ts';
import { at, minute, publishes, second } from './steps.ts';

export const publishStorm: Scenario = {
  name: 'publish-storm',
  about: 'The leader publishes a hundred times, faster than payloads cross the grove.',
  nodes: 15,
  nodesMin: 2,
  write: (random) => ({
    fillerBytes: random.pick([0, 6_000, 30_000]) ?? 0,
    plan: publishes(0, 100, random.pick([1, 20, 150]) ?? 20),
  }),
};

/** The links fall behind: a newer payload is there before the last one has left. */
export const starvedLinks: Scenario = {
  name: 'starved-links',
  about: 'Every node can send 64 kbit a second only, and payloads have forty thousand bytes.',
  nodes: 10,
  nodesMin: 2,
  write: (random) => ({
    fillerBytes: 40_000,
    plan: [
      ...at(0, { do: 'conditions', bytesPerMs: 8 }),
      ...publishes(second, 6, random.pick([500, 5_000, 20_000]) ?? 5_000),
      ...at(4 * minute, { do: 'publish', value: 'the last one' }),
    ],
  }),
};
