/** The plan of a run without a scenario: publishes at random moments, and the faults that were asked for. */
import { SeededRandom } from '../world/seeded-random.ts';
import type { Action, Plan } from './action.ts';

export interface StandardFaults {
  /** Bytes of the param that changes. */
  readonly valueBytes: number;
  /** Share of the links that breaks at each publish. */
  readonly breakLinks: number;
  /** Nodes that die during the run, and start again after a while. */
  readonly crashes: number;
  /** The grove falls apart into so many parts for a while; 0 or 1 for not at all. */
  readonly parts: number;
}

export const noFaults: StandardFaults = { valueBytes: 0, breakLinks: 0, crashes: 0, parts: 0 };

/** Publishes come so far apart. */
const gapMs = { least: 500, most: 1_500 };
/** How long a crashed node stays down, and the grove in parts. */
const downMs = { least: 1_000, most: 60_000 };
const partedMs = 45_000;

export function standardPlan(
  options: { readonly seed: number; readonly nodes: number; readonly publishes: number } & StandardFaults,
): Plan {
  const { seed, nodes, publishes, valueBytes, breakLinks, crashes, parts } = options;
  const random = new SeededRandom(seed, 'plan');
  const actions: Action[] = [];
  let at = 0;
  for (let count = 1; count <= publishes; count += 1) {
    at += random.between(gapMs.least, gapMs.most);
    actions.push({ at, do: 'publish', value: `${count} `.padEnd(valueBytes, 'x') });
    // At the same moment, while the payload is on its way.
    if (breakLinks > 0) actions.push({ at: at + 1, do: 'break-links', share: breakLinks });
  }
  for (let count = 0; count < crashes; count += 1) {
    const node = random.below(nodes);
    const down = random.between(0, at);
    actions.push({ at: down, do: 'crash', node });
    actions.push({ at: down + random.between(downMs.least, downMs.most), do: 'start', node });
  }
  if (parts > 1) {
    const numbers = Array.from({ length: nodes }, (_, number) => number);
    const shuffled = random.sample(numbers, nodes);
    const sets = Array.from({ length: parts }, (_, part) =>
      shuffled.filter((_, index) => index % parts === part),
    );
    const from = random.between(0, at / 2);
    actions.push({ at: from, do: 'partition', parts: sets });
    actions.push({ at: from + partedMs, do: 'mend' });
  }
  return actions;
}
