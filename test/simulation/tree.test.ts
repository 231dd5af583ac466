/** What becomes of the tree along which payloads travel while its links break: it stays shallow, and carries few copies. */
import { expect, it } from 'vitest';
import { noFaults, play, standardPlan } from '../../src/simulation/plan/index.ts';
import { resultOf } from '../../src/simulation/report/result.ts';

const nodes = 60;
const latencyMs = 40;

// g[verify gossip.swap] g[verify gossip.graft]
it.each([1, 2])('a tree whose links keep breaking does not grow deeper with each (seed %i)', (seed) => {
  const plan = standardPlan({ ...noFaults, seed, nodes, publishes: 20, breakLinks: 0.05 });
  const played = play({ seed, nodes, warmUp: 1, conditions: { latencyMs }, plan });
  const { summary, publishes, violations } = resultOf(played, { scenario: null, wallMs: 0, rssBytes: 0 });
  played.world.close();
  expect(violations).toEqual([]);
  const slowest = Math.max(...publishes.map(({ all_ms }) => all_ms ?? Number.POSITIVE_INFINITY)) / latencyMs;
  expect(slowest).toBeLessThanOrEqual(summary.latencies_allowed);
  expect(summary.copies_per_node).toBeLessThanOrEqual(1.3);
});
