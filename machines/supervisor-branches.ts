/**
 * The supervisor and the tree along which payloads are pushed: over which link they come, what follows when it is gone,
 * and when links are told of what is in force.
 */
import { announceFirstBytesMax, announcesAtOnce } from '../src/protocol/index.ts';
import type { PushMode } from '../src/protocol/types.ts';
import type { Standing } from './events.ts';
import type { PeerGreeted, PeerWants } from './peer-events.ts';
import {
  type LinkRecord,
  nothing,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  toLinks,
} from './supervisor-context.ts';

/** Links that are asked for payloads when the one that brought them is gone: one of them may hang on us. */
const graftsMax = 2;

/** How a peer wants its news over a link. */
export function noteWants(context: SupervisorContext, { linkId, push }: PeerWants): SupervisorStep {
  const record = context.links[linkId];
  if (record === undefined) return nothing;
  return { changes: { links: { ...context.links, [linkId]: { ...record, push } } }, effects: [] };
}

// g[impl gossip.graft]
/**
 * A link is gone. Another one to the same peer takes its place. Without such, and when the newest payload came over it,
 * others are asked at once to carry payloads: those whose peers get theirs elsewhere, if there are any, since the
 * others may wait for ours.
 */
export function withoutLink(context: SupervisorContext, linkId: string): SupervisorStep {
  const { [linkId]: gone, ...links } = context.links;
  const isSource = linkId === context.source;
  const greeted = Object.values(links).filter(({ greetedAt }) => greetedAt !== null);
  const twin = greeted.find(({ fingerprint }) => fingerprint === gone?.fingerprint);
  if (twin !== undefined) {
    const source = isSource ? twin.linkId : context.source;
    const inherits = gone?.wanted === 'version' && twin.wanted === 'hello';
    return { changes: { links, source }, effects: inherits ? [pullFrom(twin)] : [] };
  }
  if (!isSource) return { changes: { links }, effects: [] };
  const lazy = greeted.filter(({ push }) => push === 'hello');
  const asked = (lazy.length > 0 ? lazy : greeted).slice(0, graftsMax);
  return { changes: { links, source: null }, effects: asked.map(pullFrom) };
}

// g[impl gossip.graft]
/** What began with announcements, and is the first link after those that brought payloads are gone. */
export function graftGreeted(context: SupervisorContext, { linkId }: PeerGreeted): SupervisorStep {
  const record = context.links[linkId];
  if (record === undefined || context.source !== null || record.wanted === 'version') return nothing;
  return { changes: {}, effects: [pullFrom(record)] };
}

function pullFrom({ linkId }: LinkRecord): SupervisorEffect {
  return { do: 'peer', linkId, event: { type: 'pull' } };
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
  return { changes: { told: [] }, effects: toLinks(context, { type: 'announce', standing }, told) };
}
