/** Which of the addresses a peer tells are worth keeping. Hints are guesses: they say nothing about membership. */
import { type Address, formatAddress, parseAddress } from '../address.ts';
import { addressesPerPeerMax, peersEntriesMax } from '../limits.ts';
import { isListed } from '../member-list.ts';
import type { PeerEntry } from '../types.ts';
import type { Book } from './book.ts';

export interface HintCircumstances {
  readonly own: string;
  /** Ascending. */
  readonly members: readonly string[];
  /** Canonical text. */
  readonly ownAddresses: readonly string[];
  readonly listensOnLoopback: boolean;
  /** What is known already is no news, and most of what peers tell is. */
  readonly book: Book;
  /** Addresses this sender may still have looked at before the next round. */
  readonly addressesLeft: number;
}

export interface JudgedHints {
  /** Canonical addresses that are news, each once. */
  readonly accepted: readonly { readonly fingerprint: string; readonly addresses: readonly string[] }[];
  /** Entries and addresses left out. */
  readonly refused: number;
  /** Addresses that were looked at. */
  readonly looked: number;
}

// g[impl hint.members] g[impl hint.addresses] g[impl hint.flood]
export function judgeHints(entries: readonly PeerEntry[], circumstances: HintCircumstances): JudgedHints {
  const { own, members, book, addressesLeft } = circumstances;
  const accepted = new Map<string, string[]>();
  let looked = 0;
  let refused = Math.max(0, entries.length - peersEntriesMax);
  for (const entry of entries.slice(0, peersEntriesMax)) {
    // Rows are of members only: the list is searched for the others.
    const row = Object.hasOwn(book, entry.fingerprint) ? book[entry.fingerprint] : undefined;
    if (row === undefined && (entry.fingerprint === own || !isListed(members, entry.fingerprint))) {
      refused += 1;
      continue;
    }
    const considered = entry.addresses.slice(0, Math.min(addressesPerPeerMax, addressesLeft - looked));
    const fresh = considered.filter((text) => !row?.addresses.some(({ address }) => address === text));
    looked += considered.length;
    refused += entry.addresses.length - considered.length;
    if (fresh.length === 0) continue;
    const usable = fresh.flatMap((text) => usableHint(text, circumstances) ?? []);
    refused += fresh.length - usable.length;
    if (usable.length === 0) continue;
    const earlier = accepted.get(entry.fingerprint) ?? [];
    accepted.set(entry.fingerprint, [...new Set([...earlier, ...usable])]);
  }
  return {
    accepted: [...accepted].map(([fingerprint, addresses]) => ({ fingerprint, addresses })),
    refused,
    looked,
  };
}

// g[impl hint.addresses]
/** Whether one node may tell another this address: loopback only makes sense within one machine. */
export function isTellable(address: Address, listensOnLoopback: boolean): boolean {
  return address.kind === 'unicast' || (address.kind === 'loopback' && listensOnLoopback);
}

/** The canonical text of a hint that could be dialled, or null. */
function usableHint(text: string, circumstances: HintCircumstances): string | null {
  const address = parseAddress(text);
  if (address === null || !isTellable(address, circumstances.listensOnLoopback)) return null;
  const canonical = formatAddress(address);
  return circumstances.ownAddresses.includes(canonical) ? null : canonical;
}
