/** Newcomers. */
import type { Scenario } from './scenario.ts';
import { at, minute, publishes, second } from './steps.ts';

/** Half of the nodes are members; each of the others joins through another one of them, right after it was invited. */
export const joinThroughEveryMember: Scenario = {
  name: 'join-through-every-member',
  about: 'Newcomers are invited one after the other, and each joins at once, through a member of its own.',
  nodes: 10,
  nodesMin: 2,
  write: (_random, nodes) => {
    const members = Math.ceil(nodes / 2);
    const newcomers = Array.from({ length: nodes - members }, (_, index) => members + index);
    return {
      members,
      mustBeIn: newcomers,
      plan: newcomers.flatMap((node, index) =>
        at(
          index * 3 * second,
          { do: 'invite', node },
          { do: 'join', node, through: [index] },
          { do: 'publish', value: `while n${node} joins` },
        ),
      ),
    };
  },
};

/** A node is told to leave, joins again through somebody else, leaves, is removed, is invited, and joins once more. */
export const leaveAndRejoin: Scenario = {
  name: 'leave-and-rejoin',
  about:
    'Members leave and come back: as they are still listed, or after they were removed and invited again.',
  nodes: 8,
  nodesMin: 4,
  write: (random, nodes) => {
    const [still = 1, removed = 2] = random.sample(
      Array.from({ length: nodes - 1 }, (_, index) => index + 1),
      2,
    );
    const host = [still, removed].includes(1) ? ([still, removed].includes(2) ? 3 : 2) : 1;
    const wait = random.between(0, 3 * second);
    return {
      mustBeIn: [still, removed],
      plan: [
        ...publishes(0, 12, 4 * second),
        ...at(5 * second, { do: 'leave', node: still }),
        ...at(5 * second + wait, { do: 'join', node: still, through: [host] }),
        ...at(15 * second, { do: 'leave', node: removed }, { do: 'revoke', node: removed }),
        ...at(20 * second + wait, { do: 'invite', node: removed }),
        ...at(20 * second + 2 * wait, { do: 'join', node: removed, through: [host, 0] }),
        ...at(40 * second, { do: 'leave', node: still }),
        ...at(40 * second + 1, { do: 'join', node: still, through: [0] }),
        ...publishes(1 * minute, 2, 5 * second),
      ],
    };
  },
};
