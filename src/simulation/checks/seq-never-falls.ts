/** No node's number ever goes down, neither in the process nor on the disk, but for a disk that somebody put back. */
import type { Check } from './check.ts';

export function seqNeverFalls(): Check {
  const highest = new Map<number, { seq: number; groveId: string; starts: number }>();
  const stored = new Map<number, number>();
  return {
    name: 'seq-never-falls',
    afterStep: (_world, node) => {
      const { standing } = node.context ?? {};
      if (standing === null || standing === undefined) return null;
      const { seq } = standing.version;
      const before = highest.get(node.number);
      if (before !== undefined && before.seq === seq) return null;
      highest.set(node.number, { seq, groveId: standing.groveId, starts: node.starts });
      const fell = before !== undefined && seq < before.seq && before.groveId === standing.groveId;
      return fell && !node.wasRestored ? `went from ${before.seq} to ${seq}` : null;
    },
    stored: (world, node, { seq }) => {
      const before = stored.get(node.number) ?? 0;
      stored.set(node.number, seq);
      // Under one number only a fork is settled.
      if (seq < before && !node.wasRestored && node.lies === null)
        world.violate('seq-never-falls', node, `stored ${seq} after ${before}`);
    },
  };
}
