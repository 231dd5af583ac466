/** A node that applied a payload which removes a member has no link to it any more, within one round. */
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

/** The payload that says so, the second the peer has to read it, and the close itself, on a slow link. */
const closedWithinMs = 8_000;

export function revokedLinksClose(): Check {
  return {
    name: 'revoked-links-close',
    heard: (world, node, event) => {
      if (event.type !== 'grove.member-revoked' || node.lies !== null) return;
      const { fp } = event;
      const starts = node.starts;
      world.later(closedWithinMs, () => look(world, node, fp, starts), node.number);
    },
  };
}

function look(world: World, node: SimulatedNode, fingerprint: string, starts: number): void {
  const { process, context } = node;
  if (process === null || node.starts !== starts || context?.standing?.members.includes(fingerprint)) return;
  const open = [...process.transport.links].some((link) => link.fingerprint === fingerprint && !link.isOver);
  if (open) {
    const name = world.byFingerprint(fingerprint)?.name ?? fingerprint;
    world.violate('revoked-links-close', node, `is still linked to ${name}, which was removed`);
  }
}
