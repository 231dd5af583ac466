/** What the supervisor is told, knows and says, and how a step of it looks. The context is plain JSON. */
import type { DoneActorEvent, ErrorActorEvent } from 'xstate';
import type { SavedRow } from '../src/protocol/dialling/book.ts';
import type { Json, PeerEntry, PushMode, Refusal, RequestActor, Verdict } from '../src/protocol/types.ts';
import type { ActuatorToSupervisor, AppRequest, SupervisorToActuator } from './app-events.ts';
import type { DialAttemptInput, DialAttemptOutput } from './dial-attempt-machine.ts';
import type { BookSave, DialLoopToSupervisor, SupervisorToDialLoop } from './dial-events.ts';
import type {
  ApplierToSupervisor,
  DepartDone,
  JoinPin,
  LinkAccepted,
  LinkReject,
  NewsToSupervisor,
  OperatorToSupervisor,
  PublisherToSupervisor,
  RefusedHash,
  RequestSettled,
  Standing,
  SupervisorToApplier,
  SupervisorToNews,
  SupervisorToPublisher,
  TrustSet,
  WorldChanged,
} from './events.ts';
import type { GroveEvent } from './grove-events.ts';
import type { PeerInput } from './peer-context.ts';
import type { PayloadVerified, PeerToSupervisor, SupervisorToPeer } from './peer-events.ts';

export interface SupervisorInput {
  readonly ownFingerprint: string;
  /** The process's boot number, decimal digits below 2^53. */
  readonly boot: string;
  /** What the store holds; null outside a grove. */
  readonly standing: Standing | null;
  readonly revoked: boolean;
  /** The address book as it was saved. */
  readonly book: readonly SavedRow[];
  /** Payloads refused for good and still remembered. */
  readonly refused: readonly RefusedHash[];
  readonly ownAddresses: readonly string[];
  readonly listensOnLoopback: boolean;
  /** For the dial loop's generator. */
  readonly seed: string;
  /** Now, RFC 3339 UTC. */
  readonly at: string;
  /** The first draft's rule: payloads older than five minutes are refused. Off unless an operator wants it. */
  readonly strictTimestampWindow: boolean;
  /** Payloads whose line has more bytes are announced before they are sent. */
  readonly announceFirstBytes?: number;
}

export interface LinkRecord {
  readonly linkId: string;
  readonly fingerprint: string;
  readonly direction: 'inbound' | 'outbound';
  readonly address: string;
  /** Ascends in the order links came up. */
  readonly order: number;
  /** The peer's boot number, once it said hello. */
  readonly boot: string | null;
  /** When it said hello, RFC 3339 UTC. */
  readonly greetedAt: string | null;
  /** How we wanted our news over it at first. */
  readonly wanted: PushMode;
  /** How the peer wants its news over it. */
  readonly push: PushMode;
  /** Long payloads go over it without having been announced. */
  readonly branch: boolean;
  /** The surplus one of two to its peer: what is under way still arrives, then it goes. */
  readonly retiring: boolean;
}

/** A join under way, and why the addresses tried so far gave nothing. */
export interface JoinInProgress {
  readonly requestId: string;
  readonly actor: RequestActor;
  readonly pin: JoinPin;
  readonly targets: readonly { readonly address: string; readonly fingerprint: string }[];
  readonly failures: readonly JoinFailure[];
  /** Attempts made, to tell their actors apart. */
  readonly attempts: number;
  /** Waits for a member to hear of the invitation. */
  readonly retries: number;
  /** The link an attempt gave, while it is up. Links of a grove just left may still be closing. */
  readonly linkId: string | null;
}

export interface JoinFailure {
  readonly address: string;
  /** A dial failure's kind, an abort reason, a close code's name, or why the payload does not fit. */
  readonly kind: string;
  readonly detail: string;
}

export interface Departure {
  readonly requestId: string;
  readonly actor: RequestActor;
  /** A payload was verified meanwhile and not handed on: the applier waits for that in vain. */
  readonly missed: boolean;
}

export interface SupervisorContext {
  readonly input: SupervisorInput;
  readonly standing: Standing | null;
  readonly revoked: boolean;
  readonly links: { readonly [linkId: string]: LinkRecord };
  readonly linksMade: number;
  /**
   * The link over which the next payload is expected: the newest came over it, or was announced over it sooner. Null when that
   * link is gone, or when the newest came over none that is up.
   */
  readonly source: string | null;
  /** The links that were told of the payload in force as soon as it was stored; the others wait for the round. */
  readonly told: readonly string[];
  /** The newest payload, verified and maybe stored, until the round of announcements tells of it. */
  readonly unannounced: PayloadVerified | null;
  /** The last boot numbers of each fingerprint, oldest first. */
  readonly boots: { readonly [fingerprint: string]: readonly string[] };
  /** Fingerprints that two processes use, and when they last met, RFC 3339 UTC. */
  readonly conflicts: { readonly [fingerprint: string]: string };
  /** Fingerprints that closed a link saying that we are no member any more. */
  readonly revocationVoices: readonly string[];
  /** What the dial loop last saved of each member. */
  readonly book: readonly SavedRow[];
  /** What peers are told about addresses. */
  readonly peerEntries: readonly PeerEntry[];
  readonly join: JoinInProgress | null;
  /** The request that a departure answers. */
  readonly leaving: Departure | null;
  /** Whether there is a publisher. */
  readonly publishes: boolean;
  /** Changes handed to the publisher and not answered. */
  readonly publishing: readonly string[];
  /** The request to take a parked payload that the applier has not answered. */
  readonly accepting: string | null;
  /** Requests about apps handed to the actuator and not answered. */
  readonly appRequests: readonly string[];
  /** Why nothing can be written; null while all is well. */
  readonly degraded: string | null;
  /** Child failures within the window. */
  readonly restarts: number;
  /** The peers of links that failed within the window, once for each failure. */
  readonly linkFailures: readonly string[];
  readonly failure: string | null;
}

type JoinDone = DoneActorEvent<DialAttemptOutput, `join.${number}`>;
type ChildBroke = ErrorActorEvent<unknown, string>;

export type SupervisorEvent =
  | PeerToSupervisor
  | ApplierToSupervisor
  | PublisherToSupervisor
  | NewsToSupervisor
  | ActuatorToSupervisor
  | AppRequest
  | DialLoopToSupervisor
  | LinkAccepted
  | WorldChanged
  | OperatorToSupervisor
  | DepartDone
  | JoinDone
  | ChildBroke
  | { readonly type: 'restart.forgiven' }
  | { readonly type: 'link.forgiven'; readonly fingerprint: string }
  | { readonly type: 'book.flushed' };

/** The node cannot go on: too many of its actors failed. */
export type NodeFailed = { readonly type: 'node.failed'; readonly detail: string };
export type SupervisorEmitted = GroveEvent | RequestSettled | NodeFailed;

export type ServiceName =
  | 'endpoint'
  | 'applier'
  | 'news'
  | 'dialLoop'
  | 'bookkeeper'
  | 'publisher'
  | 'paramActuator';

export type SupervisorEffect =
  | { readonly do: 'applier'; readonly event: SupervisorToApplier }
  | { readonly do: 'news'; readonly event: SupervisorToNews }
  | { readonly do: 'dialLoop'; readonly event: SupervisorToDialLoop }
  | { readonly do: 'publisher'; readonly event: SupervisorToPublisher }
  | { readonly do: 'paramActuator'; readonly event: SupervisorToActuator }
  | { readonly do: 'endpoint'; readonly event: TrustSet | LinkReject }
  | { readonly do: 'bookkeeper'; readonly event: BookSave }
  | { readonly do: 'peer'; readonly linkId: string; readonly event: SupervisorToPeer }
  | { readonly do: 'spawn-peer'; readonly input: PeerInput }
  | { readonly do: 'spawn-join'; readonly input: DialAttemptInput }
  | { readonly do: 'spawn-service'; readonly name: ServiceName }
  | { readonly do: 'stop'; readonly id: string }
  /** A failure of a child, or of a link to the given peer. */
  | { readonly do: 'forgive-later'; readonly fingerprint?: string }
  | { readonly do: 'emit'; readonly event: SupervisorEmitted };

export interface SupervisorStep {
  readonly changes: Partial<SupervisorContext>;
  readonly effects: readonly SupervisorEffect[];
}

export const nothing: SupervisorStep = { changes: {}, effects: [] };

export function initialContext(input: SupervisorInput): SupervisorContext {
  return {
    input,
    standing: input.standing,
    revoked: input.revoked,
    links: {},
    linksMade: 0,
    source: null,
    told: [],
    unannounced: null,
    boots: {},
    conflicts: {},
    revocationVoices: [],
    book: input.book,
    peerEntries: [],
    join: null,
    leaving: null,
    publishes: false,
    publishing: [],
    accepting: null,
    appRequests: [],
    degraded: null,
    restarts: 0,
    linkFailures: [],
    failure: null,
  };
}

/** Answers a request. */
export function settle(
  requestId: string,
  verdict: Verdict<{ readonly [key: string]: Json }, Refusal>,
): SupervisorEffect {
  return { do: 'emit', event: { type: 'request.settled', requestId, verdict } };
}

/** The same event for every link, but for those left out. */
export function toLinks(
  context: SupervisorContext,
  event: SupervisorToPeer,
  except: readonly string[] = [],
): SupervisorEffect[] {
  return Object.keys(context.links)
    .filter((linkId) => !except.includes(linkId))
    .map((linkId) => ({ do: 'peer', linkId, event }));
}
