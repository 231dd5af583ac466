/** The rows of the sequence: timeline entries that pass a filter, worked out once each as they come. */
import type { Json } from '../../contract.ts';
import { type Timeline, type TimelineEntry, valueText } from '../data/timeline.ts';
import { type Lifeline, lifelineOf } from './actor-names.ts';

export interface Row {
  readonly n: number;
  readonly at: number;
  readonly kind: 'event' | 'state' | 'life' | 'lost';
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly entry: TimelineEntry;
}

export interface SequenceFilter {
  /** Part of the event's type. */
  readonly text: string;
  /** Key of a lifeline; '' for all. */
  readonly line: string;
  /** Fingerprint; '' for all. */
  readonly peer: string;
  readonly states: boolean;
}

export const openFilter: SequenceFilter = { text: '', line: '', peer: '', states: true };

// w[impl view.sequence]
export class SequenceRows {
  rows: Row[] = [];
  /** Every line that ever had a row, in order of appearance: lines never trade places while data streams. */
  readonly lines = new Map<string, Lifeline>();
  /** All lines, whatever the filter: what it can be set to. */
  readonly allLines = new Map<string, Lifeline>();
  private readonly timeline: Timeline;
  private readonly filter: SequenceFilter;
  private done = -1;

  constructor(timeline: Timeline, filter: SequenceFilter) {
    this.timeline = timeline;
    this.filter = filter;
  }

  /** Takes in what came since the last call. */
  update(): void {
    const { entries } = this.timeline;
    const firstKept = entries[0]?.n ?? 0;
    if (this.rows.length > 0 && (this.rows[0]?.n ?? 0) < firstKept - staleMax) {
      this.rows = this.rows.filter(({ n }) => n >= firstKept);
    }
    for (let index = Math.max(0, this.timeline.indexOf(this.done) + 1); index < entries.length; index += 1) {
      const entry = entries[index];
      if (entry === undefined || entry.n <= this.done) continue;
      this.take(entry);
      this.done = entry.n;
    }
  }

  /** Index of the newest row that is not after entry `n`; -1 when all are. */
  indexAt(n: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.rows[middle]?.n ?? 0) <= n) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private take(entry: TimelineEntry): void {
    const row = this.rowOf(entry);
    if (row === null) return;
    const { from, to } = row;
    for (const line of [from, to]) this.allLines.set(line.key, line);
    const { text, line, peer, states } = this.filter;
    if (row.kind !== 'lost') {
      if (row.kind !== 'event' && !states) return;
      if (text !== '' && !row.label.toLowerCase().includes(text.toLowerCase())) return;
      if (line !== '' && from.key !== line && to.key !== line) return;
      if (peer !== '' && from.peer !== peer && to.peer !== peer) return;
      for (const shown of [from, to]) this.lines.set(shown.key, shown);
    }
    this.rows.push({ ...row, from: from.key, to: to.key, n: entry.n, at: entry.record.at, entry });
  }

  private rowOf({ record }: TimelineEntry): Unplaced | null {
    const line = (id: string | null) => lifelineOf(this.timeline, id);
    switch (record.kind) {
      case 'event':
        return { kind: 'event', from: line(record.from), to: line(record.to), label: record.event.type };
      case 'step': {
        // A step that leaves no state is told by its event already.
        if (!record.transitions.some(({ to }) => to.length > 0)) return null;
        const own = line(record.actor);
        return { kind: 'state', from: own, to: own, label: valueText(record.value) };
      }
      case 'started':
      case 'ended': {
        const id = record.kind === 'started' ? record.actor.id : record.actor;
        if (this.timeline.actors.get(id)?.machine == null) return null;
        const own = line(id);
        return {
          kind: 'life',
          from: own,
          to: own,
          label: record.kind === 'started' ? 'starts' : `ends (${record.status})`,
        };
      }
      case 'lost': {
        const own = line(null);
        return {
          kind: 'lost',
          from: own,
          to: own,
          label: `${record.count} records were lost: this page reads too slowly`,
        };
      }
    }
  }
}

interface Unplaced {
  readonly kind: Row['kind'];
  readonly from: Lifeline;
  readonly to: Lifeline;
  readonly label: string;
}

const staleMax = 1_000;

/** What a row stands for, as JSON for the reader. */
export function detailOf({ entry: { record } }: Row): Json {
  if (record.kind === 'event') return record.event as unknown as Json;
  return record as unknown as Json;
}
