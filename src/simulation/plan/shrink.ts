/**
 * Makes a failing plan smaller: fewer nodes, then fewer actions, as long as the same check still fails. What is left is
 * what somebody has to understand.
 */
import type { Action, Plan } from './action.ts';

export interface Shrunk {
  readonly nodes: number;
  readonly plan: Plan;
  /** Runs it took. */
  readonly runs: number;
}

/** A run for each thing tried; a plan that is still long after that is small enough. */
const runsMax = 400;

/** `fails` plays a plan and says whether the violation that matters is still there. */
export function shrink(
  failing: { readonly nodes: number; readonly plan: Plan },
  fails: (nodes: number, plan: Plan) => boolean,
): Shrunk {
  let runs = 0;
  const stillFails = (nodes: number, plan: Plan): boolean => {
    if (runs >= runsMax) return false;
    runs += 1;
    return fails(nodes, plan);
  };
  const plan = fewerActions(failing.nodes, failing.plan, stillFails);
  const nodes = fewerNodes(failing.nodes, plan, stillFails);
  return { nodes, plan: withinNodes(plan, nodes), runs };
}

/** Leaves out ever smaller pieces of the plan, over and over, until none can be missed. */
function fewerActions(nodes: number, plan: Plan, fails: (nodes: number, plan: Plan) => boolean): Plan {
  let left = plan;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const without = [...left.slice(0, from), ...left.slice(from + size)];
      if (fails(nodes, without)) left = without;
      else from += size;
    }
  }
  return left;
}

function fewerNodes(nodes: number, plan: Plan, fails: (nodes: number, plan: Plan) => boolean): number {
  let left = nodes;
  for (let step = Math.floor(nodes / 2); step >= 1; step = Math.floor(step / 2)) {
    while (left - step >= 2 && fails(left - step, withinNodes(plan, left - step))) left -= step;
  }
  return left;
}

/** What is done to nodes that are not there is left out. */
export function withinNodes(plan: Plan, nodes: number): Plan {
  const here = (node: number) => node < nodes;
  return plan.flatMap((action): Action[] => {
    switch (action.do) {
      case 'partition':
        return [{ ...action, parts: action.parts.map((part) => part.filter(here)) }];
      case 'cut-one-way':
        return [{ ...action, from: action.from.filter(here), to: action.to.filter(here) }];
      case 'join':
        return here(action.node) ? [{ ...action, through: action.through.filter(here) }] : [];
      default:
        return 'node' in action && !here(action.node) ? [] : [action];
    }
  });
}
