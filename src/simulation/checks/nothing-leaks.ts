/**
 * At rest a node has as many actors, timers and links as follow from who it is linked to: whatever faults there were,
 * nothing of them is left.
 */
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { VirtualTransport } from '../world/virtual-transport.ts';
import type { Check } from './check.ts';

/** Services and their helpers, a dial or two under way. */
const actorsBase = 16;
/** Rounds, saving, telling, the look at the world, the hold of a leader, the log's batch. */
const timersBase = 16;
/** Each link has a peer actor and its wire, and may have timers of its own. */
const perLink = 2;
/** Members that are being left alone after failed dials have a timer each, and so do members waited for. */
const perMember = 2;

/** A link is made, or closed, within this time on any network; after it, it is known at both ends or at none. */
const linkSettlesMs = 10_000;

export function nothingLeaks(): Check {
  return {
    name: 'nothing-leaks',
    atEnd: (world) =>
      world.honest.flatMap((node) => {
        const detail = surplus(node, world.time.now);
        return detail === null ? [] : [{ node, detail }];
      }),
  };
}

function surplus(node: SimulatedNode, now: number): string | null {
  const { process, context } = node;
  if (process === null || context === null) return null;
  const { transport, clock, system } = process;
  const adrift = linkAdrift(transport, context.links, now);
  if (adrift !== null) return adrift;
  const links = transport.links.size;
  if (system.linkCount() > links) return `keeps ${system.linkCount()} links at hand and has ${links}`;
  const members = context.standing?.members.length ?? 0;
  const finished: string[] = [];
  const actors = count(system.supervisor.getSnapshot(), finished);
  if (finished.length > 0) return `keeps actors that are done: ${finished.slice(0, 4).join(', ')}`;
  if (actors > actorsBase + perLink * links) return `has ${actors} actors for ${links} links`;
  const timersMax = timersBase + perLink * links + perMember * members;
  return clock.pending > timersMax ? `has ${clock.pending} timers for ${links} links` : null;
}

/** A link that one of the process, its network and the other end knows, and another does not. */
function linkAdrift(
  transport: VirtualTransport,
  known: { readonly [id: string]: unknown },
  now: number,
): string | null {
  const ids = new Set([...transport.links].map(({ id }) => id));
  const gone = Object.keys(known).find((id) => !ids.has(id));
  if (gone !== undefined) return `knows the link ${gone}, which is over`;
  for (const link of transport.links) {
    if (now - link.madeAt < linkSettlesMs) continue;
    if (known[link.id] === undefined && !link.isClosing) return `has a link ${link.id} that it does not know`;
    if (link.other.isOver && !link.isClosing) return `has a link ${link.id} whose other end is over`;
  }
  return null;
}

interface Snapshot {
  readonly children?: { readonly [id: string]: { getSnapshot(): unknown } | undefined };
}

function count(snapshot: Snapshot, finished: string[]): number {
  let actors = 1;
  for (const [id, child] of Object.entries(snapshot.children ?? {})) {
    const inner = child?.getSnapshot() as (Snapshot & { status?: string }) | undefined;
    if (inner === undefined) continue;
    if (inner.status !== 'active') finished.push(id);
    actors += count(inner, finished);
  }
  return actors;
}
