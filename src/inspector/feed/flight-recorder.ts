/**
 * The tap on the machines' inspection: it notes what happened, in a ring of fixed size, and makes nothing of it before
 * somebody asks. What an entry refers to is small unless a page reads along: a payload in an event is not kept alive.
 */
import type { InspectionEvent } from 'xstate';
import type { Clock } from '../../ports/index.ts';
import type { MachineRecord, StateValue } from '../contract.ts';
import { recordsKept } from '../limits.ts';
import { type InspectedActor, machineOf, type ShownSnapshot } from './actors.ts';
import { entryJson } from './records.ts';
import type { InspectedTransition } from './transitions.ts';

/** One thing that happened, as it is noted. `json` is made when it is first sent. */
export interface Entry {
  readonly kind: MachineRecord['kind'];
  readonly at: number;
  readonly actor: string;
  readonly name: string;
  /** The sender of an event; the parent of an actor that started. */
  readonly from: string | null;
  /** Of the event; the machine of an actor that started, the status of one that ended. */
  readonly type: string;
  readonly value: StateValue | null;
  readonly transitions: readonly InspectedTransition[];
  /** Only while somebody reads along. */
  event: object | null;
  ref: InspectedActor | null;
  json: string | null;
}

export interface Inspectable {
  readonly system: { inspect(observer: (event: InspectionEvent) => void): { unsubscribe(): void } };
}

/** Told of every entry, at once, before anything is made of it: must be cheap. */
export type Witness = (actor: InspectedActor, event: InspectionEvent) => void;

export class FlightRecorder {
  /** The number the next entry gets; entries are numbered from 0. */
  next = 0;
  /** Somebody reads along: what events carry is kept until it is read. */
  detailed = false;
  readonly #ring: (Entry | undefined)[] = [];
  readonly #clock: Clock;
  readonly #noted: () => void;
  readonly #witness: Witness;
  readonly #subscription: { unsubscribe(): void };
  /** The transitions of steps under way. Others may step before the snapshot comes that ends one. */
  readonly #stepping = new WeakMap<object, InspectedTransition[]>();

  constructor(
    root: Inspectable,
    clock: Clock,
    witness: Witness,
    noted: () => void,
    failed: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#witness = witness;
    this.#noted = noted;
    // It runs inside the actors' own steps: a mistake here must end the watching, not the actor.
    this.#subscription = root.system.inspect((event) => {
      try {
        this.#take(event);
      } catch (error) {
        this.close();
        failed(error);
      }
    });
  }

  /** The number of the oldest entry that is kept. */
  get oldest(): number {
    return Math.max(0, this.next - recordsKept);
  }

  /** As JSON of a `MachineRecord`; null for a number that is not kept. */
  json(number: number): string | null {
    const entry = this.#ring[number % recordsKept];
    if (entry === undefined || number < this.oldest || number >= this.next) return null;
    entry.json ??= entryJson(entry);
    // What it was made from may be large, and is not needed again.
    entry.event = null;
    entry.ref = null;
    return entry.json;
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#ring.length = 0;
  }

  #take(inspected: InspectionEvent): void {
    const actor = inspected.actorRef as unknown as InspectedActor;
    this.#witness(actor, inspected);
    switch (inspected.type) {
      case '@xstate.actor':
        this.#note('started', actor, {
          from: actor._parent?.sessionId ?? null,
          type: machineOf(actor) ?? '',
          ref: actor,
        });
        return;
      case '@xstate.event':
        this.#takeEvent(actor, inspected);
        return;
      case '@xstate.microstep':
        this.#takeMicrostep(actor, inspected._transitions as unknown as readonly InspectedTransition[]);
        return;
      case '@xstate.snapshot':
        this.#takeSnapshot(actor, inspected.snapshot as ShownSnapshot, inspected.event.type);
        return;
      default:
    }
  }

  #takeEvent(actor: InspectedActor, inspected: InspectionEvent & { type: '@xstate.event' }): void {
    const { event } = inspected;
    const source = inspected.sourceRef as unknown as InspectedActor | undefined;
    // `started` says as much.
    if (event.type === 'xstate.init') return;
    // An actor that throws ends without a snapshot; its parent hears of it.
    if (source !== undefined && event.type.startsWith('xstate.error.actor.')) {
      this.#note('ended', source, { type: 'error' });
    }
    this.#note('event', actor, { from: source?.sessionId ?? null, type: event.type, event });
  }

  #takeMicrostep(actor: InspectedActor, taken: readonly InspectedTransition[]): void {
    const earlier = this.#stepping.get(actor);
    if (earlier === undefined) this.#stepping.set(actor, [...taken]);
    else earlier.push(...taken);
  }

  #takeSnapshot(actor: InspectedActor, { status = 'active', value }: ShownSnapshot, type: string): void {
    const transitions = this.#stepping.get(actor) ?? [];
    this.#stepping.delete(actor);
    if (machineOf(actor) !== null && status !== 'stopped') {
      this.#note('step', actor, { type, value: value ?? null, transitions });
    }
    if (status !== 'active') this.#note('ended', actor, { type: status });
  }

  #note(kind: Entry['kind'], actor: InspectedActor, more: Partial<Entry>): void {
    this.#ring[this.next % recordsKept] = {
      kind,
      at: this.#clock.now(),
      actor: actor.sessionId,
      name: actor.id,
      from: more.from ?? null,
      type: more.type ?? '',
      value: more.value ?? null,
      transitions: more.transitions ?? [],
      event: this.detailed ? (more.event ?? null) : null,
      ref: this.detailed ? (more.ref ?? null) : null,
      json: null,
    };
    this.next += 1;
    this.#noted();
  }
}
