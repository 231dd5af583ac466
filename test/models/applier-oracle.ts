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
  /** The operator wants it however far ahead it is. */
  readonly wanted: boolean;
}

const refusedMs = 3_600_000;

type Stage = 'verifying' | 'handing on' | 'storing' | 'degraded' | 'evidence' | 'parking' | 'refusing';

export interface ApplierMemory {
  readonly held: Version | null;
  readonly joins: boolean;
  /** What was parked is being read back. */
  readonly reads: boolean;
  readonly queue: readonly Waiting[];
  readonly current:
    | (Waiting & { readonly stage: Stage; readonly fork: boolean; readonly why: string })
    | null;
  /** When the payload that is being refused was verified. */
  readonly now: number;
  /** For an hour each. */
  readonly refused: readonly { readonly name: string; readonly until: number }[];
  /** Each for one reason at a time. */
  readonly parked: readonly { readonly name: string; readonly why: string }[];
  /** The number that the operator wants, until what is parked was read. */
  readonly wish: number | null;
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
  const memory = { ...empty, held: standing?.version ?? null, reads: true };
  compare({ memory, says: [], starts: ['read'] }, rows);
  return memory;
}

export function judgeApplier(before: ApplierMemory, happening: Happening<ApplierEvent>): ApplierMemory {
  const course = goOn(happens({ memory: before, says: [], starts: [] }, happening));
  compare(course, happening.rows);
  const { held, parked, reads } = course.memory;
  const dates = happening.after.planned.filter(({ event }) => event.type === 'parked.due').length;
  demand(dates <= 1, 'parked payloads have one date');
  const wait = parked.some(({ name }) => held !== null && offerOf(name).seq > held.seq);
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
  const { current } = memory;
  const stage = current?.stage ?? (memory.reads ? 'reading' : 'idle');
  switch (event.type) {
    case 'candidate': {
      const waiting = { name: nameOf(event.message), parked: false, wanted: false };
      return knows(course, { queue: [...memory.queue, waiting] });
    }
    case 'standing.changed':
      return publishes(course, event.standing.version);
    case 'join.began':
      return knows(course, { joins: true, held: null });
    case 'standing.lost': {
      const isWanted = [current, ...memory.queue].some((one) => one?.wanted === true) || memory.wish !== null;
      return { ...course, memory: empty, says: isWanted ? ['settled refused'] : [] };
    }
    case 'jump.accept':
      return knows(course, { wish: event.seq });
    case 'clock.moved':
    case 'parked.due':
      return stage === 'idle' ? { ...knows(course, { reads: true }), starts: ['read'] } : course;
    case 'parked.read':
      if (stage !== 'reading') return course;
      return read(
        course,
        event.candidates.map(({ message }) => nameOf(message)),
      );
    case 'candidate.verified':
      return stage === 'verifying' ? judged(course, event.now, event.floorSeq) : course;
    case 'payload.relayed':
      return stage === 'handing on' ? stores(course) : course;
    case 'payload.stored':
      return stage === 'storing' ? stored(course, event.standing.version) : course;
    case 'store.failed': {
      if (stage !== 'storing' || current === null) return course;
      const told = current.wanted ? ['settled refused'] : [];
      const says = [...(memory.degraded ? [] : ['degraded']), ...told];
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

/** What is parked is judged again. What the operator wants comes first; when it is not there, that is the answer. */
function read(course: Course, found: readonly string[]): Course {
  const { held, queue, wish } = course.memory;
  const names = held === null ? [] : found;
  const isWanted = (name: string) => offerOf(name).seq === wish;
  const wanted = names.filter(isWanted).map((name) => ({ name, parked: true, wanted: true }));
  const others = names
    .filter((name) => !isWanted(name))
    .map((name) => ({ name, parked: true, wanted: false }));
  const says = wish !== null && wanted.length === 0 ? ['settled refused'] : [];
  const known = knows(course, { reads: false, wish: null, queue: [...wanted, ...queue, ...others] });
  return { ...known, says: [...course.says, ...says] };
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
  wish: null,
  now: 0,
  forks: [],
  degraded: false,
};

/** The next candidates, until one has to wait for somebody. */
function goOn(course: Course): Course {
  const { memory } = course;
  const [next, ...queue] = memory.queue;
  if (memory.current !== null || memory.reads) return course;
  // A wish waits for what came before it.
  if (next === undefined && memory.wish === null) return course;
  if (next === undefined) return { ...knows(course, { reads: true }), starts: [...course.starts, 'read'] };
  const taken = knows(course, { queue, current: { ...next, stage: 'verifying', fork: false, why: '' } });
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
  const known = memory.refused.find(({ name }) => name === current.name);
  if (known !== undefined && known.until > now) return answers(course, 'ignored');
  if (!offered.genuine) return refuses(course, 'signature_invalid');
  if (offered.broken !== null) return keepsAside(knows(course, { now }), 'refusing');
  if (held !== null && offered.seq < held.seq) return answers(course, 'stale');
  if (held !== null && offered.seq === held.seq) {
    return offered.hash === held.hash ? answers(course, 'duplicate') : keepsAside(course, 'evidence');
  }
  const early = offered.dated === 'future' && now < later;
  const jumps = held !== null && offered.seq > held.seq + 1_000_000 && !current.wanted;
  if (early || jumps) {
    const why = early ? 'created_in_future' : 'seq_jump';
    const isParked = memory.parked.some((one) => one.name === current.name && one.why === why);
    return isParked ? answers(course, 'ignored') : keepsAside(course, 'parking', why);
  }
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
    parked: parked.filter(({ name }) => name !== current.name),
  });
  return answers(known, 'applied');
}

/** An evidence that cannot be kept changes nothing; a payload that cannot be parked is not known as parked. */
function keeps(course: Course, done: boolean): Course {
  const { current, held, parked, refused, now } = course.memory;
  if (current === null) return course;
  const { name, why } = current;
  switch (current.stage) {
    case 'evidence': {
      const fork = knows(course, { current: { ...current, fork: true } });
      if (offerOf(name).hash < (held?.hash ?? '')) return handsOn(fork);
      return answers(reportFork(fork), 'forked');
    }
    case 'parking': {
      const others = parked.filter((one) => one.name !== name);
      return answers(done ? knows(course, { parked: [...others, { name, why }] }) : course, 'parked', why);
    }
    case 'refusing': {
      const others = refused.filter((one) => one.name !== name && one.until > now);
      const until = now + refusedMs;
      return refuses(knows(course, { refused: [...others, { name, until }] }), offerOf(name).broken ?? '');
    }
    default:
      return course;
  }
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
  const { name, parked, wanted } = current;
  return knows(course, { current: null, queue: [...queue, { name, parked, wanted }] });
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

function keepsAside(course: Course, stage: 'evidence' | 'parking' | 'refusing', why = ''): Course {
  const { current } = course.memory;
  if (current === null) return course;
  const fork = stage === 'evidence';
  const starts = [`keep ${stage} ${current.name}`];
  return { ...knows(course, { current: { ...current, stage, fork, why } }), starts };
}

function refuses(course: Course, reason: string): Course {
  return answers(course, 'refused', reason);
}

/** The candidate is done with: the link hears of it, or the operator who wants it, or for a parked one nobody. */
function answers(course: Course, outcome: string, reason: string | null = null): Course {
  const { current } = course.memory;
  const done = knows(course, { current: null, now: 0 });
  if (current === null) return done;
  const settled = outcome === 'applied' ? 'settled' : 'settled refused';
  if (current.wanted) return { ...done, says: [...course.says, settled] };
  // What is in force the links hear of as such.
  if (current.parked || outcome === 'applied') return done;
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
    case 'jump.settled':
      return event.refusal === null ? 'settled' : 'settled refused';
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
