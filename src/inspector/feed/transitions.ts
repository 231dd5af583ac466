/** A transition that was taken, by its place in the definition: state, event, and which candidate of that event. */
import type { TransitionTaken } from '../contract.ts';

/** What is read of XState's transition definitions. */
export interface InspectedTransition {
  readonly eventType: string;
  readonly source: InspectedState;
  readonly target?: readonly InspectedState[] | undefined;
}

interface InspectedState {
  readonly path: readonly string[];
  readonly transitions: ReadonlyMap<string, readonly InspectedTransition[]>;
  readonly always?: readonly InspectedTransition[] | undefined;
}

const known = new WeakMap<InspectedTransition, TransitionTaken | null>();

/** Null for what stands in no definition, such as the entry into the first state. */
export function transitionTaken(transition: InspectedTransition): TransitionTaken | null {
  const before = known.get(transition);
  if (before !== undefined) return before;
  const taken = find(transition);
  known.set(transition, taken);
  return taken;
}

function find(transition: InspectedTransition): TransitionTaken | null {
  const { source, eventType, target = [] } = transition;
  const always = source.always ?? [];
  const candidates = always.includes(transition) ? always : (source.transitions.get(eventType) ?? []);
  const index = candidates.indexOf(transition);
  if (index < 0) return null;
  return {
    from: source.path.join('.'),
    event: candidates === always ? '' : eventType,
    index,
    to: target.map(({ path }) => path.join('.')),
  };
}
