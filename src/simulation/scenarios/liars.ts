/** Members that lie, one scenario for each way; the others must manage with them. */
import { type Lie, memberLies } from '../plan/index.ts';
import type { Scenario } from './scenario.ts';
import { at, followers, publishes, second } from './steps.ts';

/** One liar in so many nodes. */
const nodesForEach = 5;

const words: { readonly [how in Lie]: string } = {
  replay: 'send payloads again that are long past',
  forge: 'send payloads that the leader did not sign',
  fork: 'sign two payloads under one number',
  garbage: 'send lines that are no messages',
  silence: 'pass no payload on',
  mute: 'say nothing but their greeting',
  flood: 'tell addresses at which nobody is, as many as they may',
  echo: 'say everything a dozen times',
  boast: 'claim numbers that nobody has published',
  impersonate: 'say hello under other members’ names',
  expel: 'tell those who greet them that they were removed',
};

export const liars: readonly Scenario[] = memberLies.map((how) => ({
  name: `liars-${how}`,
  about: `Some members ${words[how]}.`,
  nodes: 10,
  nodesMin: 4,
  write: (random, nodes) => {
    const lying = random.sample(followers(nodes), Math.max(1, Math.floor(nodes / nodesForEach)));
    return {
      plan: [
        ...publishes(0, 3, second),
        ...at(3 * second, ...lying.map((node) => ({ do: 'lie' as const, node, how }))),
        ...publishes(5 * second, 12, 5 * second),
        // Everybody forgets what it knew of whom to trust more.
        ...at(30 * second, { do: 'break-links', share: 0.5 }),
      ],
    };
  },
}));

export const forkingLeader: Scenario = {
  name: 'leader-forks',
  about: `The leader's key is used by somebody who makes it ${words.fork}.`,
  nodes: 10,
  nodesMin: 3,
  write: (random) => ({
    plan: [
      ...at(0, { do: 'lie', node: 0, how: 'fork' }),
      ...publishes(second, 10, random.pick([200, 3_000]) ?? 3_000),
    ],
  }),
};
