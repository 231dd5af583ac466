/** Reads a machine's definition into plain data: its states, and every transition with guard, actions and delay. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { ChartState, ChartTransition, MachineDescription } from './chart.ts';

export interface MachineNaming {
  readonly title: string;
  readonly about: string;
  /** Defaults of delays that the machine takes from its context, by name. */
  readonly delays: { readonly [name: string]: number };
}

// w[impl view.charts]
export function describeMachine(machine: AnyStateMachine, naming: MachineNaming): MachineDescription {
  const delays = delaysOf(machine, naming.delays);
  const all = nodesOf(machine.root).flatMap((node) => transitionsOf(node, delays));
  return {
    name: machine.id,
    title: naming.title,
    about: naming.about,
    root: describeState(machine.root, all),
    transitions: all,
    begins: beginsOf(machine.root),
    delays,
  };
}

function describeState(node: AnyStateNode, all: readonly ChartTransition[]): ChartState {
  const path = pathOf(node);
  return {
    path,
    name: node.parent === undefined ? node.machine.id : node.key,
    kind: node.type,
    initial: node.parent?.initial.target?.some((first) => first === node) ?? false,
    invokes: node.invoke.map(({ src }) => (typeof src === 'string' ? src : 'an actor')),
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
    stays: all.filter(({ source, targets }) => source === path && targets.length === 0),
    states: Object.values(node.states).map((child) => describeState(child, all)),
  };
}

/** Everything that can happen in a state itself, in the order it is looked at. */
function transitionsOf(
  node: AnyStateNode,
  delays: { readonly [name: string]: number },
): readonly ChartTransition[] {
  const delayOf = new Map(node.after.map(({ eventType, delay }) => [eventType, String(delay)]));
  const groups = [...[...node.transitions], ['', node.always ?? []] as const];
  return groups.flatMap(([event, candidates]) =>
    candidates.map(({ guard, target, actions }, candidate) => {
      const otherwise = candidates.slice(0, candidate).some((earlier) => earlier.guard !== undefined);
      const guardText = guard === undefined ? (otherwise ? 'else' : '') : nameOf(guard);
      return {
        source: pathOf(node),
        event,
        trigger: triggerOf(event, delayOf.get(event), delays) || (guardText === '' ? 'at once' : ''),
        guard: guardText,
        actions: namesOf(actions),
        targets: (target ?? []).map(pathOf),
        candidate,
      };
    }),
  );
}

function triggerOf(
  event: string,
  delay: string | undefined,
  delays: { readonly [name: string]: number },
): string {
  if (delay !== undefined) {
    const ms = delays[delay] ?? Number(delay);
    return `after ${delay}${Number.isFinite(ms) ? ` ${formatDelay(ms)}` : ''}`;
  }
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(event) ?? [];
  if (outcome === undefined) return event;
  return `${actor === '*' ? 'an actor' : actor} ${outcome === 'done' ? 'is done' : 'fails'}`;
}

/** `5 s`, `250 ms`, `1 min`. */
export function formatDelay(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`;
}

function delaysOf(
  machine: AnyStateMachine,
  defaults: { readonly [name: string]: number },
): { readonly [name: string]: number } {
  const provided: readonly [string, unknown][] = Object.entries(machine.implementations.delays);
  return Object.fromEntries(
    provided.flatMap(([name, value]) => {
      const ms = typeof value === 'number' ? value : defaults[name];
      return ms === undefined ? [] : [[name, ms]];
    }),
  );
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.');
}

function beginsOf(root: AnyStateNode): { readonly [path: string]: string } {
  const compounds = nodesOf(root).filter(({ type }) => type === 'compound');
  return Object.fromEntries(
    compounds.flatMap((node) => (node.initial.target ?? []).map((first) => [pathOf(node), pathOf(first)])),
  );
}

function namesOf(actions: readonly unknown[]): readonly string[] {
  return actions.map(nameOf).filter((name) => !name.startsWith('xstate.'));
}

/** Guards and actions are names in our machines; what is written in place has none. */
function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const named = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const type: unknown = named ? Reflect.get(value, 'type') : null;
  return typeof type === 'string' ? type : 'in place';
}
