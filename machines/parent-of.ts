/** Where a child sends what it has to say to its parent. */
import type { AnyActorRef } from 'xstate';

/** The parent; ourselves, who ignore it, where a machine runs alone. */
export function parentOf({ self }: { readonly self: AnyActorRef }): AnyActorRef {
  return self._parent ?? self;
}
