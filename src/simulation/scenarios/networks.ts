/** Networks that lose, repeat and delay. */
import type { Scenario } from './scenario.ts';
import { at, minute, publishes, second } from './steps.ts';

export const heavyLoss: Scenario = {
  name: 'heavy-loss',
  about: 'Three datagrams in ten are lost, from the first dial on.',
  nodes: 15,
  nodesMin: 2,
  write: (random) => ({
    conditions: { loss: 0.3 },
    fillerBytes: random.pick([0, 12_000]) ?? 0,
    plan: publishes(0, 10, 3 * second),
  }),
};

export const unrulyNetwork: Scenario = {
  name: 'unruly-network',
  about:
    'Lines on different links overtake each other by far, datagrams come twice, and links break at every publish.',
  nodes: 15,
  nodesMin: 2,
  write: () => ({
    conditions: { latencyMs: 150, jitter: 6, duplication: 0.3, loss: 0.02 },
    plan: publishes(0, 10, 3 * second).flatMap((publish) => [
      publish,
      ...at(publish.at + 50, { do: 'break-links', share: 0.2 }),
    ]),
  }),
};

export const satellite: Scenario = {
  name: 'satellite',
  about: 'Every line takes seconds, about as long as the delays of the protocol.',
  nodes: 8,
  nodesMin: 2,
  write: (random) => ({
    conditions: { latencyMs: random.pick([700, 1_200, 2_000]) ?? 1_200 },
    plan: [...publishes(0, 5, 7 * second), ...at(2 * minute, { do: 'publish', value: 'the last one' })],
  }),
};
