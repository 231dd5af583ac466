/**
 * What actors did, in order, from the live feed or from a trace file: the one source of the tree, the chart and the sequence.
 * Kept outside of any UI state, bounded, and told to the views at most once a drawn frame.
 */
import type { ActorRecord, Json, MachineRecord, StateValue } from '../../contract.ts';

export interface TimelineEntry {
  /** Counts on from entry to entry. */
  readonly n: number;
  readonly record: TracedRecord | { readonly kind: 'lost'; readonly at: number; readonly count: number };
}

/** A trace brings the context of each step along; the live feed sends it apart. */
export type TracedRecord = MachineRecord & { readonly context?: Json };

export interface TimelineActor extends Omit<ActorRecord, 'value'> {
  value: StateValue | null;
  /** Set when it ended. */
  ended: 'done' | 'error' | 'stopped' | null;
  /** What it was in when this page first heard of it, and when that was (ms; 0: it ran already). */
  readonly first: StateValue | null;
  readonly since: number;
}

export const timelineEntriesMax = 20_000;
/** Entries are dropped in batches, so that dropping costs nothing for each record. */
const slack = 2_000;

// w[impl view.load]
export class Timeline {
  readonly title: string;
  readonly isLive: boolean;
  readonly actors = new Map<string, TimelineActor>();
  entries: TimelineEntry[] = [];
  lostCount = 0;
  /** Of all records that ever came. */
  recordCount = 0;
  private readonly entriesMax: number;
  private next = 0;
  private scheduled = false;
  private readonly listeners = new Set<() => void>();

  constructor(title: string, isLive: boolean, entriesMax = timelineEntriesMax) {
    this.entriesMax = entriesMax;
    this.title = title;
    this.isLive = isLive;
  }

  /** Called after changes, once for all of a drawn frame, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** All actors as they are now. Entries stay: they name actors that may be gone. */
  setActors(actors: readonly ActorRecord[]): void {
    const running = new Set(actors.map(({ id }) => id));
    for (const [id, actor] of this.actors) {
      if (!running.has(id)) actor.ended ??= 'stopped';
    }
    for (const actor of actors) this.actors.set(actor.id, started(actor, 0));
    this.schedule();
  }

  add(records: readonly TracedRecord[], lost = 0, at = 0): void {
    if (lost > 0) {
      this.lostCount += lost;
      this.push({ kind: 'lost', at, count: lost });
    }
    for (const record of records) {
      this.push(record);
      this.apply(record);
    }
    this.recordCount += records.length;
    if (this.entries.length > this.entriesMax + slack) {
      this.entries = this.entries.slice(-this.entriesMax);
      this.forgetEnded();
    }
    this.schedule();
  }

  /** The state of an actor just after entry `n`, as far as that is kept. */
  valueAt(actor: string, n: number): StateValue | null {
    for (let index = this.indexOf(n); index >= 0; index -= 1) {
      const record = this.entries[index]?.record;
      if (record?.kind === 'step' && record.actor === actor) return record.value;
      if (record?.kind === 'started' && record.actor.id === actor) return record.actor.value;
    }
    return this.actors.get(actor)?.first ?? null;
  }

  /** The same for the context; null where steps bring none. */
  contextAt(actor: string, n: number): Json {
    for (let index = this.indexOf(n); index >= 0; index -= 1) {
      const record = this.entries[index]?.record;
      if (record?.kind === 'step' && record.actor === actor) return record.context ?? null;
    }
    return null;
  }

  /** The newest steps of an actor up to entry `n`, newest first. */
  stepsOf(actor: string, n: number, count: number): readonly TimelineEntry[] {
    const found: TimelineEntry[] = [];
    // A bounded look back: this runs while data streams.
    const oldest = Math.max(0, this.indexOf(n) - lookBackMax);
    for (let index = this.indexOf(n); index >= oldest && found.length < count; index -= 1) {
      const entry = this.entries[index];
      if (entry?.record.kind === 'step' && entry.record.actor === actor) found.push(entry);
    }
    return found;
  }

  /** Index of the newest entry that is not after `n`; -1 when all are. */
  indexOf(n: number): number {
    const first = this.entries[0]?.n ?? 0;
    return Math.min(n - first, this.entries.length - 1);
  }

  lastN(): number {
    return this.next - 1;
  }

  private push(record: TimelineEntry['record']): void {
    this.entries.push({ n: this.next, record });
    this.next += 1;
  }

  private apply(record: MachineRecord): void {
    if (record.kind === 'started') this.actors.set(record.actor.id, started(record.actor, record.at));
    else if (record.kind === 'ended') {
      const actor = this.actors.get(record.actor);
      if (actor !== undefined) actor.ended = record.status;
    } else if (record.kind === 'step') {
      const actor = this.actors.get(record.actor);
      if (actor !== undefined) actor.value = record.value;
    }
  }

  private forgetEnded(): void {
    const named = new Set(
      this.entries.flatMap(({ record }) => {
        if (record.kind === 'event') return [record.from, record.to];
        if (record.kind === 'started') return [record.actor.id];
        return record.kind === 'lost' ? [] : [record.actor];
      }),
    );
    for (const [id, { ended }] of this.actors) if (ended !== null && !named.has(id)) this.actors.delete(id);
  }

  private schedule(): void {
    // Who comes later draws what is there by then.
    if (this.scheduled || this.listeners.size === 0) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  }
}

const lookBackMax = 5_000;

function started(actor: ActorRecord, since: number): TimelineActor {
  return { ...actor, ended: null, first: actor.value, since };
}

/** `{member: {following: 'trusted'}}` → `['member', 'member.following', 'member.following.trusted']`. */
export function activePaths(value: StateValue | null): readonly string[] {
  if (value === null) return [];
  return below(value, '');
}

function below(value: StateValue, prefix: string): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [`${prefix}${value}`];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${prefix}${key}`,
    ...below(inner, `${prefix}${key}.`),
  ]);
}

/** The innermost states, for a reader: `following.trusted`. */
export function valueText(value: StateValue | null): string {
  const paths = activePaths(value);
  const leaves = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
  return leaves.join(' · ');
}
