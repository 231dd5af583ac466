/** No node's number ever goes down, neither in the process nor on the disk, but once for each time its disk was put back. */
import type { Version } from '../../protocol/types.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { Check } from './check.ts';

interface Seen extends Version {
  /** How often the node's disk had been put back by then. */
  readonly restores: number;
}

export function seqNeverFalls(): Check {
  const inForce = new Map<number, Seen>();
  const stored = new Map<number, Seen>();
  return {
    name: 'seq-never-falls',
    begin: (world) => {
      for (const node of world.nodes) {
        if (node.onDisk !== null) stored.set(node.number, { restores: 0, ...node.onDisk });
      }
    },
    afterStep: (_world, node) => {
      const { version } = node;
      if (version === null || inForce.get(node.number)?.hash === version.hash) return null;
      const fall = fallFrom(inForce, node, version);
      return fall === null ? null : `went ${fall}`;
    },
    stored: (world, node, version) => {
      const fall = fallFrom(stored, node, version);
      if (fall !== null && node.lies === null) world.violate('seq-never-falls', node, `stored ${fall}`);
    },
  };
}

/** Under one number, the smaller hash settles a fork; nothing else may take a payload's place. */
function fallFrom(known: Map<number, Seen>, node: SimulatedNode, version: Version): string | null {
  const { number, restores } = node;
  const before = known.get(number);
  known.set(number, { restores, ...version });
  if (before === undefined || before.restores !== restores || version.seq > before.seq) return null;
  if (version.seq < before.seq) return `from ${before.seq} to ${version.seq}`;
  return version.hash <= before.hash ? null : `from one payload ${version.seq} to one with a larger hash`;
}
