/** Which runs are made for the options of a command line. */
import { type Scenario, scenarios } from '../scenarios/index.ts';
import type { Job } from './job.ts';
import type { SimOptions } from './options.ts';

export function jobsOf({ job, seeds, everyScenario, growth }: SimOptions): Job[] {
  if (growth.length > 0)
    return growth.map((nodes) => ({ ...job, nodes, files: { ...job.files, plot: null } }));
  const numbers = Array.from({ length: seeds }, (_, index) => index);
  const inTurn = (scenario: Scenario, index: number): Job => {
    const nodes = job.nodes ?? scenario.nodesInTurn ?? null;
    return { ...job, nodes, scenario: scenario.name, seed: job.seed + index };
  };
  if (everyScenario) return scenarios.flatMap((scenario) => numbers.map((index) => inTurn(scenario, index)));
  return numbers.map((index) => {
    // Without a choice the scenarios take turns.
    const turn =
      seeds > 1 && job.scenario === null && job.plan === null
        ? scenarios[index % scenarios.length]
        : undefined;
    return turn === undefined ? { ...job, seed: job.seed + index } : inTurn(turn, index);
  });
}
