/**
 * Reads a simulation's trace: JSON lines, of which the first says what run it is. `{at, node, event, detail}` is what a node did,
 * with `peer` for a line that was `sent` or `received`; `{at, node, actor, event, detail, before, after}` is a change of state.
 * Tolerant: lines that are not understood are counted and left out, and a state may also be nested, or a snapshot with `value` and
 * `context`.
 */
import type { Chart } from '../../charts/index.ts';
import type { Json, ShownEvent, StateValue, TransitionTaken } from '../../contract.ts';
import { Timeline, type TracedRecord } from '../data/timeline.ts';
import { transitionsTaken } from './taken-transitions.ts';

export const traceBytesMax = 256 * 1_048_576;
export const traceEntriesMax = 400_000;

export interface ReadTrace {
  readonly timeline: Timeline;
  readonly nodes: readonly string[];
  readonly lines: number;
  readonly skipped: number;
}

type Fields = { readonly [name: string]: Json };

/** What is read of a chart: by its name the machine of an actor is recognised, by the rest what a step took. */
export type ReadableChart = Pick<Chart, 'name' | 'transitions' | 'begins'>;

// w[impl view.trace]
export function readTrace(text: string, title: string, charts: readonly ReadableChart[]): ReadTrace {
  const timeline = new Timeline(title, false, traceEntriesMax);
  const nodes = new Set<string>();
  const known = new Set<string>();
  const records: TracedRecord[] = [];
  let lines = 0;
  let skipped = 0;
  const trace = { known, charts };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const fields = fieldsOf(line);
    if (fields !== null && typeof fields.format === 'string' && fields.event === undefined) continue;
    lines += 1;
    if (fields?.event === undefined || lines > traceEntriesMax) {
      skipped += 1;
      continue;
    }
    nodes.add(nodeOf(fields));
    records.push(...(fields.actor === undefined ? deedOf(fields, trace) : stepOf(fields, trace)));
  }
  timeline.add(records);
  return { timeline, nodes: [...nodes], lines, skipped };
}

function fieldsOf(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

/** What is known while a trace is read. */
interface Reading {
  /** Ids of actors that were named already. */
  readonly known: Set<string>;
  readonly charts: readonly ReadableChart[];
}

/** What a node did: a line it sent or received, or anything else it tells of. */
function deedOf(fields: Fields, { known }: Reading): readonly TracedRecord[] {
  const at = timeOf(fields.at);
  const node = nodeOf(fields);
  const detail = textOf(fields.detail);
  const kind = textOf(fields.event);
  const peer = typeof fields.peer === 'string' ? fields.peer : null;
  const started = newNodes([node, ...(peer === null ? [] : [peer])], known, at);
  const [word = kind, ...rest] = detail.split(' ');
  if (peer !== null && kind === 'sent') {
    return [
      ...started,
      { kind: 'event', at, from: node, to: peer, event: { type: word, detail: rest.join(' ') } },
    ];
  }
  if (peer !== null && kind === 'received') {
    const event = { type: `${word} arrives`, detail: rest.join(' ') };
    return [...started, { kind: 'event', at, from: peer, to: node, event }];
  }
  return [
    ...started,
    { kind: 'event', at, from: null, to: node, event: { type: `${kind} ${detail}`.trim() } },
  ];
}

/** A change of an actor's state, and the event it came with. */
function stepOf(fields: Fields, { known, charts }: Reading): readonly TracedRecord[] {
  const at = timeOf(fields.at);
  const node = nodeOf(fields);
  const actor = textOf(fields.actor);
  const id = `${node}/${actor}`;
  const event = eventOf(fields.event === 'state' ? fields.detail : fields.event);
  const after = stateOf(fields.after);
  const before = stateOf(fields.before).value;
  const started = [...newNodes([node], known, at)];
  const machine = machineOf(
    actor,
    charts.map(({ name }) => name),
  );
  if (!known.has(id)) {
    known.add(id);
    const value = before ?? after.value;
    started.push({
      kind: 'started',
      at,
      actor: { id, name: actor, parent: node, machine, value, peer: null },
    });
  }
  const heard: TracedRecord = { kind: 'event', at, from: null, to: id, event };
  if (after.value === null) return [...started, heard];
  const chart = charts.find(({ name }) => name === machine);
  return [
    ...started,
    heard,
    {
      kind: 'step',
      at,
      actor: id,
      event: event.type,
      value: after.value,
      transitions: takenIn(chart, event.type, before, after.value),
      ...(after.context === null ? {} : { context: after.context }),
    },
  ];
}

/** A trace does not say which transition it was: the machine's definition does. Of an unknown machine only that one was taken. */
function takenIn(
  chart: ReadableChart | undefined,
  event: string,
  before: StateValue | null,
  after: StateValue,
): readonly TransitionTaken[] {
  if (JSON.stringify(after) === JSON.stringify(before)) return [];
  const taken =
    chart === undefined || before === null ? [] : transitionsTaken(chart, { event, before, after });
  return taken.length > 0 ? taken : [{ from: '', event, index: -1, to: ['?'] }];
}

function newNodes(names: readonly string[], known: Set<string>, at: number): readonly TracedRecord[] {
  const fresh = names.filter((name) => !known.has(name));
  return fresh.map((name) => {
    known.add(name);
    return {
      kind: 'started',
      at,
      actor: { id: name, name, parent: null, machine: null, value: null, peer: null },
    };
  });
}

/** `supervisor/peer.3` is a `peer`; the longest name of a chart that its last part begins with. */
function machineOf(actor: string, machines: readonly string[]): string | null {
  const last = actor.split('/').at(-1) ?? actor;
  // Attempts are named after whom they dial, or after the join they belong to.
  if (/^(dial|join)[.:]/.test(last) && machines.includes('dialAttempt')) return 'dialAttempt';
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

/** `member.following.trusted` and `a.b + c`, as a trace writes states, or the state value itself. */
function stateValueOf(value: Json | undefined): StateValue | null {
  if (typeof value === 'string') return value === '' ? null : parsedState(value);
  const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isNested ? (value as StateValue) : null;
}

function parsedState(text: string): StateValue {
  const regions = text.split(' + ').map((path) => nested(path.split('.')));
  const [first = text, ...others] = regions;
  if (others.length === 0) return first;
  return Object.fromEntries(
    regions.flatMap((region) => (typeof region === 'string' ? [[region, '']] : Object.entries(region))),
  );
}

function nested([first = '', ...rest]: readonly string[]): StateValue {
  return rest.length === 0 ? first : { [first]: nested(rest) };
}

function textOf(value: Json | undefined): string {
  return value === undefined || value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
}
