/** Whoever asked a node for something has had an answer, unless the process died before it came. */
import type { Check } from './check.ts';

export function requestsAreAnswered(): Check {
  return {
    name: 'requests-are-answered',
    atEnd: (world) =>
      world.honest
        .filter(({ process, unanswered }) => process !== null && unanswered.size > 0)
        .map((node) => ({
          node,
          detail: `has not answered ${[...node.unanswered.values()].slice(0, 4).join(', ')}`,
        })),
  };
}
