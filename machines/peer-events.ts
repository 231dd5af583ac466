/** The words between a link's actors and the supervisor: the wire, the peer actor, and whoever holds it. */
import type {
  AbortMessage,
  AbortReason,
  HelloMessage,
  PeerEntry,
  PeersMessage,
  PushMode,
  Version,
  VersionMessage,
} from '../src/protocol/types.ts';
import type { CandidateOutcome, LinkEnd, Standing } from './events.ts';

// Wire → peer. The words of the protocol are events as they are.
/** A peer's greeting, or its announcement of what it holds now. */
export type HelloEvent = HelloMessage & { /** When it came, RFC 3339 UTC. */ readonly at: string };
/** A payload the peer sent, not yet verified. */
export type VersionEvent = VersionMessage;
/** Addresses the peer knows: hints. */
export type PeersEvent = PeersMessage;
/** The peer refuses us or what we sent, and says why. */
export type AbortEvent = AbortMessage;
/** A line the protocol does not allow; the wire is closing. */
export type WireMalformed = { readonly type: 'wire.malformed'; readonly detail: string };
/** The link is over. */
export type WireClosed = { readonly type: 'wire.closed' /** RFC 3339 UTC. */; readonly at: string } & LinkEnd;
export type WireToPeer = HelloEvent | VersionEvent | PeersEvent | AbortEvent | WireMalformed | WireClosed;

// Peer → wire. A payload is named by its hash: the wire sends the line that was made once for it.
/** Send the line of this payload. */
export type SendVersion = { readonly type: 'version' } & Version;
/** Finish what is queued, then close. */
export type WireClose = { readonly type: 'wire.close'; readonly code: number; readonly reason: string };
export type PeerToWire = HelloMessage | SendVersion | PeersMessage | AbortMessage | WireClose;

// Peer → supervisor.
/** Both greetings are done and nothing stands against the link. */
export type PeerGreeted = {
  readonly type: 'peer.greeted';
  readonly linkId: string;
  readonly fingerprint: string;
  readonly boot: string;
  readonly version: Version;
  /** RFC 3339 UTC. */
  readonly at: string;
};
/** Whoever is there proved our own key, and is another process. */
export type PeerCloned = {
  readonly type: 'peer.cloned';
  readonly linkId: string;
  readonly fingerprint: string;
  /** RFC 3339 UTC. */
  readonly at: string;
};
/** How the peer gets its news over this link from now on. */
export type PeerWants = {
  readonly type: 'peer.wants';
  readonly linkId: string;
  /** What it wants. */
  readonly push: PushMode;
  /** A long payload goes over it without having been announced. */
  readonly branch: boolean;
};
/**
 * How a payload that a peer claims is expected to get here: over the same link, which carries payloads, right after the
 * greeting that claimed it; over another, as this one carries announcements only; over either, as another brings payloads and
 * this one carries a long one when it is asked for; or only when it is asked for.
 */
export type Coming = 'over-this-link' | 'over-another' | 'over-either' | 'when-asked';
/** A peer holds a payload we lack. */
export type PeerAnnounced = {
  readonly type: 'peer.announced';
  readonly linkId: string;
  readonly version: Version;
  readonly comes: Coming;
};
/** A payload came in and wants judging. */
export type Candidate = {
  readonly type: 'candidate';
  readonly linkId: string;
  readonly fingerprint: string;
  /** The process that brought it, by the boot number of its hello. */
  readonly boot: string | null;
  readonly message: VersionMessage;
};
/** Addresses heard from a peer. */
export type PeerHints = {
  readonly type: 'peer.hints';
  readonly fingerprint: string;
  readonly entries: readonly PeerEntry[];
};
/** The link is over and its actor is done. */
export type PeerClosed = {
  readonly type: 'peer.closed';
  readonly linkId: string;
  readonly fingerprint: string;
  readonly greeted: boolean;
  readonly aborted: AbortReason | null;
  /** RFC 3339 UTC; null when the wire never said that it is over. */
  readonly at: string | null;
} & LinkEnd;
export type PeerToSupervisor =
  | PeerGreeted
  | PeerWants
  | PeerCloned
  | PeerAnnounced
  | Candidate
  | PeerHints
  | PeerClosed;

// Supervisor → peer.
/** A payload passed verification: hand it on, it may not be stored yet. */
export type PayloadVerified = {
  readonly type: 'payload.verified';
  /** The link that brought it, null for our own and for what was set aside. */
  readonly linkId: string | null;
  readonly fingerprint: string;
  /** The process that brought it and needs no copy. Null for our own and for what was set aside. */
  readonly boot: string | null;
  readonly version: Version;
  readonly lineBytes: number;
  /** Those it makes no members any more: not to be told in passing. */
  readonly membersRemoved: readonly string[];
};
/** We stored this: from now on our hellos claim it, and the peer is told, if it does not know. */
export type Announce = { readonly type: 'announce'; readonly standing: Standing };
/** Ask this peer for what it announced. */
export type Pull = { readonly type: 'pull' };
/** How we want our news over this link from now on; the next hello says so. */
export type Want = { readonly type: 'want'; readonly push: PushMode };
/** How the payload this link brought was judged. */
export type CandidateJudged = { readonly type: 'candidate.judged'; readonly linkId: string } & {
  readonly outcome: CandidateOutcome;
};
/** Tell the peer the addresses we know. */
export type PeersTell = { readonly type: 'peers.tell'; readonly entries: readonly PeerEntry[] };
/** The other link to this peer is kept: close this one after a moment. */
export type PeerRetire = {
  readonly type: 'peer.retire';
  readonly code: number;
  readonly reason: string;
  /** That link leads to the same process, so nothing is lost when payloads come over it alone. */
  readonly replaced: boolean;
};
/** The peer is no member any more: prove it if it learns nothing new by that, then close. */
export type PeerRevoke = { readonly type: 'peer.revoke'; readonly version: Version };
/** Close the link now. */
export type PeerClose = { readonly type: 'peer.close'; readonly code: number; readonly reason: string };
export type SupervisorToPeer =
  | PayloadVerified
  | Announce
  | Pull
  | Want
  | CandidateJudged
  | PeersTell
  | PeerRetire
  | PeerRevoke
  | PeerClose;
