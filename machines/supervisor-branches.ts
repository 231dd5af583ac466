/**
 * The supervisor and the tree along which payloads are pushed: over which link they come, what follows when it is gone,
 * and when links are told of what is in force.
 */
import { announceFirstBytesMax, announcesAtOnce, goesAtOnce } from '../src/protocol/index.ts';
import type { PushMode } from '../src/protocol/types.ts';
import type { NewsNearer, NewsPull, Standing } from './events.ts';
import type { Coming, PayloadVerified, PeerAnnounced, PeerGreeted, PeerWants } from './peer-events.ts';
import {
  type LinkRecord,
  nothing,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  toLinks,
} from './supervisor-context.ts';

/**
 * How a peer gets its news over a link. When the newest payload is here, nobody was told of it yet and it would go over the
 * link at once by now, it does.
 */
export function noteWants(context: SupervisorContext, { linkId, push, branch }: PeerWants): SupervisorStep {
  const record = context.links[linkId];
  if (record === undefined) return nothing;
  const link = { ...record, push, branch };
  const links = { ...context.links, [linkId]: link };
  const late = context.unannounced;
  const isDue = late !== null && isWanted(context, link, late) && !isWanted(context, record, late);
  return { changes: { links }, effects: isDue ? handOnTo([link], late) : [] };
}

// g[impl gossip.relay-before-store]
/** A verified payload goes on where it is wanted before it is announced. Elsewhere its announcement tells of it. */
export function handOn(context: SupervisorContext, event: PayloadVerified): SupervisorEffect[] {
  // Whoever brought it is not sent it, but its links are to know that it has it.
  const concerned = Object.values(context.links).filter(
    (link) => isWanted(context, link, event) || link.fingerprint === event.fingerprint,
  );
  return handOnTo(concerned, event);
}

function isWanted({ input }: SupervisorContext, link: LinkRecord, { lineBytes }: PayloadVerified): boolean {
  return goesAtOnce(lineBytes, link, input.announceFirstBytes ?? announceFirstBytesMax);
}

/** Those it removes hear of it by `peer.revoke`, which weighs what they may learn. */
function handOnTo(links: readonly LinkRecord[], event: PayloadVerified): SupervisorEffect[] {
  return links
    .filter(({ fingerprint }) => !event.membersRemoved.includes(fingerprint))
    .map(({ linkId }) => ({ do: 'peer', linkId, event }));
}

// g[impl gossip.graft]
/**
 * A link is gone. When the newest payload came over it, another is asked at once to carry payloads: one to the same
 * peer, or else one whose peer gets its payloads elsewhere, if there is any, since the others may wait for ours.
 */
export function withoutLink(context: SupervisorContext, linkId: string): SupervisorStep {
  const { [linkId]: gone, ...links } = context.links;
  if (linkId !== context.source) return { changes: { links }, effects: [] };
  const staying = Object.values(links).filter(isStaying);
  const twin = staying.find(({ fingerprint }) => fingerprint === gone?.fingerprint);
  const asked = twin ?? staying.find(({ push }) => push === 'hello') ?? staying[0];
  return {
    changes: { links, source: twin?.linkId ?? null },
    effects: asked === undefined ? [] : [pullFrom(asked)],
  };
}

/** Both sides use it, and neither gives it up. */
export function isStaying({ greetedAt, retiring }: LinkRecord): boolean {
  return greetedAt !== null && !retiring;
}

// g[impl gossip.graft]
/** What began with announcements, and is the first link after those that brought payloads are gone. */
export function graftGreeted(context: SupervisorContext, { linkId }: PeerGreeted): SupervisorStep {
  const record = context.links[linkId];
  if (record === undefined || record.retiring) return nothing;
  if (context.source !== null || record.wanted === 'version') return nothing;
  return { changes: {}, effects: [pullFrom(record)] };
}

// g[impl gossip.duplicate-links]
/** The surplus one of two links to a peer: if it brings payloads, they are to come over the one that is kept. */
export function handOver(context: SupervisorContext, surplus: LinkRecord, kept: LinkRecord): SupervisorStep {
  const links = { ...context.links, [surplus.linkId]: { ...surplus, retiring: true } };
  const isSource = surplus.linkId === context.source;
  return {
    changes: { links, source: isSource ? kept.linkId : context.source },
    effects: isSource ? [pullFrom(kept)] : [],
  };
}

// g[impl gossip.swap]
/**
 * The next payload is to come over a link that had this one sooner than the one that brought it. Their next hellos say so.
 * Nobody is nearer than the leader, whatever is announced.
 */
export function swapBranch(context: SupervisorContext, { linkId }: NewsNearer): SupervisorStep {
  const { links, source, standing } = context;
  const nearer = links[linkId];
  const further = source === null ? undefined : links[source];
  if (nearer === undefined || further === undefined) return nothing;
  if (nearer.retiring || [nearer.fingerprint, standing?.leaderFingerprint].includes(further.fingerprint))
    return nothing;
  return {
    changes: { source: linkId },
    effects: [
      { do: 'peer', linkId, event: { type: 'want', push: 'version' } },
      { do: 'peer', linkId: further.linkId, event: { type: 'want', push: 'hello' } },
    ],
  };
}

// g[impl gossip.pull]
/** Asks for what a link announced; over the other link to that peer when this one is about to go. */
export function pull({ links }: SupervisorContext, { linkId }: NewsPull): SupervisorStep {
  const record = links[linkId];
  if (record === undefined) return nothing;
  const { fingerprint, boot } = record;
  const isTwin = (link: LinkRecord) =>
    link.fingerprint === fingerprint && link.boot === boot && isStaying(link);
  const asked = record.retiring ? Object.values(links).find(isTwin) : record;
  return { changes: {}, effects: [pullFrom(asked ?? record)] };
}

function pullFrom({ linkId }: LinkRecord): SupervisorEffect {
  return { do: 'peer', linkId, event: { type: 'pull' } };
}

// g[impl gossip.pull]
/**
 * A link knows of itself only. While another one brings payloads, that may bring what this one would send when asked; while none
 * does, nothing comes over another.
 */
export function passAnnouncement({ source }: SupervisorContext, event: PeerAnnounced): SupervisorStep {
  const { linkId, comes } = event;
  const passed = (told: Coming): SupervisorStep => {
    return { changes: {}, effects: [{ do: 'news', event: { ...event, comes: told } }] };
  };
  if (source === null) return passed(comes === 'over-another' ? 'when-asked' : comes);
  return passed(comes === 'when-asked' && linkId !== source ? 'over-either' : comes);
}

// g[impl dial.surplus]
/**
 * Whether a link that the dial loop gives up may go: not the one that brings payloads, nor one whose peer wants
 * them from us, as long as there are others.
 */
export function maySpare({ links, source }: SupervisorContext, fingerprint: string): boolean {
  if (source !== null && links[source]?.fingerprint === fingerprint) return false;
  const staying = Object.values(links).filter(isStaying);
  const isSpare = ({ linkId, push }: LinkRecord) => linkId !== source && push === 'hello';
  const given = staying.filter((link) => link.fingerprint === fingerprint);
  return given.every(isSpare) || !staying.some(isSpare);
}

// g[impl gossip.fresh]
/**
 * How news is wanted over a link that comes up. The leader, and whoever is new, may bring payloads sooner than who
 * brings them now; another peer that is or was linked could not. Of who brings them the link we have may be dead.
 */
export function pushOf(context: SupervisorContext, fingerprint: string): PushMode {
  const { source, standing, boots, links } = context;
  const brings = source === null ? undefined : links[source]?.fingerprint;
  if (brings === undefined || [brings, standing?.leaderFingerprint].includes(fingerprint)) return 'version';
  const isLinked = Object.values(links).some((link) => link.fingerprint === fingerprint);
  return isLinked || boots[fingerprint] !== undefined ? 'hello' : 'version';
}

// g[impl gossip.announce-first]
/** A payload is stored. A long one is announced at once where it may be wanted; but who brought it can wait. */
export function tellAtOnce(
  context: SupervisorContext,
  standing: Standing,
  removed: readonly string[],
): SupervisorStep {
  const { links, source, input } = context;
  const bytesMax = input.announceFirstBytes ?? announceFirstBytesMax;
  const isUrgent = ({ linkId, push }: LinkRecord) =>
    linkId !== source && announcesAtOnce(standing.lineBytes, push, bytesMax);
  // The other payload of that number is not stored any more: nobody goes on claiming it.
  const { seq, hash } = context.standing?.version ?? standing.version;
  const isReplaced = seq === standing.version.seq && hash !== standing.version.hash;
  const told = Object.values(links)
    .filter((link) => isReplaced || isUrgent(link))
    .map(({ linkId }) => linkId)
    .filter((linkId) => !removed.includes(linkId));
  return {
    changes: { told },
    effects: told.map((linkId) => ({ do: 'peer', linkId, event: { type: 'announce', standing } })),
  };
}

// g[impl gossip.announcement]
/** The round of announcements: whoever was not told yet. */
export function announce(context: SupervisorContext): SupervisorStep {
  const { standing, told } = context;
  if (standing === null) return nothing;
  const isNewer = (context.unannounced?.version.seq ?? 0) > standing.version.seq;
  const unannounced = isNewer ? context.unannounced : null;
  return {
    changes: { told: [], unannounced },
    effects: toLinks(context, { type: 'announce', standing }, told),
  };
}
