/**
 * What the supervisor may do, from the rules `membership.*`, `gossip.trust`, `gossip.revocation` and `leader.*`: how the
 * node's life goes on, that each request is answered once, that trust, links and actors follow the payload in force.
 */
import type { Standing, TrustSet } from '../../machines/events.ts';
import type { PeerClosed } from '../../machines/peer-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, type Happening, to } from './model.ts';
import type { SupervisorEvent } from './supervisor-model.ts';
import {
  clonesAfter,
  judgeAnnouncement,
  judgeDuplicates,
  judgeGivenUp,
  judgePulls,
  judgeSwap,
  judgeWish,
  type Link,
  newLink,
  without,
} from './supervisor-oracle-branches.ts';
import { judgeMessages, judgeNews, judgeTold, unannouncedAfter } from './supervisor-oracle-messages.ts';

type Life =
  | 'outside'
  | 'founding'
  | 'joining'
  | 'following'
  | 'leading'
  | 'revoked'
  | 'leaving'
  | 'stopping'
  | 'failed'
  | 'stopped';

export interface SupervisorMemory {
  readonly life: Life;
  readonly standing:
    | (Pick<Standing, 'members' | 'role' | 'leaderFingerprint'> & { readonly seq: number })
    | null;
  readonly revoked: boolean;
  /** Requests that are not answered yet. */
  readonly open: readonly string[];
  readonly links: { readonly [linkId: string]: Link };
  /** The link over which the newest payload came, while it is up. */
  readonly source: string | null;
  /** Whose key two processes may use: the one linked first may stay then. */
  readonly clones: readonly string[];
  /** The links that need not be told of the payload in force any more. */
  readonly told: readonly string[];
  /** The newest payload, until the round of announcements tells of it, and whom it removes. */
  readonly unannounced: {
    readonly seq: number;
    readonly lineBytes: number;
    readonly removed: readonly string[];
  } | null;
  /** Who may open links, as the endpoint was told last. */
  readonly trusted: readonly string[];
  /** Those who say that we are out. */
  readonly voices: readonly string[];
  readonly restarts: number;
  /** Of links, by the peer. */
  readonly linkFailures: { readonly [fingerprint: string]: number };
  readonly degraded: boolean;
  /** The address book is saved, while stopping. */
  readonly flushed: boolean;
}

export type Step = Happening<SupervisorEvent>;

/** Every life in which the node does what it is asked about its apps. */
const working: readonly Life[] = [
  'outside',
  'founding',
  'joining',
  'following',
  'leading',
  'revoked',
  'leaving',
];
const restartsMax = 5;
const linkFailuresMax = 5;
const voicesMin = 2;
const services = ['applier', 'bookkeeper', 'dialLoop', 'endpoint', 'news', 'paramActuator'];

export function beginSupervisor(
  standing: Standing | null,
  revoked: boolean,
  first: Omit<Step, 'event' | 'planned'>,
) {
  const life = standing === null ? 'outside' : revoked ? 'revoked' : lifeOf(standing);
  const memory: SupervisorMemory = {
    life,
    standing: heldOf(standing),
    revoked: standing !== null && revoked,
    open: [],
    links: {},
    source: null,
    clones: [],
    told: [],
    unannounced: null,
    trusted: trustIn(first.rows) ?? [],
    voices: [],
    restarts: 0,
    linkFailures: {},
    degraded: false,
    flushed: false,
  };
  judgeAlways(memory, first.after);
  return memory;
}

export function judgeSupervisor(before: SupervisorMemory, step: Step): SupervisorMemory {
  const answered = judgeAnswers(before, step);
  const known = hear({ ...before, open: answered }, step);
  const life = lifeAfter(before, known, step);
  // A join that is given up takes its troubles along.
  const degraded = known.degraded && !(before.life === 'joining' && life === 'outside');
  const trusted = trustIn(step.rows) ?? before.trusted;
  const changed = { ...known, life, degraded, trusted, unannounced: unannouncedAfter(before, known, step) };
  const next = judgeSwap(before, { ...changed, told: judgeTold(before, changed, step) }, step);
  judgeMessages(before, next, step);
  judgeNews(before, next, step);
  judgePulls(before, next, step);
  judgeGivenUp(before, step);
  judgeAnnouncement(before, step);
  judgeAlways(next, step.after);
  return next;
}

function hear(memory: SupervisorMemory, { event, rows, after }: Step): SupervisorMemory {
  const { links, life } = memory;
  switch (event.type) {
    case 'link.accepted':
    case 'link.dialled': {
      const isTaken = rows.some((row) => 'spawn' in row && row.spawn === `peer.${event.linkId}`);
      const fails = (memory.linkFailures[event.fingerprint] ?? 0) >= linkFailuresMax;
      const takes = ['following', 'leading', 'leaving'].includes(life) && !fails;
      const rejects = to(rows, 'endpoint').some(({ type }) => type === 'link.reject');
      demand(rejects === !takes, 'a link that nobody greets is closed');
      demand(isTaken === takes, `a link is ${takes ? 'greeted' : 'turned away'} here`);
      if (!isTaken) return memory;
      const direction = event.type === 'link.accepted' ? 'inbound' : 'outbound';
      const beganLazy = judgeWish(memory, event.linkId, event.fingerprint, rows);
      return newLink(memory, event.linkId, { fingerprint: event.fingerprint, direction, beganLazy });
    }
    case 'peer.greeted': {
      const link = links[event.linkId];
      const welcome = ['following', 'leading', 'leaving', 'joining'].includes(life);
      if (link === undefined || !welcome) return memory;
      const voices = memory.voices.filter((voice) => voice !== event.fingerprint || life === 'joining');
      const greeted = { ...links, [event.linkId]: { ...link, greeted: true, boot: event.boot } };
      const clones = clonesAfter(memory, event, rows);
      return judgeDuplicates({ ...memory, voices, clones, links: greeted }, event, rows);
    }
    case 'peer.cloned':
      return { ...memory, clones: clonesAfter(memory, event, rows) };
    case 'peer.wants': {
      const link = links[event.linkId];
      if (link === undefined) return memory;
      const { push, branch } = event;
      return { ...memory, links: { ...links, [event.linkId]: { ...link, lazy: push === 'hello', branch } } };
    }
    case 'peer.closed':
      return { ...without(memory, event.linkId), voices: voicesAfter(memory, event) };
    case 'payload.verified':
      if (!['following', 'leading', 'joining'].includes(life)) return memory;
      return { ...memory, source: (event.linkId ?? '') in links ? event.linkId : null };
    case 'payload.published':
    case 'payload.applied':
      return isTaken(memory, event) ? holds(memory, event) : memory;
    case 'store.degraded':
      return { ...memory, degraded: true };
    case 'store.recovered':
      return { ...memory, degraded: false };
    case 'grove.departed':
      return life === 'leaving'
        ? { ...memory, standing: null, revoked: false, voices: [], degraded: false }
        : memory;
    case 'book.flushed':
      return { ...memory, flushed: life === 'stopping' };
    case 'link.forgiven': {
      const { [event.fingerprint]: count = 0, ...others } = memory.linkFailures;
      return { ...memory, linkFailures: count > 1 ? { ...others, [event.fingerprint]: count - 1 } : others };
    }
    case 'restart.forgiven':
      return { ...memory, restarts: Math.max(0, memory.restarts - 1) };
    default:
      return fails(joined(memory, event, rows), event, after);
  }
}

/** The link that an attempt to join gave. */
function joined(memory: SupervisorMemory, event: SupervisorEvent, rows: readonly Row[]): SupervisorMemory {
  if (memory.life !== 'joining' || !event.type.startsWith('xstate.done.actor.join.') || !('output' in event))
    return memory;
  const { output } = event;
  if (output.outcome !== 'connected') return memory;
  const { linkId, fingerprint } = output;
  demand(
    rows.some((row) => 'spawn' in row && row.spawn === `peer.${linkId}`),
    'who is reached is greeted',
  );
  const beganLazy = judgeWish(memory, linkId, fingerprint, rows);
  return newLink(memory, linkId, { fingerprint, direction: 'outbound', beganLazy });
}

/** An actor failed: it is replaced, but for the link of a peer, and once too often is the end. */
function fails(memory: SupervisorMemory, event: SupervisorEvent, after: Step['after']): SupervisorMemory {
  if (!event.type.startsWith('xstate.error.actor.')) return memory;
  const { life, restarts, links } = memory;
  const id = event.type.replace('xstate.error.actor.', '');
  if (['stopping', 'failed'].includes(life) || (life === 'leaving' && id === 'departGrove')) return memory;
  const failed = id.startsWith('peer.') ? links[id.replace('peer.', '')] : undefined;
  if (failed !== undefined) {
    // Links have a budget of their own, each peer's.
    const { fingerprint } = failed;
    const linkFailures = {
      ...memory.linkFailures,
      [fingerprint]: (memory.linkFailures[fingerprint] ?? 0) + 1,
    };
    return { ...without(memory, id.replace('peer.', '')), linkFailures };
  }
  if (restarts >= restartsMax) return { ...memory, life: 'failed' };
  demand(
    !services.includes(id) || after.children.some((child) => child.id === id),
    'a failed actor is replaced',
  );
  return { ...memory, restarts: restarts + 1 };
}

/** The payload that was stored is in force. */
function holds(
  memory: SupervisorMemory,
  event: Extract<SupervisorEvent, { standing: Standing }>,
): SupervisorMemory {
  const revoked = 'revokesUs' in event && event.revokesUs;
  return { ...memory, standing: heldOf(event.standing), revoked, ...(revoked ? {} : { voices: [] }) };
}

function isTaken({ life }: SupervisorMemory, { type }: SupervisorEvent): boolean {
  if (type === 'payload.published') return ['founding', 'leading'].includes(life);
  return ['joining', 'following', 'leading', 'leaving'].includes(life);
}

/** Who ends a link with `revoked` and speaks of a number that is news to us; without one only the leader counts. */
function voicesAfter(memory: SupervisorMemory, event: PeerClosed): readonly string[] {
  const { life, standing, voices } = memory;
  if (life !== 'following' || event.by !== 'peer' || event.code !== 4) return voices;
  const seq = /^seq=(\d+)$/.exec(event.reason)?.[1];
  const counts =
    seq === undefined
      ? event.fingerprint === standing?.leaderFingerprint
      : Number(seq) > (standing?.seq ?? 0);
  const others = voices.filter((voice) => voice !== event.fingerprint);
  return counts ? [...others, event.fingerprint].slice(-voicesMin) : voices;
}

export function isSuspected({ life, voices, standing }: SupervisorMemory): boolean {
  const byLeader = voices.includes(standing?.leaderFingerprint ?? '');
  return life === 'following' && (voices.length >= voicesMin || byLeader);
}

/** Each request is answered once: when it ends, or at once when nothing can be done about it. */
function judgeAnswers({ open, life }: SupervisorMemory, { event, rows }: Step): readonly string[] {
  const asked =
    ['found', 'publish', 'join', 'leave', 'jump.accept', 'app.request'].includes(event.type) &&
    'requestId' in event
      ? event.requestId
      : null;
  const waiting = asked === null ? open : [...open, asked];
  const settled = rows.flatMap((row) =>
    'emit' in row && 'verdict' in row.emit ? [(row.emit as unknown as { requestId: string }).requestId] : [],
  );
  const ours = settled.filter((id) => !id.startsWith('fork.'));
  for (const id of ours) demand(waiting.includes(id), `the request ${id} is answered, which nobody asked`);
  demand(new Set(ours).size === ours.length, 'a request is answered once');
  if (asked !== null) {
    const goesOn: { readonly [type: string]: readonly Life[] } = {
      found: ['outside'],
      join: ['outside'],
      publish: ['leading'],
      leave: ['following', 'leading', 'revoked'],
      'app.request': working,
      // One at a time.
      'jump.accept': open.includes('jump') ? [] : ['following', 'leading'],
    };
    const isForced = event.type !== 'leave' || event.force || life !== 'leading';
    const refused = !(goesOn[event.type] ?? []).includes(life) || !isForced;
    demand(
      ours.includes(asked) === refused,
      `a ${event.type} while ${life} is ${refused ? 'refused' : 'begun'}`,
    );
  }
  return waiting.filter((id) => !ours.includes(id));
}

/** How the life goes on after this event. */
function lifeAfter(before: SupervisorMemory, known: SupervisorMemory, { event }: Step): Life {
  const { life, open } = known;
  if (known.life === 'failed' && before.life !== 'failed') return 'failed';
  if (event.type === 'shutdown') return 'stopping';
  switch (life) {
    case 'outside':
      return event.type === 'found' ? 'founding' : event.type === 'join' ? 'joining' : life;
    case 'founding': {
      if (event.type === 'payload.published') return 'leading';
      const ends = event.type === 'publish.refused' || event.type === 'xstate.error.actor.publisher';
      return ends ? 'outside' : life;
    }
    case 'joining':
      if (event.type === 'payload.applied') return lifeOf(event.standing);
      return open.some((id) => id.startsWith('join')) ? life : 'outside';
    case 'following':
    case 'leading':
      if (event.type === 'payload.applied' && event.revokesUs) return 'revoked';
      return event.type === 'leave' && open.includes(event.requestId) ? 'leaving' : life;
    case 'revoked':
      return event.type === 'leave' ? 'leaving' : life;
    case 'leaving':
      return left(known, event);
    case 'stopping':
      // First the address book is saved; then there is no link left, or time is up.
      if (event.type.startsWith('xstate.after.')) return 'stopped';
      return known.flushed && Object.keys(known.links).length === 0 ? 'stopped' : life;
    default:
      return life;
  }
}

function left({ standing, revoked, life }: SupervisorMemory, { type }: SupervisorEvent): Life {
  if (type === 'grove.departed') return 'outside';
  const stays = type === 'depart.failed' || type === 'xstate.error.actor.departGrove';
  if (!stays) return life;
  if (standing === null) return 'outside';
  return revoked ? 'revoked' : standing.role === 'leader' ? 'leading' : 'following';
}

/** What holds whenever the node is at rest. */
function judgeAlways(
  { life, standing, trusted, open, links }: SupervisorMemory,
  { children }: Step['after'],
): void {
  if (life === 'stopped') return;
  const member = ['following', 'leading', 'leaving'].includes(life);
  const ids = children.map(({ id }) => id);
  if (life !== 'leaving') {
    const members = member ? (standing?.members ?? []) : [];
    demand(trusted.join() === members.join(), `trusts ${trusted}, should trust ${members}`);
  }
  const isStill = life === 'stopping' || life === 'failed';
  if (isStill) return;
  demand(
    ids.includes('publisher') === (life === 'leading' || life === 'founding'),
    `a publisher while ${life}`,
  );
  for (const service of services) demand(ids.includes(service), `there is no ${service}`);
  const peers = ids.filter((id) => id.startsWith('peer.')).toSorted();
  const due = Object.keys(links).map((id) => `peer.${id}`);
  demand(peers.join() === due.toSorted().join(), `peers ${peers}, should be ${due}`);
  const kinds: { readonly [life: string]: readonly string[] } = {
    founding: ['found'],
    joining: ['join'],
    leaving: ['leave'],
    leading: ['publish'],
  };
  const allowed = kinds[life] ?? [];
  // A wish for a number ends with what the applier makes of it, and one about an app with its actor's word, wherever
  // that finds the node.
  const bound = open.filter((id) => !/^(jump|app)/.test(id));
  demand(
    bound.every((id) => allowed.some((kind) => id.startsWith(kind))),
    `${open} wait while ${life}`,
  );
}

function trustIn(rows: readonly Row[]): readonly string[] | null {
  const sets = to(rows, 'endpoint').filter(
    ({ type }) => type === 'trust.set',
  ) as unknown as readonly TrustSet[];
  return sets.at(-1)?.members ?? null;
}

function heldOf(standing: Standing | null): SupervisorMemory['standing'] {
  if (standing === null) return null;
  const { members, role, leaderFingerprint, version } = standing;
  return { members, role, leaderFingerprint, seq: version.seq };
}

function lifeOf({ role }: Pick<Standing, 'role'>): Life {
  return role === 'leader' ? 'leading' : 'following';
}
