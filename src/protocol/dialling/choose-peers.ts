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
  return [entriesOf(view, [own.fingerprint, ...known.filter(isLinked), ...others]), random];
}

/** What can be told of these, in their order, and no more of it than goes into one message. */
export function entriesOf(view: PeersView, fingerprints: readonly string[]): readonly PeerEntry[] {
  const entries: PeerEntry[] = [];
  for (const fingerprint of fingerprints) {
    if (entries.length === peersEntriesMax) break;
    const entry = entryOf(view, fingerprint);
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function entryOf({ book, linked, own, listensOnLoopback, at }: PeersView, fingerprint: string) {
  const isOurs = fingerprint === own.fingerprint;
  const row = book[fingerprint];
  const isHere = isOurs || linked[fingerprint] !== undefined;
  const lastSeen = isHere ? at : (row?.lastSeenAt ?? row?.lastConnectedAt ?? null);
  const addresses = tellable(isOurs ? own.addresses : provenAddresses(row), listensOnLoopback);
  return lastSeen === null || addresses.length === 0 ? null : { fingerprint, addresses, last_seen: lastSeen };
}

function provenAddresses(row: BookRow | undefined): readonly string[] {
  return row?.addresses.flatMap(({ address, proven }) => (proven ? [address] : [])) ?? [];
}

function tellable(addresses: readonly string[], listensOnLoopback: boolean): readonly string[] {
  return addresses
    .filter((text) => {
      const address = parseAddress(text);
      return address !== null && isTellable(address, listensOnLoopback);
    })
    .slice(0, addressesPerPeerMax);
}
