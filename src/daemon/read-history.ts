/** What was published, newest first, and what each number changed. Read in pieces: the node does other work in between. */
import type { HistoryEntry } from '../operator/index.ts';
import type { Clock, GroveStore, StoredVersion } from '../ports/index.ts';
import { diffPayloads, listChanges, payloadView } from '../protocol/index.ts';

const limitDefault = 20;
const limitMax = 200;
/** Reading goes on in the next turn of the event loop after this. One payload of full size takes some of it. */
const turnMsMax = 8;

export interface HistoryWanted {
  readonly limit?: number;
  /** Exclusive. */
  readonly beforeSeq?: number;
}

// i[impl grove.history] i[impl grove.history-pieces]
export async function readHistory(
  { store, clock }: { readonly store: GroveStore; readonly clock: Clock },
  { limit = limitDefault, beforeSeq }: HistoryWanted,
): Promise<readonly HistoryEntry[]> {
  const most = Math.min(limit, limitMax);
  const entries: Omit<HistoryEntry, 'actor'>[] = [];
  let version = versionBefore(store, beforeSeq);
  let turnBeganMs = clock.monotonicMs();
  while (version !== null && entries.length < most) {
    // Each is compared with the one before it, which is the next to be listed.
    const previous = versionBefore(store, version.version.seq);
    entries.push(entryOf(version, previous));
    version = previous;
    if (clock.monotonicMs() - turnBeganMs < turnMsMax) continue;
    await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), 0));
    turnBeganMs = clock.monotonicMs();
  }
  // One look at the events for all of them: each goes through the whole log.
  const publishers = store.publishers(entries.at(-1)?.seq ?? 0, entries[0]?.seq ?? 0);
  return entries.map((entry) => ({ ...entry, actor: publishers.get(entry.seq) ?? null }));
}

function versionBefore(store: GroveStore, beforeSeq: number | undefined): StoredVersion | null {
  const [version] = store.history(beforeSeq === undefined ? { limit: 1 } : { limit: 1, beforeSeq });
  return version ?? null;
}

function entryOf(stored: StoredVersion, before: StoredVersion | null): Omit<HistoryEntry, 'actor'> {
  const payload = payloadView(stored.signed.payload);
  const previous = before === null ? null : payloadView(before.signed.payload);
  // With the number before not kept, the differences are not known: only the first number starts from nothing.
  const known = previous !== null || stored.version.seq === 1;
  return {
    seq: stored.version.seq,
    created_at: payload.created_at,
    received_at: stored.receivedAt,
    changes: known ? listChanges(diffPayloads(previous, payload)) : [],
  };
}
