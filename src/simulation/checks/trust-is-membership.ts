/** A node trusts, for gossip, exactly the members of the payload in force. */
import type { SimulatedNode } from '../world/simulated-node.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

export function trustIsMembership(): Check {
  const looked = new Map<
    number,
    { members: readonly string[]; changes: number; starts: number; state: string }
  >();
  return {
    name: 'trust-is-membership',
    afterStep: (world, node) => {
      const { process, context } = node;
      if (process === null || context === null) return null;
      const state = lifeOf(node);
      // A departing or stopping node has said goodbye; one that joins is let in by others.
      if (!['member', 'revoked', 'outside'].includes(state)) return null;
      const members = state === 'member' ? (context.standing?.members ?? nobody) : nobody;
      const changes = process.transport.trustChanges;
      const before = looked.get(node.number);
      if (
        before?.members === members &&
        before.changes === changes &&
        before.starts === node.starts &&
        before.state === state
      )
        return null;
      looked.set(node.number, { members, changes, starts: node.starts, state });
      // A payload that changes a param lists whom the one before listed.
      const isAsBefore =
        before?.changes === changes && before.starts === node.starts && before.state === state;
      return isAsBefore && isSameList(before.members, members) ? null : compare(world, node, members);
    },
  };
}

const nobody: readonly string[] = [];

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((fingerprint, index) => fingerprint === others[index]);
}

/** The top state of the node's life. */
function lifeOf(node: SimulatedNode): string {
  const value = node.process?.system.supervisor.getSnapshot().value ?? 'gone';
  return typeof value === 'string' ? value : (Object.keys(value)[0] ?? '');
}

function compare(world: World, node: SimulatedNode, members: readonly string[]): string | null {
  const { process } = node;
  if (process === null) return null;
  const listed = new Set(members);
  for (const other of world.nodes) {
    const trusts = process.transport.trusts(other.fingerprint);
    if (trusts && !listed.has(other.fingerprint)) return `trusts ${other.name}, which is no member`;
    if (!trusts && listed.has(other.fingerprint)) return `does not trust ${other.name}, which is a member`;
  }
  return null;
}
