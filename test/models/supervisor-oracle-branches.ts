/**
 * The tree along which payloads come, from the rules `gossip.fresh`, `gossip.graft`, `gossip.swap`, `gossip.pull`,
 * `gossip.duplicate-links` and `dial.surplus`: over which links payloads are wanted, and which of them go.
 */
import type { Coming, PeerAnnounced, PeerCloned, PeerGreeted } from '../../machines/peer-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, to } from './model.ts';
import type { Step, SupervisorMemory } from './supervisor-oracle.ts';

export interface Link {
  readonly fingerprint: string;
  readonly direction: 'inbound' | 'outbound';
  /** The other links to its peer that came up before it and still are. */
  readonly elders: readonly string[];
  readonly greeted: boolean;
  /** The peer's boot number, once it said hello. */
  readonly boot: string | null;
  /** It was told to go, as the surplus one of two. */
  readonly retiring: boolean;
  /** The peer wants announcements over it. */
  readonly lazy: boolean;
  /** Where payloads are wanted, long ones go at once. */
  readonly branch: boolean;
  /** It began with our wish for announcements. */
  readonly beganLazy: boolean;
}

type Links = SupervisorMemory['links'];
type Said = {
  readonly type: string;
  readonly push?: string;
  readonly reason?: string;
  readonly replaced?: boolean;
};

/** The lives in which a node looks after the links of its grove, and those in which it asks for payloads too. */
const linkedLives = ['following', 'leading', 'leaving'];
const askingLives = ['following', 'leading'];

/** The links that are told something of this type, in order, each as often as it is told. */
function toldTo(rows: readonly Row[], type: string): readonly string[] {
  return rows.flatMap((row) =>
    'to' in row && row.to.startsWith('peer.') && (row.event as Said).type === type
      ? [row.to.replace('peer.', '')]
      : [],
  );
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join() === others.toSorted().join();
}

/** The ids of the links to one peer. */
function linksTo(links: Links, fingerprint: string): readonly string[] {
  return Object.keys(links).filter((id) => links[id]?.fingerprint === fingerprint);
}

export function newLink(
  memory: SupervisorMemory,
  linkId: string,
  what: Pick<Link, 'fingerprint' | 'direction' | 'beganLazy'>,
): SupervisorMemory {
  const elders = linksTo(memory.links, what.fingerprint);
  const link = { ...what, elders, greeted: false, boot: null, retiring: false, lazy: false, branch: false };
  return { ...memory, links: { ...memory.links, [linkId]: link } };
}

/** A link is gone. Another one to the same peer brings what this one brought. */
export function without(memory: SupervisorMemory, linkId: string): SupervisorMemory {
  const { [linkId]: gone, ...rest } = memory.links;
  const links = Object.fromEntries(
    Object.entries(rest).map(([id, link]) => [
      id,
      { ...link, elders: link.elders.filter((elder) => elder !== linkId) },
    ]),
  );
  if (gone === undefined || memory.source !== linkId) return { ...memory, links };
  return { ...memory, links, source: twinOf(gone, links) };
}

/** Another link to the same peer, which is there to stay. */
function twinOf({ fingerprint }: Link, others: Links): string | null {
  return linksTo(others, fingerprint).find((id) => stays(others[id])) ?? null;
}

function stays(link: Link | undefined): boolean {
  return link?.greeted === true && !link.retiring;
}

/** How news is wanted over a new link: payloads as long as nobody brings any, of the leader, and of who brings them now. */
export function judgeWish(
  { source, links, standing }: SupervisorMemory,
  linkId: string,
  fingerprint: string,
  rows: readonly Row[],
): boolean {
  const [input] = rows.flatMap((row) =>
    'spawn' in row && row.spawn === `peer.${linkId}` ? [row.input] : [],
  );
  const isLazy = (input as { readonly push: string }).push === 'hello';
  const isSecond = linksTo(links, fingerprint).length > 0;
  if (source === null) demand(!isLazy, 'while nobody brings payloads, every link is to carry them');
  else if (fingerprint === standing?.leaderFingerprint) demand(!isLazy, 'nobody is nearer than the leader');
  else if (fingerprint === links[source]?.fingerprint) demand(!isLazy, 'the link before may be dead');
  else if (isSecond) demand(isLazy, 'a second link to one peer is to carry announcements');
  return isLazy;
}

/** A peer proved our key, or a boot number came back. This is never forgotten here: it only allows more. */
export function clonesAfter(
  { clones, life }: SupervisorMemory,
  { type, fingerprint }: PeerCloned | PeerGreeted,
  rows: readonly Row[],
): readonly string[] {
  const isReported = rows.some(
    (row) => 'emit' in row && (row.emit as Said).type === 'grove.identity-conflict',
  );
  const isCloned = type === 'peer.cloned' ? linkedLives.includes(life) : isReported;
  return isCloned ? [...new Set([...clones, fingerprint])].toSorted() : clones;
}

/**
 * Of the greeted links to the peer that said hello, and that are not about to go, all but one go. The one that stays brings
 * from now on what one that goes brought.
 */
export function judgeDuplicates(
  memory: SupervisorMemory,
  { fingerprint }: PeerGreeted,
  rows: readonly Row[],
): SupervisorMemory {
  const { links, source, clones } = memory;
  const told = toldTo(rows, 'peer.retire');
  const ids = linkedLives.includes(memory.life)
    ? linksTo(links, fingerprint).filter((id) => stays(links[id]))
    : [];
  const surplus = (kept: string | null) => ids.filter((id) => id !== kept);
  const may = [-1, ...(clones.includes(fingerprint) ? [0] : [])].map((process) =>
    keptOf(links, ids, process),
  );
  const kept = may.find((id) => isSame(surplus(id), told));
  demand(
    kept !== undefined,
    `of ${ids} the surplus ones go: ${told} were told so, should be all that stayed but ${may}`,
  );
  for (const id of told) {
    const replaced = to(rows, `peer.${id}`).some((said) => (said as Said).replaced === true);
    const isSameProcess = links[id]?.boot === links[kept ?? '']?.boot;
    demand(replaced === isSameProcess, `${id} goes${replaced ? '' : ' not'} for a link to the same process`);
  }
  const going = Object.fromEntries(told.map((id) => [id, { ...(links[id] as Link), retiring: true }]));
  return {
    ...memory,
    links: { ...links, ...going },
    source: source !== null && told.includes(source) ? kept : source,
  };
}

/**
 * What leads to another process of the peer than the newest, or the first, is dead. Of two directions both sides keep
 * the one whose client has the smaller fingerprint, and of one direction the newest.
 */
function keptOf(links: Links, ids: readonly string[], process: number): string | null {
  const byAge = ids.toSorted((left, right) => (links[right]?.elders.includes(left) ? -1 : 1));
  const boot = links[byAge.at(process) ?? '']?.boot;
  const alive = byAge.filter((id) => links[id]?.boot === boot);
  const theirs = links[alive[0] ?? '']?.fingerprint ?? '';
  const better = 'us' < theirs ? 'outbound' : 'inbound';
  return alive.findLast((id) => links[id]?.direction === better) ?? alive.at(-1) ?? null;
}

/** Who is asked for payloads: who announced one, or whoever takes the place of a link that brought them. */
export function judgePulls(before: SupervisorMemory, next: SupervisorMemory, { event, rows }: Step): void {
  const pulled = toldTo(rows, 'pull');
  const { may, count } = pullsDue(before, next, event);
  demand(pulled.length === count, `asks ${pulled} for payloads, should ask ${count} of ${may}`);
  demand(
    pulled.every((id) => may.includes(id)),
    `asks ${pulled} for payloads, should ask of ${may}`,
  );
}

interface Due {
  readonly may: readonly string[];
  readonly count: number;
}
const nobody: Due = { may: [], count: 0 };
const just = (...may: readonly string[]): Due => ({ may, count: may.length });

function pullsDue(before: SupervisorMemory, next: SupervisorMemory, event: Step['event']): Due {
  switch (event.type) {
    case 'news.pull': {
      const link = before.links[event.linkId];
      if (link === undefined || !askingLives.includes(before.life)) return nobody;
      // What is about to go may not be there for the answer.
      const twin = linksTo(before.links, link.fingerprint).find(
        (id) => stays(before.links[id]) && before.links[id]?.boot === link.boot,
      );
      return just((link.retiring ? twin : null) ?? event.linkId);
    }
    case 'peer.greeted':
      return greetingDue(before, next, event.linkId);
    default:
      return graftDue(before, next);
  }
}

/** The first link after all that brought payloads are gone, and the one that takes the place of another to its peer. */
function greetingDue(before: SupervisorMemory, next: SupervisorMemory, linkId: string): Due {
  const link = before.links[linkId];
  if (link === undefined || !linkedLives.includes(before.life)) return nobody;
  const first = before.source === null && link.beganLazy ? [linkId] : [];
  const goes = linksTo(next.links, link.fingerprint).filter(
    (id) => next.links[id]?.retiring && !before.links[id]?.retiring,
  );
  const carried = goes.some((id) => id === before.source);
  const heirs = linksTo(next.links, link.fingerprint).filter((id) => carried && stays(next.links[id]));
  return just(...first.filter((id) => !goes.includes(id)), ...heirs);
}

/** The link that brought payloads is gone: one other is asked, best one to the same peer, or one that hangs on others. */
function graftDue(before: SupervisorMemory, next: SupervisorMemory): Due {
  const { source } = before;
  const gone = before.links[source ?? ''];
  if (source === null || gone === undefined || source in next.links) return nobody;
  const twin = twinOf(gone, next.links);
  if (twin !== null) return just(twin);
  const staying = Object.keys(next.links).filter((id) => stays(next.links[id]));
  const lazy = staying.filter((id) => next.links[id]?.lazy);
  const may = lazy.length > 0 ? lazy : staying;
  return { may, count: Math.min(1, may.length) };
}

/**
 * A link had the payload sooner than the one that brought it: the two are to swap what they carry, and the next is expected
 * over the former. Nobody is sooner than the leader.
 */
export function judgeSwap(
  { life, links, source, standing }: SupervisorMemory,
  after: SupervisorMemory,
  { event, rows }: Step,
): SupervisorMemory {
  const wishes = toldTo(rows, 'want').map((id) => [
    id,
    ...to(rows, `peer.${id}`).map((said) => (said as Said).push),
  ]);
  const sooner = event.type === 'news.nearer' ? links[event.linkId] : undefined;
  const later = links[source ?? ''];
  const swaps =
    askingLives.includes(life) &&
    sooner !== undefined &&
    later !== undefined &&
    !sooner.retiring &&
    later.fingerprint !== standing?.leaderFingerprint &&
    sooner.fingerprint !== later.fingerprint;
  const due =
    swaps && event.type === 'news.nearer'
      ? [
          [event.linkId, 'version'],
          [source, 'hello'],
        ]
      : [];
  demand(
    JSON.stringify(wishes) === JSON.stringify(due),
    `wants ${JSON.stringify(wishes)}, should want ${JSON.stringify(due)} of who was sooner and who was later`,
  );
  return swaps && event.type === 'news.nearer' ? { ...after, source: event.linkId } : after;
}

/** Links that the dial loop gives up go, but for those that somebody needs as long as there are others. */
export function judgeGivenUp({ life, links, source }: SupervisorMemory, { event, rows }: Step): void {
  if (event.type !== 'link.retire') return;
  const given = linksTo(links, event.fingerprint);
  // What is about to go is no help to anybody.
  const waitsForOurs = (id: string) => stays(links[id]) && !links[id]?.lazy;
  const isSpare = (id: string) => stays(links[id]) && id !== source && !waitsForOurs(id);
  const hasSpare = Object.keys(links).some(isSpare);
  const isKept = given.some((id) => id === source) || (given.some(waitsForOurs) && hasSpare);
  const due = linkedLives.includes(life) && !isKept ? given : [];
  const closed = toldTo(rows, 'peer.close');
  demand(isSame(closed, due), `gives up ${closed}, should give up ${due}`);
}

/** What was announced comes unasked only over the link that announced it, or over another one that brings payloads. */
export function judgeAnnouncement({ life, source }: SupervisorMemory, { event, rows }: Step): void {
  const passed = to(rows, 'news').filter(({ type }) => type === 'peer.announced');
  const isHeard = event.type === 'peer.announced' && linkedLives.includes(life);
  demand(passed.length === (isHeard ? 1 : 0), 'the news hear once of each announcement');
  if (!isHeard) return;
  const comes = howItComes(event, source);
  demand(
    JSON.stringify(passed) === JSON.stringify([{ ...event, comes }]),
    `what is announced ${event.comes} comes ${comes}`,
  );
}

function howItComes({ linkId, comes }: PeerAnnounced, source: string | null): Coming {
  switch (comes) {
    case 'over-another':
      return source === null ? 'when-asked' : comes;
    case 'when-asked':
      return source === null || source === linkId ? comes : 'over-either';
    default:
      return comes;
  }
}
