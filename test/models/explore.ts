/**
 * Machine, surroundings and oracle as one thing that XState's graph utilities walk: an event leads from one situation
 * to the next, and a step the oracle does not agree with is a fault. Situations that cannot be told apart are one.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type ActorLogic,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createEmptyActor,
  type EventFrom,
  type ExecutableActionObject,
  type Snapshot,
} from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { rowOf } from '../machines/transition-rows.ts';
import { isMark, marked, marksIn } from './marks.ts';
import { Complaint, demand, type Model, type Moment, type Possible, type Start } from './model.ts';
import { afterwards, labelOf, nobody, type Surroundings, withoutPlan } from './surroundings.ts';

/** A situation is a snapshot to the graph utilities. */
export type Situation<Machine extends AnyStateMachine, Memory> = Snapshot<unknown> &
  Moment<Machine, Memory> & { readonly key: string };

/** An event to the graph utilities: its type is the label, so that two of one type are told apart. */
export interface Choice<Machine extends AnyStateMachine> {
  readonly type: string;
  readonly event: EventFrom<Machine>;
  /** Which of the planned events; null for one from outside. */
  readonly plan: number | null;
}

/** The oracle and the machine do not agree. */
export class Fault extends Error {}

type AnyModel<Machine extends AnyStateMachine, Memory> = Model<Machine, Memory>;

/** One machine being walked: takes steps, and notes which parts of the machine they took. */
export class Walker<Machine extends AnyStateMachine, Memory> {
  readonly parts = new Set<string>();
  readonly #model: AnyModel<Machine, Memory>;
  readonly #machine: Machine;
  readonly #reach: 'graph' | 'walk';
  readonly #self = createEmptyActor();

  constructor(
    model: AnyModel<Machine, Memory>,
    { machine = model.machine, reach }: { machine?: Machine; reach: 'graph' | 'walk' },
  ) {
    this.#model = model;
    this.#machine = marked(machine);
    this.#reach = reach;
  }

  begin(start: Start<Machine>): Situation<Machine, Memory> {
    return this.#blaming(`start ${start.name}`, () => {
      const [snapshot, actions] = this.#run((scope) => this.#machine.getInitialSnapshot(scope, start.input));
      const { rows, after } = this.#note(nobody, actions);
      const memory = this.#model.oracle.begin(start, { rows, after });
      const first = this.#situation(start, snapshot as Moment<Machine, Memory>['snapshot'], after, memory);
      return (start.before ?? []).reduce(
        (situation, { label, event }) => this.step(situation, { type: label, event, plan: null }),
        first,
      );
    });
  }

  step(before: Situation<Machine, Memory>, choice: Choice<Machine>): Situation<Machine, Memory> {
    return this.#blaming(choice.type, () => {
      const { event, plan } = choice;
      const [snapshot, actions] = this.#run((scope) =>
        this.#machine.transition(plain(before.snapshot), event, scope),
      );
      const surroundings = plan === null ? before.surroundings : withoutPlan(before.surroundings, plan);
      const { rows, after } = this.#note(surroundings, actions);
      const happening = { event, rows, planned: plan !== null, after };
      const memory = this.#model.oracle.judge(before.memory, happening, before.start);
      const next = snapshot as Moment<Machine, Memory>['snapshot'];
      return this.#situation(before.start, next, after, memory);
    });
  }

  /** Everything that may happen now, from outside and by the machine's own timers. */
  choices(situation: Situation<Machine, Memory>): readonly Choice<Machine>[] {
    if (plain(situation.snapshot).status !== 'active') return [];
    const outside = this.#model
      .alphabet(situation)
      .map(({ label, event }: Possible<Machine>): Choice<Machine> => ({ type: label, event, plan: null }));
    const planned = situation.surroundings.planned.map(
      (one, plan): Choice<Machine> => ({ type: labelOf(one), event: one.event as EventFrom<Machine>, plan }),
    );
    const { only } = situation.start;
    return [...outside, ...planned].filter(({ type }) => only === undefined || only.test(type));
  }

  /** XState's `transition()`, which makes an actor for each call, with one actor for all of them. */
  #run(take: (scope: AnyActorScope) => unknown): [Snapshot<unknown>, ExecutableActionObject[]] {
    const actions: ExecutableActionObject[] = [];
    const nothing = () => undefined;
    const snapshot = take({
      self: this.#self,
      system: this.#self.system,
      id: '',
      sessionId: '',
      logger: nothing,
      defer: nothing,
      emit: nothing,
      stopChild: nothing,
      actionExecutor: (action) => void actions.push(action),
    });
    return [snapshot as Snapshot<unknown>, actions];
  }

  #note(before: Surroundings, actions: readonly Parameters<typeof rowOf>[0][]) {
    for (const part of marksIn(actions)) this.parts.add(part);
    const done = actions.filter((action) => !isMark(action));
    return { rows: done.map(rowOf), after: afterwards(before, done as never) };
  }

  #situation(
    start: Start<Machine>,
    snapshot: Moment<Machine, Memory>['snapshot'],
    surroundings: Surroundings,
    memory: Memory,
  ): Situation<Machine, Memory> {
    const { oracle, view, matters } = this.#model;
    const { status, value, error } = plain(snapshot);
    demand(status !== 'error', `the machine failed: ${String(error)}`);
    const known = view(snapshot);
    const expected = oracle.view(memory);
    if (!isDeepStrictEqual(known, expected)) {
      throw new Complaint(`knows ${JSON.stringify(known)}, should know ${JSON.stringify(expected)}`);
    }
    const { planned, children, gone } = surroundings;
    const key = JSON.stringify([
      value,
      known,
      matters(snapshot),
      planned.map((one) => `${one.id === null ? '!' : ''}${labelOf(one)}`).toSorted(),
      [children, gone].map((some) => some.map(({ id }) => id).toSorted()),
      memory,
    ]);
    const seen = { start, snapshot, surroundings, memory, key, reach: this.#reach };
    return { ...seen, status: 'active', output: undefined, error: undefined };
  }

  #blaming<Result>(what: string, take: () => Result): Result {
    try {
      return take();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const kind = cause instanceof Complaint ? '' : 'the machine threw: ';
      throw new Fault(`on ${what}: ${kind}${why}`, { cause });
    }
  }
}

export interface Path {
  readonly start: string;
  readonly labels: readonly string[];
  /** The key of the situation at its end. */
  readonly end: string;
}

export interface Exploration {
  readonly states: number;
  /** State, event and next state: each is one step that was checked. */
  readonly steps: number;
  /** The shortest way to every state, as labels, and without those that are the beginning of another. */
  readonly paths: readonly Path[];
  readonly longest: number;
  readonly parts: ReadonlySet<string>;
}

/** Walks everything the alphabet reaches, from every start. Throws at the first fault, with the way to it. */
export function explore<Machine extends AnyStateMachine, Memory>(
  model: AnyModel<Machine, Memory>,
  machine?: Machine,
): Exploration {
  const walker = new Walker(model, { reach: 'graph', ...(machine === undefined ? {} : { machine }) });
  let states = 0;
  let steps = 0;
  const paths: Path[] = [];
  for (const start of model.starts) {
    const seen = new Map<string, Situation<Machine, Memory>>();
    const ways = new Map<string, readonly string[]>();
    const canonical = (situation: Situation<Machine, Memory>, way: () => readonly string[]) => {
      const known = seen.get(situation.key);
      if (known !== undefined) return known;
      seen.set(situation.key, situation);
      ways.set(situation.key, way());
      if (states + seen.size > model.statesMax) throw new Error(`more than ${model.statesMax} states`);
      return situation;
    };
    const logic = {
      getInitialSnapshot: () => canonical(walker.begin(start), () => []),
      transition: (before: Situation<Machine, Memory>, choice: Choice<Machine>) => {
        steps += 1;
        const way = () => [...(ways.get(before.key) ?? []), choice.type];
        return withWay(way, () => canonical(walker.step(before, choice), way));
      },
    } as unknown as ActorLogic<Situation<Machine, Memory>, Choice<Machine>>;
    const found = getShortestPaths(logic, {
      events: (situation) => walker.choices(situation),
      serializeState: ({ key }) => key,
      serializeEvent: ({ type }) => type,
    });
    const inner = new Set(
      found.flatMap(({ steps: taken }) => taken.slice(0, -1).map(({ state }) => state.key)),
    );
    for (const { state } of found) {
      if (inner.has(state.key)) continue;
      paths.push({ start: start.name, labels: ways.get(state.key) ?? [], end: state.key });
    }
    states += seen.size;
  }
  const longest = Math.max(0, ...paths.map(({ labels }) => labels.length));
  return { states, steps, paths, longest, parts: walker.parts };
}

function withWay<Result>(way: () => readonly string[], take: () => Result): Result {
  try {
    return take();
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    throw new Fault(`${fault.message}\n  ${way().join('\n  ')}`, { cause: fault.cause });
  }
}

function plain(snapshot: unknown): AnyMachineSnapshot {
  return snapshot as AnyMachineSnapshot;
}

/** Takes one path again, from its beginning and on its own: it leads to the same situation as when it was found. */
export function replay<Machine extends AnyStateMachine, Memory>(
  model: AnyModel<Machine, Memory>,
  walker: Walker<Machine, Memory>,
  { start: name, labels }: Path,
): Situation<Machine, Memory> {
  const start = model.starts.find((one) => one.name === name);
  if (start === undefined) throw new Error(`no start is called ${name}`);
  return labels.reduce((situation, label) => {
    const choice = walker.choices(situation).find(({ type }) => type === label);
    if (choice === undefined) throw new Error(`${label} cannot happen here`);
    return walker.step(situation, choice);
  }, walker.begin(start));
}
