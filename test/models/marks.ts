/** Which states and transitions a machine has, from its definition, and which of them a step took. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

const markType = 'model.mark';

/** The names of all state nodes and transitions: `peer.greeting`, `peer.greeting hello[0]`. */
export function partsOf(machine: AnyStateMachine): readonly string[] {
  return nodesOf(machine.root).flatMap((node) => [node.id, ...transitionsOf(node).map(([name]) => name)]);
}

/** A copy of the machine whose steps say what they took. It does nothing else that the original does not. */
export function marked<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const copy = machine.provide({}) as Machine;
  for (const node of nodesOf(copy.root)) {
    (node as { entry: unknown }).entry = [mark(node.id), ...node.entry];
    for (const [name, definition] of transitionsOf(node)) {
      (definition as { actions: unknown }).actions = [mark(name), ...definition.actions];
    }
  }
  return copy;
}

/** The parts a step took, in order. */
export function marksIn(
  actions: readonly { readonly type: string; readonly params?: unknown }[],
): readonly string[] {
  return actions.filter(isMark).map(({ params }) => (params as { part: string }).part);
}

export function isMark({ type }: { readonly type: string }): boolean {
  return type === markType;
}

function mark(part: string) {
  return { type: markType, params: { part } };
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child as AnyStateNode))];
}

function transitionsOf(node: AnyStateNode): readonly (readonly [string, AnyTransitionDefinition])[] {
  const named = [...node.transitions].flatMap(([event, branches]) =>
    branches.map((branch, index) => [`${node.id} ${shortened(event)}[${index}]`, branch] as const),
  );
  const always = (node.always ?? []).map((branch, index) => [`${node.id} always[${index}]`, branch] as const);
  return [...named, ...always];
}

function shortened(event: string): string {
  const delay = /^xstate\.after\.([^.]+)\./.exec(event)?.[1];
  return delay === undefined ? event : `after.${delay}`;
}
