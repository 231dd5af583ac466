/**
 * At rest a node has as many actors, timers and links as follow from who it is linked to: whatever faults there were,
 * nothing of them is left.
 */
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { VirtualTransport } from '../world/virtual-transport.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

/**
 * The supervisor, the endpoint, the bookkeeper, the applier, the news, the dial loop, the actuator of params and its
 * registry; a leader has a publisher too.
 */
const services = 8;
/** An app has its machine, and what it runs. */
const actorsPerApp = 2;
/** Each link has a peer actor and its wire. */
const actorsPerLink = 2;
/** Members that are dialled at once, and for each the attempt and the addresses it races. */
const dialsMax = 4;
const actorsPerDial = 17;
/** Rounds, saving, telling, the look at the world, the hold of a leader, the log's batch. */
const timersBase = 8;
const timersPerLink = 1;
/** A member that does not answer is left alone for a while, and dialled again. */
const timersPerSilentMember = 2;

/** A link is made, or closed, within this time on any network; after it, it is known at both ends or at none. */
const linkSettlesMs = 10_000;

export function nothingLeaks(): Check {
  return {
    name: 'nothing-leaks',
    atEnd: (world) => {
      const silent = silentMembers(world);
      return world.honest.flatMap((node) => {
        const detail = surplus(world, node, silent);
        return detail === null ? [] : [{ node, detail }];
      });
    },
  };
}

function surplus(world: World, node: SimulatedNode, silent: number): string | null {
  const { process, context } = node;
  if (process === null || context === null) return null;
  const { transport, clock, system } = process;
  const adrift = linkAdrift(transport, context.links, world.time.now);
  if (adrift !== null) return adrift;
  const links = transport.links.size;
  if (system.linkCount() > links) return `keeps ${system.linkCount()} links at hand and has ${links}`;
  const { finished, actors, dialling } = census(system.supervisor.getSnapshot());
  if (finished.length > 0) return `keeps actors that are done: ${finished.slice(0, 4).join(', ')}`;
  const known = Object.keys(context.links).length;
  const own = services + (context.publishes ? 1 : 0) + actorsPerApp * node.store.apps.appsCount();
  const actorsMax = own + actorsPerLink * known;
  if (actors > actorsMax) return `has ${actors} actors for ${known} links`;
  if (dialling > dialsMax * actorsPerDial) return `has ${dialling} actors that dial`;
  const timersMax = timersBase + timersPerLink * links + timersPerSilentMember * silent;
  return clock.pending > timersMax ? `has ${clock.pending} timers for ${links} links` : null;
}

/** Nodes that may leave dials unanswered, or end links time and again. */
function silentMembers(world: World): number {
  return world.nodes.filter(({ process, lies, version, context }) => {
    return process === null || lies !== null || version === null || context?.revoked === true;
  }).length;
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
    // The other end may have closed just now, and the word of it be on its way.
    const { overSince } = link.other;
    const isKnown = overSince !== null && now - overSince >= linkSettlesMs;
    if (isKnown && !link.isClosing) return `has a link ${link.id} whose other end is over`;
  }
  return null;
}

interface Snapshot {
  readonly status?: string;
  readonly children?: { readonly [id: string]: { getSnapshot(): unknown } | undefined };
}

interface Census {
  /** Actors that have come to their end and were not let go. */
  readonly finished: readonly string[];
  readonly actors: number;
  /** Attempts to dial somebody, and what they race. */
  readonly dialling: number;
}

function census(supervisor: Snapshot): Census {
  const finished: string[] = [];
  const below = (snapshot: Snapshot): number =>
    Object.entries(snapshot.children ?? {}).reduce((sum, [id, child]) => {
      const inner = (child?.getSnapshot() ?? {}) as Snapshot;
      if (inner.status !== 'active') finished.push(id);
      return sum + 1 + below(inner);
    }, 0);
  const dialLoop = supervisor.children?.dialLoop?.getSnapshot() ?? {};
  const dialling = below(dialLoop as Snapshot);
  finished.splice(0);
  return { actors: 1 + below(supervisor) - dialling, dialling, finished };
}
