/** Machines with a mistake in them: the definition changed, or a named guard, action or delay replaced. */
import { type AnyStateMachine, StateMachine } from 'xstate';

/** A state's definition as plain data, as far as mistakes change it. */
export interface Definition {
  [field: string]: unknown;
  on: { [event: string]: unknown };
  states: { [name: string]: Definition };
  always: unknown;
  after: { [delay: string]: unknown };
}

/** The same machine with another definition. */
export function redefined<Machine extends AnyStateMachine>(
  machine: Machine,
  change: (root: Definition) => void,
): Machine {
  const config = copyOf(machine.config) as Definition;
  change(config);
  return new StateMachine(config as never, machine.implementations as never) as unknown as Machine;
}

/** The state of that name: `linked.steady`. */
export function state(root: Definition, path: string): Definition {
  return path.split('.').reduce((node, name) => {
    const child = node.states[name];
    if (child === undefined) throw new Error(`there is no state ${path}`);
    return child;
  }, root);
}

/** Functions and all else that is no plain object are kept as they are. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyOf(inner)]));
}
