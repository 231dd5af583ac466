/** A node that applied a payload which removes a member has no link to it any more, within one round. */
import { isListed } from '../../protocol/index.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

/** The payload that says so, the second the peer has to read it, and the close itself, on a slow link. */
const closedWithinMs = 8_000;

/** What a node stored is believed, not what it reports: a bug that closes nothing may report nothing either. */
export function revokedLinksClose(): Check {
  return {
    name: 'revoked-links-close',
    stored: (world, node) => {
      if (node.lies !== null) return;
      const { starts } = node;
      const look = () => {
        const stranger = node.starts === starts ? strangerOf(world, node) : null;
        if (stranger !== null) world.violate('revoked-links-close', node, stranger);
      };
      world.later(closedWithinMs, look, node.number);
    },
    atEnd: (world) =>
      world.honest.flatMap((node) => {
        const detail = strangerOf(world, node);
        return detail === null ? [] : [{ node, detail }];
      }),
  };
}

/** Somebody who is no member of the payload in force, and to whom a link is open. */
function strangerOf(world: World, { process, context }: SimulatedNode): string | null {
  const { standing, revoked } = context ?? {};
  if (process === null || standing === null || standing === undefined) return null;
  const members = revoked === true ? [] : standing.members;
  for (const link of process.transport.links) {
    const isOpen = link.isAccepted && !link.isOver && !link.isClosing;
    if (!isOpen || isListed(members, link.fingerprint)) continue;
    const name = world.byFingerprint(link.fingerprint)?.name ?? link.fingerprint;
    return `is still linked to ${name}, which is no member by payload ${standing.version.seq}`;
  }
  return null;
}
