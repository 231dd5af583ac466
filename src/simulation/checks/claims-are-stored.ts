/**
 * Nobody says that it holds what is not on its disk, and no byte of a payload leaves its leader before the leader has
 * stored it. What a process knows and what its disk holds are the same in the end.
 */
import type { GroveMessage } from '../../protocol/types.ts';
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { Check } from './check.ts';

export function claimsAreStored(): Check {
  return {
    name: 'claims-are-stored',
    sent: (world, node, message) => {
      if (node.lies !== null) return;
      const detail = node === world.leader ? unstored(node, message) : claim(node, message);
      if (detail !== null) world.violate('claims-are-stored', node, detail);
    },
    atEnd: (world) =>
      world.honest
        .filter(({ process, version, onDisk }) => process !== null && version?.hash !== onDisk?.hash)
        .map((node) => ({
          node,
          detail: `works with ${node.version?.seq ?? 'nothing'} and has ${node.onDisk?.seq ?? 'nothing'} on its disk`,
        })),
  };
}

function unstored(node: SimulatedNode, message: GroveMessage): string | null {
  if (message.type !== 'version') return claim(node, message);
  const seq = Number(message.payload.seq);
  const stored = node.onDisk?.seq ?? 0;
  return seq > stored ? `sent payload ${seq} and has stored ${stored}` : null;
}

function claim(node: SimulatedNode, message: GroveMessage): string | null {
  if (message.type !== 'hello' || message.our_seq === 0) return null;
  const { onDisk } = node;
  const { our_seq: seq, our_payload_hash: hash } = message;
  if (seq > (onDisk?.seq ?? 0)) return `claims ${seq} and has stored ${onDisk?.seq ?? 'nothing'}`;
  return seq === onDisk?.seq && hash !== onDisk.hash ? `claims another payload ${seq} than it stored` : null;
}
