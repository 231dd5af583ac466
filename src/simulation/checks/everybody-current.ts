/** Once faults are over, every member that runs holds the leader's newest payload, and nobody lost its membership. */
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

export function everybodyCurrent(): Check {
  return {
    name: 'everybody-current',
    atEnd: (world) => {
      const { version } = world.leader;
      if (version === null) return [{ node: world.leader, detail: 'leads nothing' }];
      return membersBehind(world).map((node) => ({
        node,
        detail: `holds ${node.version?.seq ?? 'nothing'}, the leader ${version.seq}`,
      }));
    },
  };
}

/** Honest members that run and do not hold what the leader holds. */
export function membersBehind(world: World): readonly SimulatedNode[] {
  const { standing } = world.leader.context ?? {};
  if (standing === null || standing === undefined) return world.honest;
  const members = new Set(standing.members);
  return world.honest.filter((node) => {
    if (node.process === null || node.version?.hash === standing.version.hash) return false;
    return members.has(node.fingerprint) && isIn(node);
  });
}

/**
 * Whether nothing but a bug keeps the node from being a member. One that its operator took out, or that holds the
 * leader's word that it is out, comes back only with a new join, whatever the leader lists meanwhile.
 */
function isIn({ version, context, mayBeOutside }: SimulatedNode): boolean {
  if (version === null) return !mayBeOutside;
  return context?.revoked !== true;
}
