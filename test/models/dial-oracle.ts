/**
 * What the dial loop may do, from the rules `dial.*`: whom it has to dial, whom it must leave alone and for how long,
 * and which links it gives up. Where chance decides, any choice of the right size is right.
 */
import type { AddressFailure, LinkDown } from '../../machines/dial-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import type { DialEvent } from './dial-model.ts';
import { demand, type Happening, to } from './model.ts';

type Phase = 'idle' | 'dialling' | 'settling' | 'resting';

export interface PeerState {
  readonly phase: Phase;
  /** In a row. */
  readonly failures: number;
  /** Links that ended before they lasted until a round. */
  readonly unsteady: number;
  readonly links: number;
  /** The one of an operator, one that a peer told, and one over which a link was up that is none of these. */
  readonly configured: boolean;
  readonly hinted: boolean;
  readonly proven: boolean;
  readonly trading: boolean;
}

export interface DialMemory {
  readonly size: number;
  readonly peers: { readonly [fingerprint: string]: PeerState };
  readonly suspected: boolean;
  /** Somebody waits until a dial under way is decided. */
  readonly more: boolean;
  readonly telling: boolean;
}

/** What a step may do: dial so many of these, give up so many links. */
interface Course {
  readonly memory: DialMemory;
  readonly dials: { readonly count: number; readonly from: readonly string[]; readonly trading: boolean };
  readonly retires: number;
  /** Peers that rest from now on, and after how many failures. */
  readonly rests: { readonly [fingerprint: string]: number };
  readonly said: readonly string[];
}

const limits = { parallel: 4, mesh: 8, enough: 6, most: 8 };
const rests = { baseMs: 1_000, mostMs: 300_000 };

export const newcomer: PeerState = {
  phase: 'idle',
  failures: 0,
  unsteady: 0,
  links: 0,
  configured: true,
  hinted: false,
  proven: false,
  trading: false,
};

export function beginDial(
  size: number,
  peers: DialMemory['peers'],
  happening: Omit<Happening<never>, 'event' | 'planned'>,
) {
  const memory = { size, peers, suspected: false, more: false, telling: true };
  return judge(memory, round(still(memory)), happening);
}

export function judgeDial(before: DialMemory, happening: Happening<DialEvent>): DialMemory {
  return judge(before, happens(before, happening.event), happening);
}

function judge(
  before: DialMemory,
  course: Course,
  { rows, after }: Omit<Happening<never>, 'event' | 'planned'>,
) {
  const dialled = rows.flatMap((row) => ('spawn' in row ? [row.spawn.replace('dial.', '')] : []));
  const { count, from, trading } = course.dials;
  demand(
    dialled.every((peer) => from.includes(peer)),
    `dials ${dialled}, may dial ${from}`,
  );
  demand(dialled.length === count, `dials ${dialled.length} members, should dial ${count} of ${from}`);
  const { memory } = course;
  const next = dialled.reduce((known, peer) => withPeer(known, peer, { phase: 'dialling', trading }), memory);
  judgeSaid(course, rows);
  judgeRests(course, rows);
  const running = after.children.map(({ id }) => id.replace('dial.', '')).toSorted();
  const dialling = inPhase(next, 'dialling').toSorted();
  demand(running.join() === dialling.join(), `attempts for ${running}, should be for ${dialling}`);
  return judgePlans(before, next, rows, after);
}

function judgePlans(
  before: DialMemory,
  next: DialMemory,
  rows: readonly Row[],
  { planned }: Happening<never>['after'],
): DialMemory {
  const plans = (type: string) =>
    planned.flatMap(({ event }) =>
      event.type === type ? [(event as { fingerprint?: string }).fingerprint ?? ''] : [],
    );
  demand(same(plans('rest.over'), inPhase(next, 'resting')), 'who rests is woken once, and nobody else');
  demand(
    same(plans('acceptance.over'), inPhase(next, 'settling')),
    'who has to accept a link has a moment to do so',
  );
  const rounds = planned.filter(({ event }) =>
    /^xstate\.after\.(round|suspected)Interval/.test(event.type),
  ).length;
  demand(rounds === 1, 'there is one next round');
  const telling = plans('tell.due').length;
  const told = to(rows, 'parent').some(({ type }) => type === 'peers.changed');
  demand(telling <= 1, 'changes are told together');
  demand(!told || before.telling, 'peers are told when it is due');
  return { ...next, telling: telling === 1 };
}

function judgeSaid({ memory, retires, said }: Course, rows: readonly Row[]): void {
  const events = to(rows, 'parent') as readonly {
    type: string;
    fingerprint?: string;
    rows?: { fingerprint: string }[];
  }[];
  const given = events.flatMap(({ type, fingerprint }) =>
    type === 'link.retire' ? [fingerprint ?? ''] : [],
  );
  demand(given.length === retires, `gives up ${given.length} links, should give up ${retires}`);
  for (const peer of given)
    demand((memory.peers[peer]?.links ?? 0) > 0, 'only a link that is up is given up');
  const words = events.filter(({ type }) => /^link\.dialled|^dial\.failed/.test(type));
  const spoken = words.map(({ type, fingerprint }) => `${type} ${fingerprint}`);
  demand(same(spoken, said), `says ${spoken}, should say ${said}`);
  for (const { rows: saved = [] } of events) {
    for (const { fingerprint } of saved) demand(fingerprint in memory.peers, 'only members are saved');
  }
}

/** Between half of and all of a second, doubled with each failure, up to five minutes. */
function judgeRests(course: Course, rows: readonly Row[]): void {
  const started = rows.flatMap((row) => {
    if (!('raise' in row)) return [];
    const { type, fingerprint = '' } = row.raise as { type: string; fingerprint?: string };
    return type === 'rest.over' ? [{ fingerprint, delay: row.delay }] : [];
  });
  demand(
    same(
      started.map(({ fingerprint }) => fingerprint),
      Object.keys(course.rests),
    ),
    'who failed rests',
  );
  for (const { fingerprint, delay } of started) {
    const failures = course.rests[fingerprint] ?? 1;
    const longest = Math.min(rests.baseMs * 2 ** (failures - 1), rests.mostMs);
    demand(delay >= longest / 2 - 1 && delay <= longest, `rests ${delay} ms after ${failures} failures`);
  }
}

function happens(memory: DialMemory, event: DialEvent): Course {
  const course = still(memory);
  const { type } = event;
  if (type.startsWith('xstate.after.')) return round(course);
  if ('actorId' in event) return ended(course, String(event.actorId).replace('dial.', ''), outputOf(event));
  switch (type) {
    case 'round.due':
      return round(course);
    case 'dial.now':
      return event.fingerprint === undefined
        ? memory.suspected
          ? course
          : round(course)
        : dialNow(course, event.fingerprint);
    case 'wake': {
      const fresh = { failures: 0, unsteady: 0 };
      const woken = Object.keys(memory.peers).reduce(
        (known, peer) =>
          withPeer(known, peer, { ...fresh, ...(phaseOf(known, peer) === 'resting' ? idle : {}) }),
        memory,
      );
      return memory.suspected ? still(woken) : round(still(woken));
    }
    case 'revocation.suspected':
      if (event.on) return still({ ...memory, suspected: true });
      return memory.suspected ? round(still({ ...memory, suspected: false })) : course;
    case 'rest.over': {
      const rested = still(withPeer(memory, event.fingerprint, idle));
      return event.retry ? wants(rested, [event.fingerprint]) : rested;
    }
    case 'acceptance.over':
      return fails(course, event.fingerprint);
    case 'link.up':
      return up(course, event.fingerprint);
    case 'link.down':
      return down(course, event);
    case 'hints':
      // Members are told of by members.
      return event.from in memory.peers
        ? hinted(
            course,
            event.entries.map(({ fingerprint }) => fingerprint),
          )
        : course;
    case 'membership.changed':
      return changes(course, event.members);
    default:
      return course;
  }
}

const idle = { phase: 'idle' as const };

function still(memory: DialMemory): Course {
  return { memory, dials: { count: 0, from: [], trading: false }, retires: 0, rests: {}, said: [] };
}

function round(course: Course): Course {
  const { memory } = course;
  const steadied = linked(memory).reduce((known, peer) => withPeer(known, peer, { unsteady: 0 }), memory);
  const links = linked(steadied).length;
  const next = { ...course, memory: steadied };
  if (isMesh(memory) || links < limits.enough) return plans(next, Object.keys(memory.peers));
  if (links > limits.most) return { ...quiet(next), retires: Math.ceil((links - limits.most) / limits.most) };
  const waiting = waits(steadied, Object.keys(steadied.peers));
  const count = inFlight(steadied) === 0 ? Math.min(1, waiting.length) : 0;
  return { ...quiet(next), dials: { count, from: waiting, trading: true } };
}

/** Nobody waits for a dial to be decided. */
function quiet(course: Course): Course {
  return { ...course, memory: { ...course.memory, more: false } };
}

/** A dial between rounds, which there is none of while we seem to be revoked. */
function wants(course: Course, peers: readonly string[]): Course {
  return course.memory.suspected ? course : plans(course, peers);
}

function plans(course: Course, peers: readonly string[]): Course {
  const { memory } = course;
  const waiting = waits(memory, peers);
  const under = inFlight(memory);
  const missing = isMesh(memory) ? waiting.length : limits.enough - linked(memory).length - under;
  const wanted = Math.min(missing, waiting.length);
  const count = Math.max(0, Math.min(wanted, limits.parallel - under));
  const more = isMesh(memory) && wanted > count;
  return { ...course, memory: { ...memory, more }, dials: { count, from: waiting, trading: false } };
}

function dialNow(course: Course, peer: string): Course {
  const known = course.memory.peers[peer];
  if (known === undefined || known.links > 0 || !['idle', 'resting'].includes(known.phase)) return course;
  if (addressesOf(known) === 0) return course;
  const next = { ...course, memory: { ...withPeer(course.memory, peer, idle), more: false } };
  return { ...next, dials: { count: 1, from: [peer], trading: false } };
}

function ended(course: Course, peer: string, failures: readonly AddressFailure[] | null): Course {
  const known = course.memory.peers[peer];
  if (known === undefined) return course;
  if (failures === null) {
    const said = [...course.said, `link.dialled ${peer}`];
    return { ...course, memory: withPeer(course.memory, peer, { phase: 'settling' }), said };
  }
  const wrong = failures.some(({ kind }) => kind === 'wrong_fingerprint');
  const hinted = known.hinted && !wrong;
  const memory = withPeer(course.memory, peer, { hinted, trading: false });
  return fails({ ...course, memory, said: [...course.said, `dial.failed ${peer}`] }, peer);
}

/** With a link from the peer's side there is nothing to back off from. */
function fails(course: Course, peer: string): Course {
  const { memory } = course;
  const known = memory.peers[peer];
  if (known === undefined) return course;
  if (known.links > 0)
    return goOn({ ...course, memory: withPeer(memory, peer, { ...idle, trading: false }) });
  const failures = known.failures + 1;
  const rested = withPeer(memory, peer, { phase: 'resting', failures, trading: false });
  return goOn({ ...course, memory: rested, rests: { ...course.rests, [peer]: failures } });
}

/** A dial is decided: the next one may go. */
function goOn(course: Course): Course {
  return course.memory.more ? wants(course, Object.keys(course.memory.peers)) : course;
}

function up(course: Course, peer: string): Course {
  const { memory } = course;
  const known = memory.peers[peer];
  if (known === undefined) return course;
  const { links, unsteady, trading, phase } = known;
  const others = linked(memory).filter((one) => one !== peer).length;
  const retires = trading && !isMesh(memory) && others >= limits.enough ? 1 : 0;
  const next = withPeer(memory, peer, {
    links: links + 1,
    failures: 0,
    unsteady: unsteady + 1,
    trading: false,
    proven: !known.configured,
    phase: phase === 'dialling' ? phase : 'idle',
  });
  return { ...goOn({ ...course, memory: next }), retires };
}

function down(course: Course, { fingerprint: peer, error, greeted }: LinkDown): Course {
  const { memory } = course;
  const known = memory.peers[peer];
  if (known === undefined) return course;
  if (known.links === 0 || greeted === false)
    return known.phase === 'settling' ? fails(course, peer) : course;
  const next = withPeer(memory, peer, { links: known.links - 1 });
  const lost = { ...course, memory: next };
  if (known.links > 1 || known.phase !== 'idle') return lost;
  const left = linked(next).length;
  if (known.unsteady > 1) {
    if (!error && left > 0) return lost;
    const resting = withPeer(next, peer, { phase: 'resting' });
    return { ...lost, memory: resting, rests: { [peer]: known.unsteady - 1 } };
  }
  const tooFew = left < limits.enough && !isMesh(memory) && known.unsteady === 0;
  if (left === 0 || (tooFew && !error)) return wants(lost, Object.keys(next.peers));
  return error ? wants(lost, [peer]) : lost;
}

function hinted(course: Course, told: readonly string[]): Course {
  const { memory } = course;
  const news = told.filter((peer) => memory.peers[peer]?.hinted === false);
  const next = news.reduce((known, peer) => {
    const rested = phaseOf(known, peer) === 'resting' ? idle : {};
    return withPeer(known, peer, { hinted: true, ...rested });
  }, memory);
  return news.length === 0 ? course : wants({ ...course, memory: next }, news);
}

function changes(course: Course, members: readonly string[]): Course {
  const { memory } = course;
  const kept = Object.entries(memory.peers).filter(([peer]) => members.includes(peer));
  const fresh = members.filter((peer) => peer !== 'us' && !(peer in memory.peers));
  const peers = Object.fromEntries([...kept, ...fresh.map((peer) => [peer, newcomer] as const)]);
  return wants({ ...course, memory: { ...memory, peers, size: members.length } }, fresh);
}

/** What an attempt failed with; null when it gave a link. */
function outputOf(event: DialEvent): readonly AddressFailure[] | null {
  if (!('output' in event)) return [];
  return event.output.outcome === 'failed' ? event.output.attempts : null;
}

export function addressesOf({ configured, hinted: told, proven }: PeerState): number {
  return [configured, told, proven].filter(Boolean).length;
}

function withPeer(memory: DialMemory, peer: string, change: Partial<PeerState>): DialMemory {
  const known = memory.peers[peer];
  return known === undefined
    ? memory
    : { ...memory, peers: { ...memory.peers, [peer]: { ...known, ...change } } };
}

function waits({ peers }: DialMemory, among: readonly string[]): readonly string[] {
  return among.filter((peer) => {
    const known = peers[peer];
    return known?.phase === 'idle' && addressesOf(known) > 0 && known.links === 0;
  });
}

function inFlight({ peers }: DialMemory): number {
  return Object.values(peers).filter(
    ({ phase, links }) => ['dialling', 'settling'].includes(phase) && links === 0,
  ).length;
}

function inPhase({ peers }: DialMemory, phase: Phase): readonly string[] {
  return Object.keys(peers).filter((peer) => peers[peer]?.phase === phase);
}

function linked({ peers }: DialMemory): readonly string[] {
  return Object.keys(peers).filter((peer) => (peers[peer]?.links ?? 0) > 0);
}

function isMesh({ size }: DialMemory): boolean {
  return size <= limits.mesh;
}

function phaseOf({ peers }: DialMemory, peer: string): Phase | undefined {
  return peers[peer]?.phase;
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join() === right.toSorted().join();
}
