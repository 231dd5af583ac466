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

// g[verify gossip.pull]
it.each([1, 2])('a long payload is asked of nobody while the tree is about to bring it (seed %i)', (seed) => {
  // Its list of members alone makes the payload a long one, and every link carries payloads, since none was pruned.
  const plan = standardPlan({ ...noFaults, seed, nodes: 120, publishes: 1 });
  const played = play({ seed, nodes: 120, warmUp: 1, conditions: { latencyMs }, plan });
  const { summary, publishes } = resultOf(played, { scenario: null, wallMs: 0, rssBytes: 0 });
  played.world.close();
  expect(publishes.map(({ reached }) => reached)).toEqual([120]);
  expect(summary.copies_per_node).toBeLessThanOrEqual(1.1);
});
