/** Every machine of the grove is switched on within a second, and the leader publishes soon after. */
import type { Scenario } from './scenario.ts';
import { publishes, second } from './steps.ts';

export const coldStart: Scenario = {
  name: 'cold-start',
  about: 'Every node starts at once, and the leader publishes three times.',
  nodes: 12,
  nodesMin: 2,
  write: () => ({ plan: publishes(0, 3, 5 * second) }),
};
