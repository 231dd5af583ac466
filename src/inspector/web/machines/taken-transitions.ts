/**
 * Which transitions a step took, when only the event and the states before and after it are known: those of the machine's
 * definition that lead from the one to the other. Where several do, all of them: a trace does not tell guards apart.
 */
import type { Chart, ChartTransition } from '../../charts/index.ts';
import type { StateValue, TransitionTaken } from '../../contract.ts';
import { activePaths } from '../data/timeline.ts';

/** Transitions that follow one another within a step, at most. */
const chainMax = 5;

export interface StateStep {
  readonly event: string;
  readonly before: StateValue;
  readonly after: StateValue;
}

type Definition = Pick<Chart, 'transitions' | 'begins'>;

// w[impl view.trace-steps]
export function transitionsTaken(
  definition: Definition,
  { event, before, after }: StateStep,
): readonly TransitionTaken[] {
  const from = activePaths(before);
  const to = activePaths(after);
  const goals = new Set(leavesOf(to).filter((leaf) => !from.includes(leaf)));
  // A step that ends where it began came back there.
  for (const leaf of goals.size > 0 ? [] : leavesOf(to)) goals.add(leaf);
  const heard = definition.transitions.filter((one) => hears(one.event, event));
  const found = new Set<ChartTransition>();
  for (const leaf of leavesOf(from)) {
    // The innermost state that leads there has the say, as in the machine.
    for (const source of outwards(leaf)) {
      const first = heard.filter((one) => one.source === source);
      const taken = chainsTo(goals, first, leaf, definition);
      for (const one of taken) found.add(one);
      if (taken.length > 0) break;
    }
  }
  return [...found].map(({ source, event: descriptor, candidate, targets }) => {
    return { from: source, event: descriptor, index: candidate, to: targets };
  });
}

/** One of `first`, and what had to follow by itself, in as few transitions as lead to one of `goals`. */
function chainsTo(
  goals: ReadonlySet<string>,
  first: readonly ChartTransition[],
  leaf: string,
  definition: Definition,
): readonly ChartTransition[] {
  let chains = first.map((one) => ({ taken: [one], at: leafAfter(one, leaf, definition) }));
  for (let length = 1; length <= chainMax && chains.length > 0; length += 1) {
    const arrived = chains.filter(({ taken, at }) => goals.has(at) && taken.at(-1)?.targets.length !== 0);
    if (arrived.length > 0) return arrived.flatMap(({ taken }) => taken);
    chains = chains.flatMap(({ taken, at }) => {
      const places = outwards(at);
      const next = definition.transitions.filter(
        (one) => !taken.includes(one) && isAutomatic(one) && places.includes(one.source),
      );
      return next.map((one) => ({ taken: [...taken, one], at: leafAfter(one, at, definition) }));
    });
  }
  return [];
}

/** Taken without an event from outside, and going somewhere. */
function isAutomatic({ event, targets }: ChartTransition): boolean {
  return targets.length > 0 && (event === '' || event.startsWith('xstate.done.state.'));
}

/** The innermost state that a transition leads to. No machine of ours is in two at once. */
function leafAfter({ targets: [target] }: ChartTransition, leaf: string, { begins }: Definition): string {
  let at = target ?? leaf;
  // Each turn goes one level in.
  for (let inner = begins[at]; inner !== undefined; inner = begins[at]) at = inner;
  return at;
}

/** XState's wildcards: `wire.*` hears `wire` and `wire.closed`, `*` hears everything. */
function hears(descriptor: string, event: string): boolean {
  if (descriptor === '*' || descriptor === event) return true;
  if (!descriptor.endsWith('.*')) return false;
  const prefix = descriptor.slice(0, -2);
  return event === prefix || event.startsWith(`${prefix}.`);
}

function leavesOf(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
}

/** `a.b.c`, `a.b`, `a` and the machine itself. */
function outwards(path: string): readonly string[] {
  const names = path.split('.');
  return [...names.map((_name, index) => names.slice(0, names.length - index).join('.')), ''];
}
