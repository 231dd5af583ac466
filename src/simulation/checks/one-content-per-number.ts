/**
 * No two honest nodes hold different payloads under one number, unless somebody signed both; and then whoever is told of
 * the other one reports it.
 */
import type { GroveMessage, Version } from '../../protocol/types.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { VirtualLink } from '../world/virtual-link.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

const name = 'one-content-per-number';
/** Both payloads have crossed the link by then, or newer ones took their place. */
const reportedWithinMs = 10_000;

export function oneContentPerNumber(): Check {
  const contents = new Map<number, Set<string>>();
  const reported = new Set<number>();
  /** What each node stored last, and how often its disk had been put back by then. */
  const held = new Map<number, Version & { readonly restores: number }>();

  /** A fork came to light on this link. Looks whether it was reported, if nothing came between. */
  function expectReport(world: World, link: VirtualLink, seq: number): void {
    const ends = [link.host.node, link.peer.node].map((number) => world.node(number));
    const then = ends.map(({ starts, version }) => ({ starts, hash: version?.hash }));
    const look = () => {
      const isUnchanged = ends.every(
        (node, end) => node.starts === then[end]?.starts && node.version?.hash === then[end]?.hash,
      );
      const isUp = !link.isOver && !link.other.isOver;
      if (isUnchanged && isUp && !reported.has(seq))
        world.violate(name, ends[0] ?? null, `nobody reported the two contents of number ${seq}`);
    };
    world.later(reportedWithinMs, look, link.host.node);
  }

  /** A node took another content for the one it held: it knows of the fork, and has to say so. */
  function expectSettled(world: World, node: SimulatedNode, seq: number): void {
    const { starts } = node;
    const look = () => {
      if (node.starts === starts && node.process !== null && !reported.has(seq))
        world.violate(name, node, `settled the two contents of number ${seq} and reported nothing`);
    };
    world.later(reportedWithinMs, look, node.number);
  }

  return {
    name,
    begin: (world) => {
      for (const { onDisk } of world.nodes) if (onDisk !== null) note(contents, onDisk.seq, onDisk.hash);
    },
    stored: (world, node, version) => {
      if (node.lies !== null) return;
      const { seq, hash } = version;
      const before = held.get(node.number);
      const { restores } = node;
      held.set(node.number, { restores, ...version });
      const isSameDisk = before?.restores === restores;
      if (isSameDisk && before.seq === seq && before.hash !== hash) expectSettled(world, node, seq);
      const hashes = note(contents, seq, hash);
      if (hashes.size > 1 && !world.expectsForks)
        world.violate(name, node, `number ${seq} has ${hashes.size} contents`);
    },
    heard: (_world, node, event) => {
      if (event.type === 'grove.fork-detected' && node.lies === null) reported.add(event.seq);
    },
    received: (world, link, message) => {
      if (isOfFork(world, link, message)) expectReport(world, link, message.our_seq);
    },
  };
}

function note(contents: Map<number, Set<string>>, seq: number, hash: string): Set<string> {
  const hashes = contents.get(seq) ?? new Set<string>();
  contents.set(seq, hashes);
  return hashes.add(hash);
}

/** Whether an honest node tells another that it holds something else under the same number. */
function isOfFork(
  world: World,
  link: VirtualLink,
  message: GroveMessage,
): message is Extract<GroveMessage, { type: 'hello' }> {
  if (message.type !== 'hello') return false;
  const [host, peer] = [world.node(link.host.node), world.node(link.peer.node)];
  if (host.lies !== null || peer.lies !== null || host.version === null) return false;
  return host.version.seq === message.our_seq && host.version.hash !== message.our_payload_hash;
}
