/** The supervisor and the tree along which payloads are pushed: over which link they come, and what follows when it is gone. */
import type { PushMode } from '../src/protocol/types.ts';
import type { PeerWants } from './peer-events.ts';
import { nothing, type SupervisorContext, type SupervisorStep } from './supervisor-context.ts';

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
 * A link is gone. When the newest payload came over it, others are asked at once to carry payloads: of those whose peers
 * get theirs elsewhere, since the others may wait for ours.
 */
export function withoutLink(context: SupervisorContext, linkId: string): SupervisorStep {
  const { [linkId]: _gone, ...links } = context.links;
  if (linkId !== context.source) return { changes: { links }, effects: [] };
  const grafted = Object.values(links)
    .filter(({ greetedAt, push }) => greetedAt !== null && push === 'hello')
    .slice(0, graftsMax);
  return {
    changes: { links, source: null },
    effects: grafted.map((link) => ({ do: 'peer', linkId: link.linkId, event: { type: 'pull' } })),
  };
}

// g[impl gossip.fresh]
/**
 * How news is wanted over a link that comes up. Whoever is new may bring payloads sooner than who brings them now; a
 * peer that was linked before could not.
 */
export function pushOf({ source, boots, links }: SupervisorContext, fingerprint: string): PushMode {
  const wasLinked =
    boots[fingerprint] !== undefined || Object.values(links).some((link) => link.fingerprint === fingerprint);
  return source !== null && wasLinked ? 'hello' : 'version';
}
