/**
 * Machines walked without running them: a state and an event go in, and the next state, what changed in the context
 * and everything the machine would do come out as plain rows that a test compares whole.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventFrom,
  type InputFrom,
  initialTransition,
  type SnapshotFrom,
  transition,
} from 'xstate';

/** One thing a machine does. Whatever it has no row for shows up as it is, so that no test overlooks it. */
export type Row =
  /** To a child by its id, or to `parent`. */
  | { readonly to: string; readonly event: object }
  /** To itself, later. */
  | { readonly raise: object; readonly delay: number }
  /** A named delay of a state begins, or is over because the state was left. */
  | { readonly after: string; readonly delay: number }
  | { readonly cancel: string }
  | { readonly spawn: string; readonly input: unknown }
  | { readonly stop: string }
  | { readonly emit: object }
  | { readonly other: string };

export interface Step<Machine extends AnyStateMachine> {
  readonly snapshot: SnapshotFrom<Machine>;
  readonly value: unknown;
  /** The fields of the context that are not what they were. */
  readonly changes: { readonly [field: string]: unknown };
  readonly rows: readonly Row[];
}

export function begin<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
): Step<Machine> {
  const [snapshot, actions] = initialTransition(machine, ...([input] as never));
  return { snapshot, ...seen(snapshot, null, actions) };
}

export function step<Machine extends AnyStateMachine>(
  machine: Machine,
  before: SnapshotFrom<Machine>,
  event: EventFrom<Machine>,
): Step<Machine> {
  const [snapshot, actions] = transition(machine, before, event);
  return { snapshot, ...seen(snapshot, before, actions) };
}

/** The last of several steps. */
export function walk<Machine extends AnyStateMachine>(
  machine: Machine,
  from: SnapshotFrom<Machine>,
  ...events: EventFrom<Machine>[]
): SnapshotFrom<Machine> {
  return events.reduce((snapshot, event) => step(machine, snapshot, event).snapshot, from);
}

/** What a machine says and nothing of how: its rows to others. */
export function said(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => 'to' in row);
}

/** Every event a machine knows in some state, without those that XState makes itself. */
export function eventsOf(machine: AnyStateMachine): readonly string[] {
  return machine.events.filter((type) => !type.startsWith('xstate.')).toSorted();
}

type Fields = { readonly [field: string]: unknown };

function seen(
  after: AnyMachineSnapshot,
  before: AnyMachineSnapshot | null,
  actions: readonly { readonly type: string; readonly params?: unknown }[],
): Omit<Step<AnyStateMachine>, 'snapshot'> {
  const known = fields(before?.context);
  const changes = Object.entries(fields(after.context)).filter(
    ([field, value]) => before !== null && !isDeepStrictEqual(value, known[field]),
  );
  return { value: after.value, changes: Object.fromEntries(changes), rows: actions.map(rowOf) };
}

/** `xstate.after.helloTimeout.peer.greeting` names its delay. */
const afterPattern = /^xstate\.after\.([^.]+)\./;

/** What one action would do. */
export function rowOf(action: { readonly type: string; readonly params?: unknown }): Row {
  const params = fields(action.params);
  const event = fields(params.event);
  switch (action.type) {
    case 'xstate.sendTo':
      // Alone, a machine is its own parent.
      return { to: typeof params.targetId === 'string' ? params.targetId : 'parent', event };
    case 'xstate.raise': {
      const delay = Number(params.delay);
      const name = nameOfAfter(event.type);
      return name === null ? { raise: event, delay } : { after: name, delay };
    }
    case 'xstate.cancel':
      return { cancel: nameOfAfter(params.sendId) ?? String(params.sendId) };
    case 'xstate.spawnChild':
      return { spawn: String(params.id), input: params.input };
    case 'xstate.stopChild':
      return { stop: String(params.id ?? '') };
    case 'xstate.emit':
      return { emit: event };
    default:
      return { other: action.type };
  }
}

function nameOfAfter(text: unknown): string | null {
  return typeof text === 'string' ? (afterPattern.exec(text)?.[1] ?? null) : null;
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
