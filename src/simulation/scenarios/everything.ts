/** Whatever can happen, in any order, drawn from the seed. */
import { type Action, type Deed, memberLies } from '../plan/index.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import type { Scenario } from './scenario.ts';
import { everybody, minute, publishes, second } from './steps.ts';

const deedsMin = 10;
const deedsMax = 40;
/** The deeds happen within this time. */
const withinMs = 5 * minute;

export const everything: Scenario = {
  name: 'everything',
  about: 'A random mix of all faults, members that come and go, and one member that lies.',
  nodes: 10,
  nodesMin: 4,
  write: (random, nodes) => {
    const members = random.chance(0.3) ? Math.max(3, nodes - 2) : nodes;
    const liar = random.chance(0.3) ? 1 + random.below(members - 1) : null;
    const plan: Action[] = publishes(0, 20, withinMs / 20);
    const how = random.pick(memberLies);
    if (liar !== null && how !== undefined) plan.push({ at: second, do: 'lie', node: liar, how });
    const count = deedsMin + random.below(deedsMax - deedsMin);
    for (let index = 0; index < count; index += 1) {
      let time = random.between(0, withinMs);
      for (const deed of someDeeds(random, nodes)) {
        plan.push({ ...deed, at: time });
        time += random.pick([0, 100, 3 * second, 20 * second, 2 * minute]) ?? 0;
      }
    }
    return {
      members,
      fillerBytes: random.pick([0, 0, 10_000]) ?? 0,
      conditions: { loss: random.pick([0, 0, 0.1]) ?? 0, latencyMs: random.pick([10, 40, 200]) ?? 40 },
      plan,
    };
  },
};

/** What happens, and how it ends some time later. */
function someDeeds(random: SeededRandom, nodes: number): readonly Deed[] {
  const node = random.below(nodes);
  const follower = 1 + random.below(nodes - 1);
  const some = random.sample(everybody(nodes), 1 + random.below(nodes - 1));
  const others = everybody(nodes).filter((one) => !some.includes(one));
  const kinds: readonly (() => readonly Deed[])[] = [
    () => [
      { do: 'crash', node },
      { do: 'start', node },
    ],
    () => [
      { do: 'stop', node },
      { do: 'start', node },
    ],
    () => [crashSomewhere(random, node), { do: 'publish', value: 'deadly' }, { do: 'start', node }],
    () => [{ do: 'partition', parts: [some] }, { do: 'mend' }],
    () => [{ do: 'cut-one-way', from: some, to: others }, { do: 'mend' }],
    () => [{ do: 'break-links', share: random.fraction() }],
    () => [
      { do: 'clock', node, skewMs: random.between(-10 * minute, 10 * minute) },
      { do: 'clock', node, skewMs: 0 },
    ],
    () => [
      { do: 'slow-disk', node, commitMs: random.between(0, 2 * second) },
      { do: 'slow-disk', node, commitMs: 0 },
    ],
    () => [
      { do: 'full-disk', node, full: true },
      { do: 'full-disk', node, full: false },
    ],
    () => [
      { do: 'revoke', node: follower },
      { do: 'invite', node: follower },
      ...rejoin(random, follower, nodes),
    ],
    () => [{ do: 'invite', node: follower }, ...rejoin(random, follower, nodes)],
    () => [...rejoin(random, follower, nodes)],
    () => [{ do: 'publish', value: `${random.uint32()}` }],
    () => [
      { do: 'backup', node },
      { do: 'crash', node },
      { do: 'restore', node },
      { do: 'start', node },
    ],
  ];
  return random.pick(kinds)?.() ?? [];
}

function rejoin(random: SeededRandom, node: number, nodes: number): readonly Deed[] {
  const through = [0, random.below(nodes)].filter((one) => one !== node);
  return [
    { do: 'leave', node },
    { do: 'join', node, through },
  ];
}

function crashSomewhere(random: SeededRandom, node: number): Deed {
  const point = random.pick(['signing', 'verifying', 'before-commit', 'after-commit', 'sending'] as const);
  return { do: 'crash', node, point: point ?? 'sending', after: random.below(6) };
}
