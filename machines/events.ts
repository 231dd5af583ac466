/**
 * Every event that crosses an actor border, one line of documentation each. `machines/README.md` holds the same
 * list as a table of who sends what to whom; a test compares the two.
 */
import type {
  AbortReason,
  Change,
  Json,
  Refusal,
  RequestActor,
  Role,
  Verdict,
  Version,
} from '../src/protocol/types.ts';
import type { EndedMapping } from './app-events.ts';
import type { Candidate, CandidateJudged, PayloadVerified, PeerAnnounced } from './peer-events.ts';

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

/** How one `version` message ended that was not applied: what is in force the links hear of as such. */
export type CandidateOutcome =
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

// Supervisor → applier (Candidate too).
/** A payload that did not come through this actor is in force. */
export type StandingChanged = { readonly type: 'standing.changed'; readonly standing: Standing };
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
/** This link announced a payload before another one brought it. */
export type NewsNearer = { readonly type: 'news.nearer'; readonly linkId: string };
export type NewsToSupervisor = NewsPull | NewsAnnounce | NewsNearer;

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
/** The membership is gone from the store, its floor is kept; `unmapped` are the mappings that went with it. */
export type DepartDone =
  | { readonly type: 'grove.departed'; readonly unmapped: readonly EndedMapping[] }
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
