/**
 * A statechart as data: what a machine says (`describe-machine.ts`), and where it is drawn (`lay-out.ts`). Plain JSON, so
 * that the build can write it, the page can draw it and a terminal can print it. No imports.
 */

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

/** One transition of one state, as the machine defines it. */
export interface ChartTransition {
  /** Path of the state that defines it; '' is the machine itself. */
  readonly source: string;
  /** The event type as XState knows it, '' for a transition taken as soon as its guard holds. */
  readonly event: string;
  /** The same for a reader: `after helloTimeout 5 s`, `wire fails`. */
  readonly trigger: string;
  /** The guard's name, `else` when earlier candidates have one and this has none, '' without. */
  readonly guard: string;
  readonly actions: readonly string[];
  /** Paths of the states it leads to; none when it stays. */
  readonly targets: readonly string[];
  /** Its place among the transitions of its state for this event. */
  readonly candidate: number;
}

export interface ChartState {
  readonly path: string;
  readonly name: string;
  readonly kind: StateKind;
  readonly initial: boolean;
  /** Names of the actors that run while the state lasts. */
  readonly invokes: readonly string[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Transitions that stay in the state. */
  readonly stays: readonly ChartTransition[];
  readonly states: readonly ChartState[];
}

/** What a machine says, before it is laid out. */
export interface MachineDescription {
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly about: string;
  readonly root: ChartState;
  readonly transitions: readonly ChartTransition[];
  /** Of each state with states of its own the one it begins in, by paths. */
  readonly begins: { readonly [path: string]: string };
  /** Named delays and their defaults in milliseconds. */
  readonly delays: { readonly [name: string]: number };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** A line of text in a box, at an absolute place. `x` is the left end and `y` the baseline. */
export interface ChartLine extends Point {
  readonly text: string;
  readonly role: 'trigger' | 'actions' | 'note';
  /** Index in `transitions` of the chart, when the line belongs to one. */
  readonly transition: number | null;
}

export interface DrawnState extends Box {
  readonly path: string;
  readonly name: string;
  readonly kind: StateKind;
  readonly depth: number;
  /** What stands below the name. */
  readonly lines: readonly ChartLine[];
}

/** Where a level begins (`initial`), or where a transition of the level itself starts (`any`). */
export interface DrawnMark extends Box {
  readonly path: string;
  readonly kind: 'initial' | 'any';
}

/** All transitions between the same two ends share an arrow. */
export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
  readonly label: Box | null;
  readonly lines: readonly ChartLine[];
  /** Indexes in `transitions`. */
  readonly transitions: readonly number[];
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Outer states first. */
  readonly states: readonly DrawnState[];
  readonly marks: readonly DrawnMark[];
  readonly edges: readonly DrawnEdge[];
}

/** A machine with its two drawings: everything it says, and states and events alone. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly delays: { readonly [name: string]: number };
  readonly transitions: readonly ChartTransition[];
  readonly begins: { readonly [path: string]: string };
  readonly full: Drawing;
  readonly outline: Drawing;
}
