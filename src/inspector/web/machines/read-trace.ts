/**
 * Reads a simulation's trace: JSON lines `{at, node, actor, event, before, after}`. Tolerant: lines that are not understood
 * are counted and left out, fields that are missing are done without. A state may be a value, or a snapshot with `value` and `context`.
 */
import type { Json, ShownEvent, StateValue } from '../../contract.ts';
import { Timeline, type TracedRecord } from '../data/timeline.ts';

export const traceBytesMax = 256 * 1_048_576;
export const traceEntriesMax = 400_000;

export interface ReadTrace {
  readonly timeline: Timeline;
  readonly nodes: readonly string[];
  readonly lines: number;
  readonly skipped: number;
}

type Fields = { readonly [name: string]: Json };

/** `machines`: names of charts, by which the machine of an actor is recognised. */
// w[impl view.trace]
export function readTrace(text: string, title: string, machines: readonly string[]): ReadTrace {
  const timeline = new Timeline(title, false, traceEntriesMax);
  const nodes = new Set<string>();
  const known = new Set<string>();
  const records: TracedRecord[] = [];
  let lines = 0;
  let skipped = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    lines += 1;
    const fields = fieldsOf(line);
    if (fields === null || lines > traceEntriesMax) {
      skipped += 1;
      continue;
    }
    nodes.add(nodeOf(fields));
    records.push(...recordsOf(fields, known, machines));
  }
  timeline.add(records);
  return { timeline, nodes: [...nodes], lines, skipped };
}

function fieldsOf(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const fields = value as Fields;
    return fields.actor === undefined || fields.event === undefined ? null : fields;
  } catch {
    return null;
  }
}

function recordsOf(fields: Fields, known: Set<string>, machines: readonly string[]): readonly TracedRecord[] {
  const at = timeOf(fields.at);
  const node = nodeOf(fields);
  const id = `${node}/${String(fields.actor)}`;
  const event = eventOf(fields.event);
  const after = stateOf(fields.after);
  const from = typeof fields.from === 'string' ? `${node}/${fields.from}` : null;
  const before = stateOf(fields.before).value;
  const records: TracedRecord[] = [
    ...newActors(node, String(fields.actor), known, machines, at, before ?? after.value),
    ...(from === null || typeof fields.from !== 'string'
      ? []
      : newActors(node, fields.from, known, machines, at, null)),
    { kind: 'event', at, from, to: id, event },
  ];
  if (after.value === null) return records;
  const isChanged = JSON.stringify(after.value) !== JSON.stringify(before);
  return [
    ...records,
    {
      kind: 'step',
      at,
      actor: id,
      event: event.type,
      value: after.value,
      transitions: isChanged ? [{ from: '', event: event.type, index: -1, to: ['…'] }] : [],
      ...(after.context === null ? {} : { context: after.context }),
    },
  ];
}

/** An actor that is named for the first time, below its node. */
function newActors(
  node: string,
  actor: string,
  known: Set<string>,
  machines: readonly string[],
  at: number,
  value: StateValue | null,
): readonly TracedRecord[] {
  const id = `${node}/${actor}`;
  const missing = [
    { id: node, name: node, parent: null, machine: null, value: null },
    { id, name: actor, parent: node, machine: machineOf(actor, machines), value },
  ].filter((one) => !known.has(one.id));
  return missing.map((one) => {
    known.add(one.id);
    return { kind: 'started', at, actor: { ...one, peer: null } };
  });
}

/** `supervisor/peer.3` is a `peer`; the longest name of a chart that its last part begins with. */
function machineOf(actor: string, machines: readonly string[]): string | null {
  const last = actor.split('/').at(-1) ?? actor;
  const fitting = machines.filter(
    (name) =>
      last === name ||
      last.startsWith(`${name}.`) ||
      last.startsWith(`${name}-`) ||
      last.startsWith(`${name}:`),
  );
  return fitting.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

function nodeOf({ node }: Fields): string {
  return node === undefined || node === null ? 'node' : String(node);
}

function timeOf(at: Json | undefined): number {
  if (typeof at === 'number') return at;
  const parsed = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(parsed) ? 0 : parsed;
}

function eventOf(event: Json | undefined): ShownEvent {
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) {
    const { type } = event as Fields;
    return { ...(event as Fields), type: typeof type === 'string' ? type : '?' } as ShownEvent;
  }
  return { type: String(event) };
}

function stateOf(state: Json | undefined): { readonly value: StateValue | null; readonly context: Json } {
  if (typeof state === 'object' && state !== null && 'value' in state && !Array.isArray(state)) {
    const { value, context } = state as Fields;
    return { value: stateValueOf(value), context: context ?? null };
  }
  return { value: stateValueOf(state), context: null };
}

function stateValueOf(value: Json | undefined): StateValue | null {
  if (typeof value === 'string') return value;
  const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isNested ? (value as StateValue) : null;
}
