/**
 * What the applier may do, from the rules `membership.*`, `message.stale`, `message.fork` and `gossip.relay-before-store`:
 * one candidate at a time; verified, then handed on, then stored, then said; and every candidate answered once.
 */
import type { Standing } from '../../machines/events.ts';
import type { Version } from '../../src/protocol/types.ts';
import type { Row } from '../machines/transition-rows.ts';
import type { ApplierEvent } from './applier-model.ts';
import { later, nameOf, nameOfHash, type Offered, offerOf } from './applier-offers.ts';
import { demand, type Happening, to } from './model.ts';

/** A candidate by name; one that was parked has no link that waits for an answer. */
export interface Waiting {
  readonly name: string;
  readonly parked: boolean;
}

type Stage = 'verifying' | 'handing on' | 'storing' | 'degraded' | 'evidence' | 'parking' | 'refusing';

export interface ApplierMemory {
  readonly held: Version | null;
  readonly joins: boolean;
  /** What was parked is being read back. */
  readonly reads: boolean;
  readonly queue: readonly Waiting[];
  readonly current: (Waiting & { readonly stage: Stage; readonly fork: boolean }) | null;
  readonly refused: readonly string[];
  readonly parked: readonly string[];
  /** Payloads whose fork was reported. */
  readonly forks: readonly string[];
  readonly degraded: boolean;
}

/** Where a step has got to: what is known, what has to be said, and which actor has to be started. */
interface Course {
  readonly memory: ApplierMemory;
  readonly says: readonly string[];
  readonly starts: readonly string[];
}

export function beginApplier(standing: Standing | null, rows: readonly Row[]): ApplierMemory {
  const memory: ApplierMemory = {
    held: standing?.version ?? null,
    joins: false,
    reads: true,
    queue: [],
    current: null,
    refused: [],
    parked: [],
    forks: [],
    degraded: false,
  };
  compare({ memory, says: [], starts: ['read'] }, rows);
  return memory;
}

export function judgeApplier(before: ApplierMemory, happening: Happening<ApplierEvent>): ApplierMemory {
  const course = goOn(happens({ memory: before, says: [], starts: [] }, happening));
  compare(course, happening.rows);
  const { held, parked, reads } = course.memory;
  const dates = happening.after.planned.filter(({ event }) => event.type === 'parked.due').length;
  demand(dates <= 1, 'parked payloads have one date');
  const wait = parked.some((name) => held !== null && offerOf(name).seq > held.seq);
  demand(!wait || reads || dates === 1, 'what is parked is looked at again');
  const retries = happening.after.planned.some(({ event }) => event.type.includes('.storeRetry.'));
  demand(
    retries === (course.memory.current?.stage === 'degraded'),
    'what could not be stored is tried again',
  );
  return course.memory;
}

function compare({ says, starts }: Course, rows: readonly Row[]): void {
  const said = to(rows, 'parent').map(wordOf).join(', ');
  demand(said === says.join(', '), `says "${said}", should say "${says.join(', ')}"`);
  const started = rows.flatMap((row) => ('spawn' in row ? [startOf(row.input)] : [])).join(', ');
  demand(started === starts.join(', '), `starts "${started}", should start "${starts.join(', ')}"`);
}

function happens(course: Course, { event }: Happening<ApplierEvent>): Course {
  const { memory } = course;
  const { current, held } = memory;
  const stage = current?.stage ?? (memory.reads ? 'reading' : 'idle');
  switch (event.type) {
    case 'candidate': {
      const waiting = { name: nameOf(event.message), parked: false };
      return knows(course, { queue: [...memory.queue, waiting] });
    }
    case 'standing.changed':
      return publishes(course, event.standing.version);
    case 'join.began':
      return knows(course, { joins: true, held: null });
    case 'standing.lost':
      return {
        ...course,
        memory: { ...empty, refused: [], degraded: false },
      };
    case 'clock.moved':
    case 'parked.due':
      return stage === 'idle' ? { ...knows(course, { reads: true }), starts: ['read'] } : course;
    case 'parked.read': {
      if (stage !== 'reading') return course;
      const names = held === null ? [] : event.candidates.map(({ message }) => nameOf(message));
      const waiting = names.map((name) => ({ name, parked: true }));
      return knows(course, { reads: false, queue: [...memory.queue, ...waiting] });
    }
    case 'candidate.verified':
      return stage === 'verifying' ? judged(course, event.now, event.floorSeq) : course;
    case 'payload.relayed':
      return stage === 'handing on' ? stores(course) : course;
    case 'payload.stored':
      return stage === 'storing' ? stored(course, event.standing.version) : course;
    case 'store.failed': {
      if (stage !== 'storing' || current === null) return course;
      const says = memory.degraded ? [] : ['degraded'];
      const failed = knows(course, { degraded: true, current: { ...current, stage: 'degraded' } });
      return reportFork({ ...failed, says: [...course.says, ...says] });
    }
    case 'kept':
    case 'keep.failed':
      return keeps(course, event.type === 'kept');
    default:
      return retry(course);
  }
}

/** A leader stored a payload of its own: what was judged by the one before, and is not in the store yet, is judged anew. */
function publishes(course: Course, version: Version): Course {
  const { current, held } = course.memory;
  const seq = held?.seq ?? 0;
  const known = { held: version.seq >= seq ? version : held };
  if (current?.stage === 'degraded') return requeue(recover(knows(course, known)));
  const isUnderWay = current?.stage === 'handing on' || current?.stage === 'evidence';
  if (!isUnderWay || version.seq <= seq) return knows(course, known);
  return requeue(knows(reportFork(course), known));
}

const empty: ApplierMemory = {
  held: null,
  joins: false,
  reads: false,
  queue: [],
  current: null,
  refused: [],
  parked: [],
  forks: [],
  degraded: false,
};

/** The next candidates, until one has to wait for somebody. */
function goOn(course: Course): Course {
  const { memory } = course;
  const [next, ...queue] = memory.queue;
  if (memory.current !== null || memory.reads || next === undefined) return course;
  const taken = knows(course, { queue, current: { ...next, stage: 'verifying', fork: false } });
  const { seq, foreign, name } = offerOf(next.name);
  const held = memory.held?.seq ?? 0;
  if (foreign === 'grove_mismatch' && memory.held !== null) return goOn(refuses(taken, foreign));
  const followsNobody = memory.held === null && !memory.joins;
  if (foreign === 'leader_mismatch' || followsNobody) return goOn(refuses(taken, 'leader_mismatch'));
  if (seq < held) return goOn(answers(taken, 'stale'));
  // The held one is known by its signature; signed anew it has to be verified first.
  if (seq === held && nameOfHash(memory.held?.hash ?? '') === name) return goOn(answers(taken, 'duplicate'));
  return { ...taken, starts: [...taken.starts, `verify ${name}`] };
}

/** What a payload is, once its signature and its content are known. */
function judged(course: Course, now: number, floor: number): Course {
  const { memory } = course;
  const { current, held } = memory;
  if (current === null) return course;
  const offered = offerOf(current.name);
  if (memory.refused.includes(current.name)) return answers(course, 'ignored');
  if (!offered.genuine) return refuses(course, 'signature_invalid');
  if (offered.broken !== null) return keepsAside(course, 'refusing');
  if (held !== null && offered.seq < held.seq) return answers(course, 'stale');
  if (held !== null && offered.seq === held.seq) {
    return offered.hash === held.hash ? answers(course, 'duplicate') : keepsAside(course, 'evidence');
  }
  const parks =
    (offered.dated === 'future' && now < later) || (held !== null && offered.seq > held.seq + 1_000_000);
  if (parks)
    return memory.parked.includes(current.name) ? answers(course, 'ignored') : keepsAside(course, 'parking');
  if (held === null && !offered.listsUs) return answers(course, 'unfit', 'not-listed');
  if (held === null && offered.seq < floor) return answers(course, 'unfit', 'below-floor');
  return handsOn(course);
}

function handsOn(course: Course): Course {
  const { current } = course.memory;
  if (current === null) return course;
  const next = knows(course, { current: { ...current, stage: 'handing on' } });
  return { ...next, says: [...course.says, `verified ${current.name}`] };
}

function stores(course: Course): Course {
  const { current, held } = course.memory;
  if (current === null) return course;
  const next = knows(course, { current: { ...current, stage: 'storing' } });
  return { ...next, starts: [`store ${current.name} over ${nameOfHash(held?.hash ?? '')}`] };
}

function stored(course: Course, version: Version): Course {
  const { current, held, parked } = course.memory;
  if (current === null) return course;
  const rises = version.seq > (held?.seq ?? 0);
  const settles = current.fork && version.seq === held?.seq && version.hash < held.hash;
  demand(rises || settles, 'the number in force rises, or a fork is settled with the smaller hash');
  const recovered = recover(course);
  const reported = reportFork({ ...recovered, says: [...recovered.says, `applied ${current.name}`] });
  const known = knows(reported, {
    held: version,
    joins: false,
    parked: parked.filter((name) => name !== current.name),
  });
  return answers(known, 'applied');
}

/** An evidence that cannot be kept changes nothing; a payload that cannot be parked is not known as parked. */
function keeps(course: Course, done: boolean): Course {
  const { current, held, parked, refused } = course.memory;
  if (current === null) return course;
  const { name } = current;
  switch (current.stage) {
    case 'evidence': {
      const fork = knows(course, { current: { ...current, fork: true } });
      if (offerOf(name).hash < (held?.hash ?? '')) return handsOn(fork);
      return answers(reportFork(fork), 'forked');
    }
    case 'parking':
      return answers(
        done ? knows(course, { parked: [...parked, name] }) : course,
        'parked',
        parkReason(name),
      );
    case 'refusing':
      return refuses(knows(course, { refused: [...refused, name] }), offerOf(name).broken ?? '');
    default:
      return course;
  }
}

function parkReason(name: string): string {
  return offerOf(name).dated === 'future' ? 'created_in_future' : 'seq_jump';
}

/** A newer candidate may fit where this one does not. */
function retry(course: Course): Course {
  const { current, queue } = course.memory;
  if (current === null) return course;
  const newer = queue.some(({ name }) => offerOf(name).seq > offerOf(current.name).seq);
  return newer ? requeue(course) : stores(course);
}

function requeue(course: Course): Course {
  const { current, queue } = course.memory;
  if (current === null) return course;
  const { name, parked } = current;
  return knows(course, { current: null, queue: [...queue, { name, parked }] });
}

function recover(course: Course): Course {
  if (!course.memory.degraded) return course;
  return { ...knows(course, { degraded: false }), says: [...course.says, 'recovered'] };
}

/** Each payload of a fork is reported once. */
function reportFork(course: Course): Course {
  const { current, forks, held } = course.memory;
  if (current === null || !current.fork || forks.includes(current.name)) return course;
  const ours = nameOfHash(held?.hash ?? '');
  const known = knows(course, { forks: [...forks, ours, current.name] });
  return { ...known, says: [...course.says, 'fork'] };
}

function keepsAside(course: Course, stage: 'evidence' | 'parking' | 'refusing'): Course {
  const { current } = course.memory;
  if (current === null) return course;
  const fork = stage === 'evidence';
  return {
    ...knows(course, { current: { ...current, stage, fork } }),
    starts: [`keep ${stage} ${current.name}`],
  };
}

function refuses(course: Course, reason: string): Course {
  return answers(course, 'refused', reason);
}

/** The candidate is done with; a parked one has nobody to answer. */
function answers(course: Course, outcome: string, reason: string | null = null): Course {
  const { current } = course.memory;
  const done = knows(course, { current: null });
  if (current === null || current.parked) return done;
  const rejected = reason === null ? [] : [`rejected ${reason}`];
  return { ...done, says: [...course.says, ...rejected, `judged ${outcome}`] };
}

function knows(course: Course, changes: Partial<ApplierMemory>): Course {
  return { ...course, memory: { ...course.memory, ...changes } };
}

type Said = { readonly type: string; readonly [field: string]: unknown };

function wordOf(said: { readonly type: string }): string {
  const event = said as Said;
  switch (event.type) {
    case 'candidate.judged':
      return `judged ${(event.outcome as { kind: string }).kind}`;
    case 'payload.rejected':
      return `rejected ${textOf(event.reason)}`;
    case 'payload.verified':
      return `verified ${nameOfHash((event.version as Version).hash)}`;
    case 'payload.applied':
      return `applied ${nameOfHash((event.standing as Standing).version.hash)}`;
    default:
      return event.type.replace(/^store\.|\.detected$/, '');
  }
}

function textOf(reason: unknown): string {
  return typeof reason === 'string' ? reason : String((reason as { other: string }).other);
}

/** What an actor is started for, told by its input. */
function startOf(input: unknown): string {
  const given = input as Said;
  if (given.message !== undefined) return `verify ${nameOf(given.message as Offered['message'])}`;
  const version = given.version as Version | undefined;
  if (given.kind === 'refuse') return `keep refusing ${nameOfHash(String(given.hash))}`;
  if (given.kind === 'park') return `keep parking ${nameOfHash(version?.hash ?? '')}`;
  if (given.kind === 'evidence')
    return `keep evidence ${nameOfHash((given.versions as Version[]).at(-1)?.hash ?? '')}`;
  if (version === undefined) return 'read';
  return `store ${nameOfHash(version.hash)} over ${nameOfHash((given.previous as Version | null)?.hash ?? '')}`;
}
