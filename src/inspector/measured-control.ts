/** A node's control that notes how long publishes take: two readings of a clock each. */
import type { NodeControl } from '../operator/index.ts';
import type { Clock } from '../ports/index.ts';

/** Told how long each publish took, from the request to its answer. */
export function measureControl(
  control: NodeControl,
  clock: Clock,
  took: (seconds: number) => void,
): NodeControl {
  return {
    ...control,
    execute: async (command, actor) => {
      const before = clock.monotonicMs();
      const outcome = await control.execute(command, actor);
      if (command.type === 'change' && outcome.ok) took((clock.monotonicMs() - before) / 1_000);
      return outcome;
    },
  };
}
