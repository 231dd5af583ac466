/**
 * What a model of a machine consists of: the events that may happen to it, what of its context matters, and an oracle
 * that knows from the rules alone what has to come out. The rest of this folder works on any of these.
 */
import type { AnyStateMachine, EventFrom, InputFrom, SnapshotFrom } from 'xstate';
import type { Row } from '../machines/transition-rows.ts';
import type { Surroundings } from './surroundings.ts';

/** Something that may happen. The label is unique among those of one moment. */
export interface Possible<Machine extends AnyStateMachine> {
  readonly label: string;
  readonly event: EventFrom<Machine>;
}

/** How a machine begins: one graph for each. */
export interface Start<Machine extends AnyStateMachine> {
  readonly name: string;
  readonly input: InputFrom<Machine>;
  /** What happened already, judged like all else. */
  readonly before?: readonly Possible<Machine>[];
  /** The labels that may happen from there on; absent means all. */
  readonly only?: RegExp;
}

/** A machine at rest, what surrounds it and what the oracle remembers. */
export interface Moment<Machine extends AnyStateMachine, Memory> {
  readonly start: Start<Machine>;
  readonly snapshot: SnapshotFrom<Machine>;
  readonly surroundings: Surroundings;
  readonly memory: Memory;
  /** `graph` keeps numbers small, so that there are finitely many states; `walk` need not. */
  readonly reach: 'graph' | 'walk';
}

/** One step of the machine, as the oracle sees it. */
export interface Happening<Event> {
  readonly event: Event;
  /** All that came out, but what XState tells itself. */
  readonly rows: readonly Row[];
  /** The event is one that the machine had planned for itself. */
  readonly planned: boolean;
  /** What surrounds the machine afterwards. */
  readonly after: Surroundings;
}

/** Knows the rules. It complains by `demand`, and imports nothing from `machines` but the types of events. */
export interface Oracle<Machine extends AnyStateMachine, Memory> {
  readonly begin: (start: Start<Machine>, first: Omit<Happening<never>, 'event' | 'planned'>) => Memory;
  readonly judge: (memory: Memory, happening: Happening<EventFrom<Machine>>, start: Start<Machine>) => Memory;
  /** What the machine has to know by now; compared with `Model.view`. */
  readonly view: (memory: Memory) => unknown;
}

export interface Model<Machine extends AnyStateMachine, Memory> {
  readonly machine: Machine;
  readonly starts: readonly Start<Machine>[];
  /** Everything from outside that may happen now. Timers of the machine's own are added to it. */
  readonly alphabet: (moment: Moment<Machine, Memory>) => readonly Possible<Machine>[];
  /** What the machine knows, in the oracle's words. */
  readonly view: (snapshot: SnapshotFrom<Machine>) => unknown;
  /** What else tells two states apart. */
  readonly matters: (snapshot: SnapshotFrom<Machine>) => unknown;
  readonly oracle: Oracle<Machine, Memory>;
  /** More than that, over all starts, and the graph is not what was meant. */
  readonly statesMax: number;
  /** Labels of what ends a machine's life: rare in walks, so that those get somewhere. */
  readonly endings?: RegExp;
  /** State nodes and transitions the alphabet cannot reach, and why. Checked both ways. */
  readonly unreachable: { readonly [name: string]: string };
  readonly mutants: readonly Mutant<Machine>[];
}

/** The machine with a mistake in it, and what the oracle has to say to that. */
export interface Mutant<Machine extends AnyStateMachine> {
  readonly mistake: string;
  readonly machine: Machine;
  readonly complaint: RegExp;
}

/** A rule of the oracle. */
export function demand(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Complaint(rule);
}

export class Complaint extends Error {}

/** What was said to one receiver, in order. */
export function to(rows: readonly Row[], receiver: string): readonly { readonly type: string }[] {
  return rows.flatMap((row) => ('to' in row && row.to === receiver ? [row.event as { type: string }] : []));
}
