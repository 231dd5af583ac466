/** Never do two commands run at once for one app, not even when the node that started the first of them was killed. */
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { Check } from './check.ts';

export function oneCommandAnApp(): Check {
  return {
    name: 'one-command-an-app',
    afterStep: (_world, node) => (node.hasApps ? firstCrowd(node) : null),
  };
}

function firstCrowd({ programs: { running } }: SimulatedNode): string | null {
  if (running.length < 2) return null;
  const crowded = running.find(({ app, id }) =>
    running.some((other) => other.app === app && other.id !== id),
  );
  if (crowded === undefined) return null;
  const ids = running.filter(({ app }) => app === crowded.app).map(({ id }) => id);
  return `${ids.join(' and ')} run at once for ${crowded.app}`;
}
