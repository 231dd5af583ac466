/** Networks that fall apart, and heal. */
import type { Action } from '../plan/index.ts';
import type { SeededRandom } from '../world/seeded-random.ts';
import type { Scenario } from './scenario.ts';
import { at, everybody, followers, minute, publishes, second } from './steps.ts';

/** Publishes all the while: those that the others miss, and one when all is well again. */
function during(cut: readonly Action[], lastsMs: number): Action[] {
  return [
    ...publishes(0, 2, 2 * second, 'before'),
    ...cut,
    ...publishes(7 * second, 4, lastsMs / 5, 'meanwhile'),
    ...at(5 * second + lastsMs, { do: 'mend' }),
    ...publishes(6 * second + lastsMs, 2, 10 * second, 'after'),
  ];
}

/** Shorter than an idle link lives, or longer. */
function someTime(random: SeededRandom): number {
  return random.pick([10 * second, 25 * second, 90 * second, 10 * minute]) ?? minute;
}

export const partitionHalves: Scenario = {
  name: 'partition-halves',
  about: 'The grove falls into two halves for a while.',
  nodes: 14,
  nodesMin: 2,
  write: (random, nodes) => {
    const half = random.sample(everybody(nodes), Math.floor(nodes / 2));
    return { plan: during(at(5 * second, { do: 'partition', parts: [half] }), someTime(random)) };
  },
};

export const partitionStar: Scenario = {
  name: 'partition-star',
  about: 'All nodes reach one of them only, and it reaches all.',
  nodes: 10,
  nodesMin: 3,
  write: (random, nodes) => {
    const middle = random.below(nodes);
    const others = everybody(nodes).filter((node) => node !== middle);
    const cut = at(5 * second, { do: 'cut-one-way', from: others, to: others });
    return { plan: during(cut, someTime(random)) };
  },
};

export const partitionIsland: Scenario = {
  name: 'partition-island',
  about: 'One node, the leader as often as not, is cut off from all others.',
  nodes: 10,
  nodesMin: 2,
  write: (random, nodes) => {
    const island = random.chance(0.5) ? 0 : random.below(nodes);
    return { plan: during(at(5 * second, { do: 'partition', parts: [[island]] }), someTime(random)) };
  },
};

export const partitionCrumbs: Scenario = {
  name: 'partition-crumbs',
  about: 'Nobody reaches anybody for a while.',
  nodes: 10,
  nodesMin: 2,
  write: (random, nodes) => {
    const parts = everybody(nodes).map((node) => [node]);
    return { plan: during(at(5 * second, { do: 'partition', parts }), someTime(random)) };
  },
};

export const partitionOneWay: Scenario = {
  name: 'partition-one-way',
  about: 'What some nodes send does not reach the others; what the others send does arrive.',
  nodes: 10,
  nodesMin: 2,
  write: (random, nodes) => {
    const from = random.sample(everybody(nodes), 1 + random.below(nodes - 1));
    const to = everybody(nodes).filter((node) => !from.includes(node));
    return { plan: during(at(5 * second, { do: 'cut-one-way', from, to }), someTime(random)) };
  },
};

export const partitionFlapping: Scenario = {
  name: 'partition-flapping',
  about: 'A cut comes and goes, each time along another line, for seconds or for a minute.',
  nodes: 12,
  nodesMin: 2,
  write: (random, nodes) => {
    const plan: Action[] = publishes(0, 20, 6 * second);
    let time = second;
    for (let count = 0; count < 10; count += 1) {
      const part = random.sample(everybody(nodes), 1 + random.below(nodes - 1));
      plan.push(...at(time, { do: 'partition', parts: [part] }));
      time += random.pick([500, 5 * second, 40 * second]) ?? second;
      plan.push(...at(time, { do: 'mend' }));
      time += random.pick([200, 3 * second, 20 * second]) ?? second;
    }
    return { plan: [...plan, ...at(time, { do: 'publish', value: 'the last one' })] };
  },
};

/** Those removed and invited while they cannot hear of it, or while the leader's side cannot. */
export const revokeDuringPartition: Scenario = {
  name: 'revoke-during-partition',
  about:
    'Two members are removed during a partition, one on either side of it; one of them is invited again later and joins.',
  nodes: 10,
  nodesMin: 4,
  write: (random, nodes) => {
    const [near = 1, far = 2, ...rest] = random.sample(followers(nodes), nodes - 1);
    const others = rest.slice(0, Math.floor(rest.length / 2));
    const lastsMs = random.pick([10 * second, minute, 5 * minute]) ?? minute;
    const back = random.pick([near, far]) ?? near;
    const later = 10 * second + lastsMs + minute;
    return {
      mustBeIn: [back],
      plan: [
        ...publishes(0, 2, second),
        ...at(5 * second, { do: 'partition', parts: [[far, ...others]] }),
        ...at(8 * second, { do: 'revoke', node: near }, { do: 'revoke', node: far }),
        ...publishes(9 * second, 2, 2 * second),
        ...at(10 * second + lastsMs, { do: 'mend' }),
        ...at(later, { do: 'invite', node: back }),
        // It may have heard that it was removed, or not; to join it has to leave either way.
        ...at(later + second, { do: 'leave', node: back }),
        ...at(later + 2 * second, { do: 'join', node: back, through: [0] }),
        ...publishes(later + 10 * second, 2, 5 * second),
      ],
    };
  },
};

/** Nobody joins again: whoever was never told that it was out goes on as if nothing had been. */
export const revokeAndInviteUnheard: Scenario = {
  name: 'revoke-and-invite-unheard',
  about: 'A member is removed and invited again while it is cut off, and never hears of either.',
  nodes: 8,
  nodesMin: 3,
  write: (random, nodes) => {
    const node = random.pick(followers(nodes)) ?? 1;
    return {
      mustBeIn: [node],
      plan: [
        ...publishes(0, 2, second),
        ...at(5 * second, { do: 'partition', parts: [[node]] }),
        ...at(8 * second, { do: 'revoke', node }),
        ...at(12 * second, { do: 'invite', node }),
        ...publishes(15 * second, 2, 2 * second),
        ...at(random.pick([20 * second, 2 * minute]) ?? minute, { do: 'mend' }),
      ],
    };
  },
};
