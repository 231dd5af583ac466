/** What a node tells its peers about where members can be reached: proven addresses only, its own first. */
import { parseAddress } from '../address.ts';
import { addressesPerPeerMax, peersEntriesMax } from '../limits.ts';
import { type Drawn, type RandomState, shuffle } from '../random.ts';
import type { PeerEntry } from '../types.ts';
import type { Book, BookRow } from './book.ts';
import { isTellable } from './judge-hints.ts';

export interface PeersView {
  readonly book: Book;
  readonly linked: Readonly<Record<string, number>>;
  readonly own: { readonly fingerprint: string; readonly addresses: readonly string[] };
  readonly listensOnLoopback: boolean;
  /** Now, as well as we know: RFC 3339 UTC. */
  readonly at: string;
  readonly random: RandomState;
}

// g[impl hint.tell]
/**
 * At most 64 entries of 4 addresses: ourselves, the peers we are linked to, then others at random, so that different
 * nodes tell of different members.
 */
export function choosePeers(view: PeersView): Drawn<readonly PeerEntry[]> {
  const { book, linked, own } = view;
  const known = Object.keys(book);
  const isLinked = (fingerprint: string) => linked[fingerprint] !== undefined;
  const [others, random] = shuffle(
    known.filter((fingerprint) => !isLinked(fingerprint)),
    view.random,
  );
  const entries = ownEntry(view);
  for (const fingerprint of [...known.filter(isLinked), ...others]) {
    if (entries.length === peersEntriesMax) break;
    const row = book[fingerprint];
    if (row === undefined || fingerprint === own.fingerprint) continue;
    const lastSeen = isLinked(fingerprint) ? view.at : (row.lastSeenAt ?? row.lastConnectedAt);
    const addresses = tellable(provenAddresses(row), view.listensOnLoopback);
    if (lastSeen !== null && addresses.length > 0)
      entries.push({ fingerprint, addresses, last_seen: lastSeen });
  }
  return [entries, random];
}

function ownEntry({ own, listensOnLoopback, at }: PeersView): PeerEntry[] {
  const addresses = tellable(own.addresses, listensOnLoopback);
  return addresses.length === 0 ? [] : [{ fingerprint: own.fingerprint, addresses, last_seen: at }];
}

function provenAddresses(row: BookRow): readonly string[] {
  return row.addresses.filter(({ proven }) => proven).map(({ address }) => address);
}

function tellable(addresses: readonly string[], listensOnLoopback: boolean): readonly string[] {
  return addresses
    .filter((text) => {
      const address = parseAddress(text);
      return address !== null && isTellable(address, listensOnLoopback);
    })
    .slice(0, addressesPerPeerMax);
}
