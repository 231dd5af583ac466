/** Entries of the grove's history in words. */
import { type History, nameOf } from '../data/node.ts';

/** Only the node an operator spoke to knows who it was; elsewhere the leader's signature is what is known. */
export function authorOf({ actor }: History): string {
  return actor === undefined || actor === null ? 'signed by the leader' : `by ${actor.display}`;
}

export function memberChangeWords({ changes }: History): readonly string[] {
  return changes.flatMap((change) =>
    'fingerprint' in change
      ? [
          `${change.label || nameOf(change.fingerprint)} ${change.change === 'member-added' ? 'invited' : 'removed'}`,
        ]
      : [],
  );
}
