/** The events that cross the borders of the dial loop and of a dial attempt, one line of documentation each. */

import type { SavedRow } from '../src/protocol/dialling/book.ts';
import type { DialTarget } from '../src/protocol/dialling/plan-round.ts';
import type { PeerEntry } from '../src/protocol/types.ts';

/** How the dial of one address failed. */
export interface AddressFailure {
  readonly address: string;
  /** As the transport names it: `unreachable`, `timeout`, `wrong_fingerprint`, … */
  readonly kind: string;
  /** The application close code the peer gave, when it gave one. */
  readonly code: number | null;
  /** Printable; says what an operator can do. */
  readonly detail: string;
}

// Supervisor → dial loop.
/** Whom the newest payload lists. `rows`: what is already known about reaching newcomers. */
export type MembershipChanged = {
  readonly type: 'membership.changed';
  readonly members: readonly string[];
  readonly rows?: readonly SavedRow[];
};
/** A peer accepted a link: its first message is here. One for each link. */
export type LinkUp = {
  readonly type: 'link.up';
  readonly fingerprint: string;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  /** RFC 3339 UTC. */
  readonly at: string;
};
/** A link is over: one for each link that was up, and for a dialled one that never came up. `error`: not an orderly end. */
export type LinkDown = {
  readonly type: 'link.down';
  readonly fingerprint: string;
  readonly error: boolean;
  readonly reason: string;
  /** False when it never was up; otherwise it may be left out. */
  readonly greeted?: boolean;
  /** RFC 3339 UTC. */
  readonly at?: string;
};
/** Addresses heard from a peer. */
export type HintsHeard = {
  readonly type: 'hints';
  readonly from: string;
  readonly entries: readonly PeerEntry[];
};
/** The addresses this node can be dialled at changed. */
export type AddressesChanged = {
  readonly type: 'addresses.changed';
  readonly ownAddresses: readonly string[];
  readonly listensOnLoopback: boolean;
};
/** The machine slept, or its network changed: what failed before may work now. */
export type Wake = { readonly type: 'wake' };
/** Dial this peer now, or have a round now. */
export type DialNow = { readonly type: 'dial.now'; readonly fingerprint?: string };
/** Peers say that we are no member any more; dial rarely until it turns out. */
export type RevocationSuspected = { readonly type: 'revocation.suspected'; readonly on: boolean };
/** Have a round, as if its time had come. */
export type RoundDue = { readonly type: 'round.due' };
/** Save what is unsaved now: the node stops. */
export type BookFlush = { readonly type: 'book.flush' };
export type SupervisorToDialLoop =
  | MembershipChanged
  | LinkUp
  | LinkDown
  | HintsHeard
  | AddressesChanged
  | Wake
  | DialNow
  | RevocationSuspected
  | RoundDue
  | BookFlush;

// Dial loop → supervisor.
/** A dial completed the handshake. Answered with `link.up` once the peer accepts, and with one `link.down` in any case. */
export type LinkDialled = {
  readonly type: 'link.dialled';
  readonly linkId: string;
  readonly fingerprint: string;
  readonly address: string;
};
/** No address of this peer gave a link; it is tried again later. */
export type DialFailed = {
  readonly type: 'dial.failed';
  readonly fingerprint: string;
  readonly attempts: readonly AddressFailure[];
};
/** Close the links to this peer in an orderly way: there are enough others. */
export type LinkRetire = { readonly type: 'link.retire'; readonly fingerprint: string };
/** Rows of the address book that changed. */
export type BookSave = { readonly type: 'book.save'; readonly rows: readonly SavedRow[] };
/** What to tell about reaching members: a peer that is linked from now on, and those that are linked already. */
export type PeersChanged = {
  readonly type: 'peers.changed';
  readonly entries: readonly PeerEntry[];
  readonly news: readonly PeerEntry[];
};
export type DialLoopToSupervisor = LinkDialled | DialFailed | LinkRetire | BookSave | PeersChanged;

// Address → attempt.
/** The handshake is done and showed the right fingerprint. The link belongs to whoever takes the attempt's output. */
export type AddressConnected = {
  readonly type: 'address.connected';
  readonly linkId: string;
  readonly address: string;
};
/** This address gave no link. */
export type AddressFailed = { readonly type: 'address.failed' } & AddressFailure;
export type AddressToAttempt = AddressConnected | AddressFailed;

/** What the actor behind one address is given. When it is stopped it cancels its dial. */
export interface DialAddressInput extends DialTarget {
  /** Id of the attempt it belongs to. */
  readonly attempt: string;
}
