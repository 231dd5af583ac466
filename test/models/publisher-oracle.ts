/**
 * What the leader's publisher may do, from the rules `leader.*`: it waits for members, publishes one change after
 * another, each drafted, signed and stored in this order, answers every request once, and never takes a number twice.
 */
import type { Standing } from '../../machines/events.ts';
import type { Version } from '../../src/protocol/types.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, type Happening, to } from './model.ts';
import type { PublisherEvent } from './publisher-model.ts';

interface Waiting {
  readonly id: string;
  readonly forced: boolean;
}

export interface PublisherMemory {
  readonly held: Version | null;
  readonly members: readonly string[];
  /** The wait after the start is over. */
  readonly settled: boolean;
  /** Ascending. Two of them say all there is to know. */
  readonly heard: readonly string[];
  /** The highest number a member spoke of. */
  readonly spoken: number;
  readonly queue: readonly Waiting[];
  readonly current: { readonly id: string; readonly stage: Stage; readonly signed: Version | null } | null;
}

type Stage = 'drafting' | 'signing' | 'storing';
type PublisherHappening = Happening<PublisherEvent>;

const hearingsMin = 2;
const queueMax = 64;

export function beginPublisher(standing: Standing | null, own: string, after: Happening<never>['after']) {
  const memory: PublisherMemory = {
    held: standing?.version ?? null,
    members: standing?.members ?? [own],
    settled: false,
    heard: [],
    spoken: 0,
    queue: [],
    current: null,
  };
  const next = settle(memory, false);
  judgeHold(next, after);
  return next;
}

export function judgePublisher(before: PublisherMemory, happening: PublisherHappening): PublisherMemory {
  const { event, rows, planned, after } = happening;
  const heard = hear(before, event);
  judgeAnswers(before, heard, happening);
  const next = takeNext(settle(heard, planned), rows);
  const overtakes = event.type === 'standing.changed' && event.standing.version.seq > seqOf(before.held);
  judgeWork(before, next, rows, overtakes && next.current?.stage === 'drafting');
  judgeHold(next, after);
  return next;
}

function hear(memory: PublisherMemory, event: PublisherEvent): PublisherMemory {
  const { queue, current, held, heard, members } = memory;
  switch (event.type) {
    case 'publish':
    case 'found': {
      if (queue.length >= queueMax) return memory;
      const forced = event.type === 'found' || event.force;
      return { ...memory, queue: [...queue, { id: event.requestId, forced }] };
    }
    case 'member.heard': {
      // A stranger, and one that holds nothing, say nothing.
      if (!members.includes(event.fingerprint) || event.seq === 0) return memory;
      const known = [...new Set([...heard, event.fingerprint])].toSorted();
      return { ...memory, heard: known, spoken: Math.max(memory.spoken, event.seq) };
    }
    case 'standing.changed': {
      if (event.standing.version.seq < seqOf(held)) return memory;
      const taken = take(memory, event.standing);
      // What would take a number that is in use is made again.
      const isOvertaken = event.standing.version.seq > seqOf(held) && current?.signed === null;
      return isOvertaken ? { ...taken, current: { ...current, stage: 'drafting' } } : taken;
    }
    case 'publish.stored':
      demand(event.standing.version.seq > seqOf(held), 'no number is published twice');
      return { ...take(memory, event.standing), current: null };
    case 'draft.unchanged':
    case 'draft.refused':
    case 'publish.failed':
      return { ...memory, current: null };
    case 'draft.ready':
      return { ...memory, current: current && { ...current, stage: 'signing' } };
    case 'draft.signed':
      return { ...memory, current: current && { ...current, stage: 'storing', signed: event.version } };
    default:
      return memory;
  }
}

/** Whether publishing may go on: members were heard, nothing newer is on its way, or the wait is over. */
function settle(memory: PublisherMemory, waited: boolean): PublisherMemory {
  if (memory.current !== null) return memory;
  const others = Math.max(memory.members.length - 1, 0);
  const enough = memory.settled || memory.heard.length >= Math.min(hearingsMin, others);
  if (enough && !isBehind(memory)) return { ...memory, settled: true };
  const over = waited || memory.queue.some(({ forced }) => forced);
  return over ? { ...memory, settled: true, spoken: 0 } : memory;
}

function takeNext(memory: PublisherMemory, rows: readonly Row[]): PublisherMemory {
  const [first, ...queue] = memory.queue;
  if (memory.current !== null || holds(memory) || first === undefined) return memory;
  const draft = spawned(rows, 'request')[0] as
    | { request: { requestId: string }; current: unknown }
    | undefined;
  demand(draft !== undefined, 'a change that may be published is drafted');
  demand(draft.request.requestId === first.id, 'changes are published in the order they came');
  demand(isSame(draft.current, memory.held), 'a draft is made on top of what is held');
  return { ...memory, queue, current: { id: first.id, stage: 'drafting', signed: null } };
}

/** Every request has one answer, of the kind that its end calls for. */
function judgeAnswers(
  before: PublisherMemory,
  after: PublisherMemory,
  { event, rows }: PublisherHappening,
): void {
  const said = to(rows, 'parent').map(
    (answer) => `${answer.type} ${(answer as { requestId?: string }).requestId}`,
  );
  const id = before.current?.id;
  const expected: { readonly [type: string]: string } = {
    'publish.stored': `payload.published ${id}`,
    'draft.refused': `publish.refused ${id}`,
    'publish.failed': `publish.refused ${id}`,
    'draft.unchanged': `publish.unchanged ${id}`,
  };
  const full =
    (event.type === 'publish' || event.type === 'found') && after.queue.length === before.queue.length;
  const answer = full ? `publish.refused ${event.requestId}` : expected[event.type];
  demand(isSame(said, answer === undefined ? [] : [answer]), `answers ${said}, should answer ${answer}`);
}

/** Signed after it was drafted, stored after it was signed, and nothing of it twice. */
function judgeWork(
  before: PublisherMemory,
  next: PublisherMemory,
  rows: readonly Row[],
  isAgain: boolean,
): void {
  const stage =
    next.current !== null && next.current.stage !== before.current?.stage ? next.current.stage : null;
  const isNew = next.current !== null && next.current.id !== before.current?.id;
  const due = isNew || isAgain ? 'drafting' : stage;
  demand(
    spawned(rows, 'request').length === (due === 'drafting' || due === 'storing' ? 1 : 0),
    'one step at a time',
  );
  const signings = rows.filter((row) => 'spawn' in row && isSame(row.input, { requestId: next.current?.id }));
  demand(signings.length === (due === 'signing' ? 1 : 0), 'what was drafted is signed, and nothing else');
  const stores = spawned(rows, 'version') as {
    version: Version;
    previous: unknown;
    request: { requestId: string };
  }[];
  demand(stores.length === (due === 'storing' ? 1 : 0), 'what was signed is stored, and nothing else');
  for (const { version, previous, request } of stores) {
    demand(isSame(version, next.current?.signed), 'what was signed is what is stored');
    demand(isSame(previous, next.held), 'the store is told what was held before');
    demand(request.requestId === next.current?.id, 'the request of the payload is stored with it');
  }
}

function judgeHold(memory: PublisherMemory, after: Happening<never>['after']): void {
  const waits = after.planned.some(({ event }) => event.type.startsWith('xstate.after.holdTimeout'));
  demand(waits === (memory.current === null && holds(memory)), 'a wait for members has an end');
}

function take(memory: PublisherMemory, { version, members }: Standing): PublisherMemory {
  return { ...memory, held: version, members };
}

function holds(memory: PublisherMemory): boolean {
  return !memory.settled || isBehind(memory);
}

function isBehind({ spoken, held }: PublisherMemory): boolean {
  return spoken > seqOf(held);
}

function seqOf(version: Version | null): number {
  return version?.seq ?? 0;
}

/** Inputs of the actors started, of those that have this field. */
function spawned(rows: readonly Row[], field: string): readonly unknown[] {
  return rows.flatMap((row) =>
    'spawn' in row && typeof row.input === 'object' && row.input !== null && field in row.input
      ? [row.input]
      : [],
  );
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
