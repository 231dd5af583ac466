/**
 * No two honest nodes hold different payloads under one number, unless somebody signed both; and then somebody honest
 * reports it.
 */
import type { Check } from './check.ts';

export function oneContentPerNumber(): Check {
  const contents = new Map<number, Set<string>>();
  const reported = new Set<number>();
  return {
    name: 'one-content-per-number',
    stored: (world, node, { seq, hash }) => {
      if (node.lies !== null) return;
      const hashes = contents.get(seq) ?? new Set<string>();
      contents.set(seq, hashes);
      hashes.add(hash);
      if (hashes.size > 1 && !world.expectsForks)
        world.violate('one-content-per-number', node, `number ${seq} has ${hashes.size} contents`);
    },
    heard: (_world, node, event) => {
      if (event.type === 'grove.fork-detected' && node.lies === null) reported.add(event.seq);
    },
    atEnd: () =>
      [...contents]
        .filter(([seq, hashes]) => hashes.size > 1 && !reported.has(seq))
        .map(([seq]) => ({ node: null, detail: `nobody reported the two contents of number ${seq}` })),
  };
}
