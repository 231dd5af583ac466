/** The address book as the dial loop last told it: what a dial loop that replaces it begins with. */

import type { SavedRow } from '../src/protocol/dialling/book.ts';
import { isListed } from '../src/protocol/index.ts';
import type { BookSave } from './dial-events.ts';
import type { Standing } from './events.ts';
import type { SupervisorContext, SupervisorStep } from './supervisor-context.ts';

/** Rows go to the disk, and the latest of each member is kept at hand. */
export function saveBook({ book, standing }: SupervisorContext, event: BookSave): SupervisorStep {
  const saved = new Set(event.rows.map(({ fingerprint }) => fingerprint));
  const others = book.filter(({ fingerprint }) => !saved.has(fingerprint));
  return {
    changes: { book: rowsOfMembers([...others, ...event.rows], standing) },
    effects: [{ do: 'bookkeeper', event }],
  };
}

/** Those of members only: as many as a payload lists. */
export function rowsOfMembers(rows: readonly SavedRow[], standing: Standing | null): readonly SavedRow[] {
  const members = standing?.members ?? [];
  return rows.filter(({ fingerprint }) => isListed(members, fingerprint));
}
