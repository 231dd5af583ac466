/** What a scenario is: a situation that groves come into, as a plan drawn from the seed. */
import type { Plan, PlayOptions } from '../plan/index.ts';
import type { SeededRandom } from '../world/seeded-random.ts';

export interface Scenario {
  /** Lower case, with hyphens. */
  readonly name: string;
  /** What happens, in one sentence. */
  readonly about: string;
  /** How many nodes it has when nobody says otherwise. */
  readonly nodes: number;
  /** How many when many scenarios are played one after the other: a large one would hold up all others. Default: `nodes`. */
  readonly nodesInTurn?: number;
  /** Fewer nodes make no sense. */
  readonly nodesMin: number;
  /** The same randomness and number of nodes give the same script. */
  readonly write: (random: SeededRandom, nodes: number) => Script;
}

/** A scenario with its choices made. */
export interface Script
  extends Pick<PlayOptions, 'members' | 'asleep' | 'conditions' | 'fillerBytes' | 'warmUp'> {
  readonly plan: Plan;
  /** Nodes that have to be members in the end, whatever anybody did to them. */
  readonly mustBeIn?: readonly number[];
  /** What is bound to go wrong, and has to: the rule that the scenario shows at work is a bad one. */
  readonly mustFail?: readonly ExpectedFailure[];
}

/** A check that has to fail, at this node. */
export interface ExpectedFailure {
  readonly check: string;
  readonly node: number;
}
