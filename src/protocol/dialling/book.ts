/**
 * The address book: what a node knows about reaching each member. Rows are plain JSON and never changed in place. The
 * addresses of a row stand in the order they are dialled in: configured, then proven ones (the latest proof first),
 * then hints (the newest first).
 */
import { normaliseAddress, normaliseAddresses } from '../address.ts';
import {
  configuredPerPeerMax,
  hintsPerPeerFromOneMax,
  hintsPerPeerMax,
  verifiedPerPeerMax,
} from './dial-limits.ts';

export type AddressSource = 'configured' | 'verified' | 'hint';

export interface KnownAddress {
  /** Canonical text, `ip:port` or `[ip]:port`. */
  readonly address: string;
  readonly source: AddressSource;
  /** True once a handshake there showed the right fingerprint. */
  readonly proven: boolean;
  /** Who told us a hint; null when unknown, and for every other source. */
  readonly from: string | null;
}

/**
 * `dialling`: an attempt is under way. `settling`: it connected, and the peer has not accepted the link yet.
 * `resting`: it failed, and the peer is left alone for a while.
 */
export type DialPhase = 'idle' | 'dialling' | 'settling' | 'resting';

export interface BookRow {
  readonly addresses: readonly KnownAddress[];
  /** When a link was last accepted, RFC 3339 UTC. */
  readonly lastConnectedAt: string | null;
  /** When the peer was last known to be there, RFC 3339 UTC. */
  readonly lastSeenAt: string | null;
  readonly phase: DialPhase;
  /** Dials in a row that gave no link. */
  readonly failures: number;
  /** Links in a row that have not lasted until a round; the one that is up counts too. */
  readonly unsteady: number;
  /** Printable; what an operator should know about why there is no link. */
  readonly lastError: string | null;
  /** The dial under way is to replace another link. */
  readonly trading: boolean;
}

/** By fingerprint; only members we know something about. */
export type Book = Readonly<Record<string, BookRow>>;

/** How a row is kept on disk. */
export interface SavedRow {
  readonly fingerprint: string;
  readonly addresses: readonly { readonly address: string; readonly source: AddressSource }[];
  readonly lastConnectedAt: string | null;
  readonly lastSeenAt: string | null;
}

export const emptyRow: BookRow = {
  addresses: [],
  lastConnectedAt: null,
  lastSeenAt: null,
  phase: 'idle',
  failures: 0,
  unsteady: 0,
  lastError: null,
  trading: false,
};

/** Rows from disk or configuration, those of members only. Addresses that are none are left out. */
export function bookFromRows(rows: readonly SavedRow[], isMember: (fingerprint: string) => boolean): Book {
  const book: Record<string, BookRow> = {};
  for (const row of rows) {
    if (!isMember(row.fingerprint)) continue;
    const known = row.addresses.flatMap(({ address, source }): KnownAddress[] => {
      const canonical = normaliseAddress(address);
      return canonical === null
        ? []
        : [{ address: canonical, source, proven: source === 'verified', from: null }];
    });
    const { lastConnectedAt, lastSeenAt } = row;
    book[row.fingerprint] = { ...emptyRow, addresses: arrange(known), lastConnectedAt, lastSeenAt };
  }
  return book;
}

export function savedRow(fingerprint: string, row: BookRow): SavedRow {
  return {
    fingerprint,
    addresses: row.addresses.map(({ address, source }) => ({ address, source })),
    lastConnectedAt: row.lastConnectedAt,
    lastSeenAt: row.lastSeenAt,
  };
}

export function changeRow(book: Book, fingerprint: string, changes: Partial<BookRow>): Book {
  return { ...book, [fingerprint]: { ...(book[fingerprint] ?? emptyRow), ...changes } };
}

// g[impl hint.proven]
/** A handshake at `address` showed the right fingerprint: it goes to the front of the proven ones. */
export function proveAddress(known: readonly KnownAddress[], address: string): readonly KnownAddress[] {
  const canonical = normaliseAddress(address);
  if (canonical === null) return known;
  const earlier = known.find((candidate) => candidate.address === canonical);
  const source = earlier?.source === 'configured' ? 'configured' : 'verified';
  const others = known.filter((candidate) => candidate !== earlier);
  return arrange([{ address: canonical, source, proven: true, from: null }, ...others]);
}

// g[impl hint.sources]
/**
 * Takes hints in: the peer's own word about itself replaces what others said; anybody else may hold two of its four
 * places. Known addresses stay what they are.
 */
export function addHints(
  known: readonly KnownAddress[],
  hints: { readonly addresses: readonly string[]; readonly from: string; readonly isThePeer: boolean },
): readonly KnownAddress[] {
  const { from, isThePeer } = hints;
  let result = known;
  // The last one added stands first: backwards keeps the sender's order.
  for (const address of hints.addresses.toReversed()) {
    if (result.some((candidate) => candidate.address === address)) continue;
    const fromThem = result.filter((candidate) => candidate.source === 'hint' && candidate.from === from);
    const surplus = isThePeer || fromThem.length < hintsPerPeerFromOneMax ? undefined : fromThem.at(-1);
    const kept = result.filter((candidate) => candidate !== surplus);
    result = arrange([{ address, source: 'hint', proven: false, from }, ...kept]);
  }
  return result;
}

// g[impl dial.wrong-address]
/** Forgets addresses at which somebody else answered; what the operator configured stays. */
export function forgetAddresses(
  known: readonly KnownAddress[],
  wrong: readonly string[],
): readonly KnownAddress[] {
  return known.filter(({ address, source }) => source === 'configured' || !wrong.includes(address));
}

// g[impl dial.merge]
/** Takes in addresses from configuration or an invite. A proven one stays what it is: on disk that is worth more. */
export function addConfigured(
  known: readonly KnownAddress[],
  addresses: readonly string[],
): readonly KnownAddress[] {
  const proven = new Set(known.flatMap((candidate) => (candidate.proven ? [candidate.address] : [])));
  const added = normaliseAddresses(addresses)
    .filter((address) => !proven.has(address))
    .map((address): KnownAddress => ({ address, source: 'configured', proven: false, from: null }));
  // Those that stood there before come first, and hints there is no room for as configured ones stay hints.
  return arrange([...known.filter(({ source }) => source !== 'hint'), ...added, ...known]);
}

// g[impl dial.bounds] g[impl hint.separate]
/** Puts addresses in dialling order, each once, every kind within its own bound: none pushes another kind out. */
function arrange(known: readonly KnownAddress[]): readonly KnownAddress[] {
  const seen = new Set<string>();
  const result: KnownAddress[] = [];
  const take = (source: AddressSource, max: number) => {
    const start = result.length;
    for (const candidate of known) {
      if (result.length - start === max) return;
      if (candidate.source !== source || seen.has(candidate.address)) continue;
      seen.add(candidate.address);
      result.push(candidate);
    }
  };
  take('configured', configuredPerPeerMax);
  take('verified', verifiedPerPeerMax);
  take('hint', hintsPerPeerMax);
  return result;
}
