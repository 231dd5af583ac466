/** Groves beyond the protocol's bounds, for one question only: what would happen then. */
import { membersMax, stretchLimits } from '../../protocol/index.ts';

/** Lets this process judge payloads of so many members valid. Within the protocol's bound it changes nothing. */
export function stretchTo(nodes: number): void {
  if (nodes > membersMax) stretchLimits(nodes);
}
