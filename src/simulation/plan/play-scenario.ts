/** Plays a scenario of the library, with one seed. */
import type { Violation } from '../checks/check.ts';
import type { ExpectedFailure, Scenario, Script } from '../scenarios/scenario.ts';
import { SeededRandom } from '../world/seeded-random.ts';
import type { Plan } from './action.ts';
import { type Played, type PlayOptions, play } from './play.ts';

export interface ScenarioOptions extends Omit<PlayOptions, 'plan' | 'nodes'> {
  /** Default: as many as the scenario says. */
  readonly nodes?: number;
  /** Played in place of the scenario's own plan: the same one with actions left out. */
  readonly plan?: Plan;
}

/** The scenario's choices for this seed and size. */
export function scriptOf(scenario: Scenario, seed: number, nodes: number = scenario.nodes): Script {
  const count = Math.max(nodes, scenario.nodesMin);
  return scenario.write(new SeededRandom(seed, `scenario ${scenario.name}`), count);
}

/** What has to fail is taken out of the violations; that it did not fail is one. */
export function playScenario(scenario: Scenario, options: ScenarioOptions): Played {
  const nodes = Math.max(options.nodes ?? scenario.nodes, scenario.nodesMin);
  const { mustFail = [], ...script } = scriptOf(scenario, options.seed, nodes);
  const played = play({ ...script, ...options, plan: options.plan ?? script.plan, nodes });
  return { ...played, violations: judge(played, mustFail) };
}

function judge({ world, violations }: Played, mustFail: readonly ExpectedFailure[]): readonly Violation[] {
  const isMeant = (violation: Violation) => (expected: ExpectedFailure) =>
    violation.check === expected.check && violation.node === `n${expected.node}`;
  const missing = mustFail.filter((expected) => !violations.some((one) => isMeant(one)(expected)));
  return [
    ...violations.filter((violation) => !mustFail.some(isMeant(violation))),
    ...missing.map(({ check, node }) => ({
      check: 'scenario-fails-as-told',
      node: `n${node}`,
      at: world.time.now,
      step: world.time.steps,
      detail: `${check} was to fail here, and did not`,
    })),
  ];
}
