/** Once faults are over, every member that runs holds the leader's newest payload. */
import type { Check } from './check.ts';

export function everybodyCurrent(): Check {
  return {
    name: 'everybody-current',
    atEnd: (world) => {
      const { standing } = world.leader.context ?? {};
      if (standing === null || standing === undefined)
        return [{ node: world.leader, detail: 'leads nothing' }];
      const members = new Set(standing.members);
      return world.honest
        .filter(({ fingerprint, process }) => members.has(fingerprint) && process !== null)
        .filter(({ version }) => version?.hash !== standing.version.hash)
        .map((node) => ({
          node,
          detail: `holds ${node.version?.seq ?? 'nothing'}, the leader ${standing.version.seq}`,
        }));
    },
  };
}
