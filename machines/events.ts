/**
 * Every event that crosses an actor border, one line of documentation each. `machines/README.md` holds the same
 * list as a table of who sends what to whom; a test compares the two.
 */
import type {
  AbortMessage,
  AbortReason,
  Change,
  HelloMessage,
  Json,
  PeerEntry,
  PeersMessage,
  Refusal,
  RequestActor,
  Role,
  Verdict,
  Version,
  VersionMessage,
} from '../src/protocol/types.ts';

/** What a node is in its grove: the newest payload it has stored, and the part it plays. */
export interface Standing {
  readonly groveId: string;
  readonly leaderFingerprint: string;
  /** 64 hex digits; null when it was never seen. */
  readonly leaderKey: string | null;
  readonly role: Role;
  readonly version: Version;
  /** Signature of the current payload: the cheap way to recognise a second copy. */
  readonly signature: string;
  readonly createdAt: string;
  /** Bytes of the `version` line, to decide between pushing and announcing. */
  readonly lineBytes: number;
  /** Fingerprints of the members, ascending. */
  readonly members: readonly string[];
}

/** What a joining node knows beforehand, and checks the first payload against. */
export interface JoinPin {
  readonly leaderFingerprint: string;
  readonly leaderKey: string | null;
  readonly groveId: string | null;
  readonly acceptRollback: boolean;
}

/** A payload that was refused for good, and until when that is remembered, milliseconds since the epoch. */
export interface RefusedHash {
  readonly hash: string;
  readonly untilMs: number;
}

/** How one `version` message ended. */
export type CandidateOutcome =
  | { readonly kind: 'applied'; readonly version: Version }
  | { readonly kind: 'duplicate' | 'stale'; readonly seq: number }
  /** The other of two payloads under one number; ours is kept. */
  | { readonly kind: 'forked'; readonly version: Version }
  /** Refused before, and said so then. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'parked'; readonly version: Version; readonly why: 'created_in_future' | 'seq_jump' }
  /** Genuine, but it does not make a joining node a member. */
  | { readonly kind: 'unfit'; readonly why: 'not-listed' | 'below-floor'; readonly detail: string }
  | { readonly kind: 'refused'; readonly reason: AbortReason; readonly detail: string };

/** Why a link is over, as the supervisor and the dial loop see it. */
export interface LinkEnd {
  readonly by: 'us' | 'peer' | 'transport';
  readonly code: number | null;
  readonly reason: string;
}

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
/** A peer holds a payload we lack. `urgent`: it will not come unasked. */
export type PeerAnnounced = {
  readonly type: 'peer.announced';
  readonly linkId: string;
  readonly version: Version;
  readonly urgent: boolean;
};
/** A payload came in and wants judging. */
export type Candidate = {
  readonly type: 'candidate';
  readonly linkId: string;
  readonly fingerprint: string;
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
export type PeerToSupervisor = PeerGreeted | PeerCloned | PeerAnnounced | Candidate | PeerHints | PeerClosed;

// Supervisor → peer.
/** A payload passed verification: hand it on, it may not be stored yet. */
export type PayloadVerified = {
  readonly type: 'payload.verified';
  /** The link that brought it, null for our own; it needs no copy. */
  readonly linkId: string | null;
  readonly fingerprint: string;
  readonly version: Version;
  readonly lineBytes: number;
  /** Those it makes no members any more: not to be told in passing. */
  readonly membersRemoved: readonly string[];
};
/** We stored a payload: from now on our hellos may claim it. */
export type StandingChanged = { readonly type: 'standing.changed'; readonly standing: Standing };
/** Tell the peer what we hold, if it was not told yet. */
export type Announce = { readonly type: 'announce' };
/** Ask this peer for what it announced. */
export type Pull = { readonly type: 'pull' };
/** How the payload this link brought was judged. */
export type CandidateJudged = { readonly type: 'candidate.judged'; readonly linkId: string } & {
  readonly outcome: CandidateOutcome;
};
/** Tell the peer the addresses we know. */
export type PeersTell = { readonly type: 'peers.tell'; readonly entries: readonly PeerEntry[] };
/** The other link to this peer is kept: close this one after a moment. */
export type PeerRetire = { readonly type: 'peer.retire'; readonly code: number; readonly reason: string };
/** The peer is no member any more: prove it if it learns nothing new by that, then close. */
export type PeerRevoke = { readonly type: 'peer.revoke'; readonly version: Version };
/** Close the link now. */
export type PeerClose = { readonly type: 'peer.close'; readonly code: number; readonly reason: string };
export type SupervisorToPeer =
  | PayloadVerified
  | StandingChanged
  | Announce
  | Pull
  | CandidateJudged
  | PeersTell
  | PeerRetire
  | PeerRevoke
  | PeerClose;

// Applier → supervisor (CandidateJudged and PayloadVerified too).
/** A payload is stored. `linkId` is null when it came from a waiting list. */
export type PayloadApplied = {
  readonly type: 'payload.applied';
  readonly linkId: string | null;
  readonly fingerprint: string;
  readonly standing: Standing;
  readonly membersAdded: readonly string[];
  readonly membersRemoved: readonly string[];
  readonly paramsChanged: readonly string[];
  readonly revokesUs: boolean;
};
/** The leader signed two payloads under one number. */
export type ForkDetected = {
  readonly type: 'fork.detected';
  readonly seq: number;
  readonly hashes: readonly string[];
  readonly fingerprint: string;
};
/** A payload was refused or set aside, and by which peer it came. */
export type PayloadRejected = {
  readonly type: 'payload.rejected';
  readonly fingerprint: string;
  /** Of the refused payload; empty when it was refused before it was hashed. */
  readonly hash: string;
  readonly reason: AbortReason;
  readonly detail: string;
  /** It is kept, and judged again later. */
  readonly setAside: boolean;
};
/** Writing failed (disk full, …): the old payload is still served. */
export type StoreDegraded = { readonly type: 'store.degraded'; readonly detail: string };
/** Writing works again. */
export type StoreRecovered = { readonly type: 'store.recovered' };
/** What became of a parked payload that the operator takes; null when it is in force. */
export type JumpSettled = {
  readonly type: 'jump.settled';
  readonly requestId: string;
  readonly refusal: Refusal | null;
};
export type ApplierToSupervisor =
  | CandidateJudged
  | PayloadVerified
  | PayloadApplied
  | ForkDetected
  | PayloadRejected
  | StoreDegraded
  | StoreRecovered
  | JumpSettled;

// Supervisor → applier (Candidate, StandingChanged too).
/** The next valid payload of this leader makes us a member. */
export type JoinBegan = { readonly type: 'join.began'; readonly pin: JoinPin };
/** Joining was given up, or the grove was left: hold nothing. To the news too. */
export type StandingLost = { readonly type: 'standing.lost' };
/** The clock was set or the machine slept: look at parked payloads again. */
export type ClockMoved = { readonly type: 'clock.moved' };
/** The operator takes the parked payload of this number, however far ahead it is. */
export type JumpAccept = {
  readonly type: 'jump.accept';
  readonly requestId: string;
  readonly seq: number;
  readonly actor: RequestActor;
};
/** The verified payload was handed on to the links: now store it. */
export type PayloadRelayed = { readonly type: 'payload.relayed' };
export type SupervisorToApplier =
  | Candidate
  | StandingChanged
  | JoinBegan
  | StandingLost
  | ClockMoved
  | JumpAccept
  | PayloadRelayed;

// Supervisor → publisher (StandingChanged too).
/** Change the grove: one publish. */
export type Publish = {
  readonly type: 'publish';
  readonly requestId: string;
  readonly change: Change;
  readonly expectSeq: number | null;
  readonly force: boolean;
  readonly actor: RequestActor;
};
/** Found a grove with ourselves as leader and only member. */
export type Found = {
  readonly type: 'found';
  readonly requestId: string;
  readonly label: string;
  readonly actor: RequestActor;
};
/** A member reported what it holds since this process started. */
export type MemberHeard = {
  readonly type: 'member.heard';
  readonly fingerprint: string;
  /** Of the payload it holds. */
  readonly seq: number;
};
export type SupervisorToPublisher = Publish | Found | MemberHeard | StandingChanged;

// Publisher → supervisor.
/** A payload of ours is signed and stored. */
export type PayloadPublished = {
  readonly type: 'payload.published';
  readonly requestId: string;
  readonly actor: RequestActor;
  readonly standing: Standing;
  readonly membersAdded: readonly string[];
  readonly membersRemoved: readonly string[];
  readonly paramsChanged: readonly string[];
};
/** A change was not published; nothing was numbered or signed. */
export type PublishRefused = {
  readonly type: 'publish.refused';
  readonly requestId: string;
  readonly actor: RequestActor;
  readonly refusal: Refusal;
};
/** A change changes nothing: answered with the current number, not published. */
export type PublishUnchanged = { readonly type: 'publish.unchanged'; readonly requestId: string };
export type PublisherToSupervisor = PayloadPublished | PublishRefused | PublishUnchanged;

// Supervisor ⇄ news.
/** A payload came, was verified or stored: nobody needs to be asked for it. */
export type NewsArrived = { readonly type: 'news.arrived'; readonly version: Version };
/** Our own newest payload is stored: the links that were not sent it are told in a moment. */
export type NewsStored = { readonly type: 'news.stored'; readonly version: Version };
/** A payload was refused or set aside: do not ask for it. */
export type NewsRefused = {
  readonly type: 'news.refused';
  readonly hash: string;
  /** How long that is remembered; null while it is set aside. */
  readonly forMs: number | null;
};
/** A link is gone: ask somebody else. */
export type NewsLinkGone = { readonly type: 'news.link-gone'; readonly linkId: string };
export type SupervisorToNews =
  | PeerAnnounced
  | NewsArrived
  | NewsStored
  | NewsRefused
  | NewsLinkGone
  | StandingLost;
/** Ask this link for what it announced. */
export type NewsPull = { readonly type: 'news.pull'; readonly linkId: string };
/** The moment to announce has come. */
export type NewsAnnounce = { readonly type: 'news.announce' };
export type NewsToSupervisor = NewsPull | NewsAnnounce;

// Endpoint (listener) ⇄ supervisor.
/** An inbound link that passed the trust gate. */
export type LinkAccepted = {
  readonly type: 'link.accepted';
  readonly linkId: string;
  readonly fingerprint: string;
  readonly address: string;
};
/** From now on exactly these may gossip with us. */
export type TrustSet = {
  readonly type: 'trust.set';
  readonly members: readonly string[];
  readonly seq: number;
  /** The node is going down: what to close the others with, be they members or not. */
  readonly farewell?: { readonly code: number; readonly reason: string };
};
/** A link nobody wants now: close it. */
export type LinkReject = {
  readonly type: 'link.reject';
  readonly linkId: string;
  readonly code: number;
  readonly reason: string;
};
/** The machine slept, its network changed, or its clock was set. */
export type WorldChanged = {
  readonly type: 'world.changed';
  readonly what: 'slept' | 'network' | 'clock';
  /** The addresses this node can be dialled at now. */
  readonly ownAddresses: readonly string[];
};

// Departure → supervisor.
/** The membership is gone from the store, its floor is kept. */
export type DepartDone =
  | { readonly type: 'grove.departed' }
  | { readonly type: 'depart.failed'; readonly detail: string };

// Operator surface → supervisor.
/** Join the grove an invite names. */
export type JoinRequest = {
  readonly type: 'join';
  readonly requestId: string;
  readonly actor: RequestActor;
  readonly targets: readonly { readonly address: string; readonly fingerprint: string }[];
  readonly pin: JoinPin;
};
/** Leave the grove and keep its floor. */
export type LeaveRequest = {
  readonly type: 'leave';
  readonly requestId: string;
  readonly actor: RequestActor;
  readonly force: boolean;
};
/** Close every link and stop. */
export type Shutdown = { readonly type: 'shutdown' };
export type OperatorToSupervisor = Found | Publish | JoinRequest | LeaveRequest | JumpAccept | Shutdown;

// Emitted by the supervisor to whoever listens outside the actor system.
/** A request ended. */
export type RequestSettled = {
  readonly type: 'request.settled';
  readonly requestId: string;
  readonly verdict: Verdict<{ readonly [key: string]: Json }, Refusal>;
};
