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
  const { mustFail = [], mustBeIn = [], ...script } = scriptOf(scenario, options.seed, nodes);
  const played = play({ ...script, ...options, plan: options.plan ?? script.plan, nodes });
  return { ...played, violations: [...judge(played, mustFail), ...missing(played, mustBeIn)] };
}

function judge({ world, violations }: Played, mustFail: readonly ExpectedFailure[]): readonly Violation[] {
  const isMeant = (violation: Violation) => (expected: ExpectedFailure) =>
    violation.check === expected.check && violation.node === `n${expected.node}`;
  const unfailed = mustFail.filter((expected) => !violations.some((one) => isMeant(one)(expected)));
  return [
    ...violations.filter((violation) => !mustFail.some(isMeant(violation))),
    ...unfailed.map(({ check, node }) => told(world, node, `${check} was to fail here, and did not`)),
  ];
}

/** Those that should be members by now and are not. */
function missing({ world }: Played, mustBeIn: readonly number[]): readonly Violation[] {
  const members = new Set(world.leader.context?.standing?.members ?? []);
  return mustBeIn.flatMap((number) => {
    const node = world.node(number);
    const isIn = members.has(node.fingerprint) && node.version?.hash === world.leader.version?.hash;
    return isIn
      ? []
      : [told(world, number, `holds ${node.version?.seq ?? 'nothing'} and should be a member`)];
  });
}

function told(world: Played['world'], node: number, detail: string): Violation {
  return {
    check: 'scenario-goes-as-told',
    node: `n${node}`,
    at: world.time.now,
    step: world.time.steps,
    detail,
  };
}
