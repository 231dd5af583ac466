/**
 * What the page and its server say to each other. Types and constants only, nothing of Node: the page is built from
 * this very file. A change here is a change for both; `contractVersion` tells an old page in a browser from a new node.
 *
 *     GET    /?token=TOKEN   303 to /, with the session cookie         (what `seedling-ctl inspect` prints)
 *     POST   /session        {token} → 204, with the session cookie
 *     DELETE /session        204: the cookie is taken back
 *     GET    /, /assets/…    the page; 401 with a page that says what to do when there is no session
 *     GET    /api/about      About
 *     POST   /api/request    OperatorRequest → OperatorAnswer          (content type application/json)
 *     WS     /api/feed       FeedRequest → FeedFrame
 *     GET    /api/trace      a simulation's trace, where About.mode is `trace`; 404 elsewhere
 *     WS     /inspect        the messages of @statelyai/inspect, for tools of others
 *     GET    /metrics /healthz /readyz
 *
 * Everything but the last line needs a session. Without one the answer is 401, `{"error":{code:"unauthorized",…}}`; a foreign
 * Host or Origin gets 403, a body over 1 MiB 413. HTTP errors below /api have the shape of an operator's error.
 */
import type { Json, RequestActor } from '../protocol/types.ts';

export type {
  GroveState,
  GroveStatus,
  HistoryChange,
  HistoryEntry,
  PeerStatus,
  Problem,
  ProblemCode,
} from '../operator/control.ts';
export type { Json, RequestActor };

export const contractVersion = 1;

/** GET /api/about. */
export interface About {
  readonly contract: number;
  /** `node`: a running node. `trace`: no node; a simulation's trace is shown, and there is no feed and no request. */
  readonly mode: 'node' | 'trace';
  /** Only methods that read are answered; the others are refused with `unauthorized`. */
  readonly read_only: boolean;
  readonly version: string;
  readonly hostname: string;
  /** This node's own. Empty in mode `trace`. */
  readonly fingerprint: string;
  /** Every method of the operator interface that this page may call now. */
  readonly methods: readonly string[];
  /** Whom changes made here are recorded as. */
  readonly actor: RequestActor;
  /** The server's clock, milliseconds since the epoch. */
  readonly now: number;
}

/**
 * POST /api/request: one method of the operator interface, answered by its own handlers. `actor` is not taken: it is the
 * session. Changes of the grove take `expect_seq`; the page always sends it.
 */
export interface OperatorRequest {
  readonly method: string;
  readonly params?: { readonly [name: string]: Json };
}
/** 200 for both: the node answered. */
export type OperatorAnswer = { readonly result: Json } | { readonly error: OperatorRefusal };
export interface OperatorRefusal {
  readonly code: string;
  readonly message: string;
  readonly details?: { readonly [name: string]: Json };
}

// ── The feed. One WebSocket a page, one JSON object a message, each way. ────────────────────────────────────────────────────

/**
 * `events`: the node's event log. `machines`: what the actors do. `convergence`: who reached which number when. Nothing is
 * sent, nor made, for a channel nobody subscribes to: unsubscribe when a view is left, or the page hidden.
 */
export type FeedChannel = 'events' | 'machines' | 'convergence';

/** At most 4 KiB each. Anything else closes the feed with `feedCloseCodes.badRequest`. */
export type FeedRequest =
  /** `since`: the id of an event, after which to go on; empty: everything that is kept; null or absent: new ones only. */
  | { readonly type: 'subscribe'; readonly channel: 'events'; readonly since?: string | null }
  | { readonly type: 'subscribe'; readonly channel: 'machines' | 'convergence' }
  | { readonly type: 'unsubscribe'; readonly channel: FeedChannel }
  /** Whose contexts to send, by `ActorRecord.id`; replaces the earlier list. Needs channel `machines`. */
  | { readonly type: 'watch'; readonly actors: readonly string[] };

export const watchedActorsMax = 8;

/** About 20 frames a second at most; one frame has at most `feedFrameRecordsMax` records. `now`: the server's clock, ms. */
export type FeedFrame =
  /** The first frame. */
  | { readonly type: 'hello'; readonly contract: number; readonly now: number }
  /** In order. An entry of type `gap` stands for events that are not kept any more. */
  | { readonly type: 'events'; readonly now: number; readonly events: readonly (EventRecord | EventGap)[] }
  /** Every kept event was sent: from here on they are new. */
  | { readonly type: 'events.caught-up'; readonly now: number }
  /** All actors that run, as they are now: the first frame of `machines`, and again after records were lost. Replaces what was known. */
  | {
      readonly type: 'actors';
      readonly now: number;
      readonly next: number;
      readonly actors: readonly ActorRecord[];
    }
  /**
   * What happened, in order. `first` is the running number of the first record. `lost` records before it were dropped
   * because this page read too slowly; then an `actors` frame comes before this one.
   */
  | {
      readonly type: 'records';
      readonly now: number;
      readonly first: number;
      readonly lost: number;
      readonly records: readonly MachineRecord[];
    }
  /** Of the watched actors, those that changed since the last such frame. */
  | { readonly type: 'contexts'; readonly now: number; readonly actors: readonly ActorContext[] }
  /** The first frame of `convergence`, with what is kept (from while any page was open): newest last. */
  | { readonly type: 'convergence'; readonly now: number; readonly publishes: readonly Publish[] }
  /** Additions to what `convergence` said. */
  | { readonly type: 'reached'; readonly now: number; readonly marks: readonly ReachedMark[] };

export const feedFrameRecordsMax = 500;
export const convergencePublishesMax = 50;

/** Why the server ends a feed. */
export const feedCloseCodes = {
  /** The node stops. Connect again. */
  goingAway: 1001,
  /** A mistake of the node's; its log has it. */
  failed: 1011,
  badRequest: 4400,
  /** The session is over: the page has to be opened with a token again. */
  sessionOver: 4401,
  /** Too many pages are open. */
  tooMany: 4429,
} as const;

export interface EventRecord {
  /** Sortable; say it as `since` to go on after it. */
  readonly id: string;
  readonly type: string;
  /** RFC 3339 UTC, whole seconds. */
  readonly timestamp: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor?: RequestActor;
  readonly data: { readonly [name: string]: Json };
}

export interface EventGap {
  readonly type: 'gap';
  readonly from: string;
  readonly to: string;
}

/** One running actor. */
export interface ActorRecord {
  /** Unique in this process, never used again. */
  readonly id: string;
  /** Readable, unique among its siblings at a time: `applier`, `peer.3`, `wire`. */
  readonly name: string;
  /** The id of the actor that spawned it; null for the supervisor. */
  readonly parent: string | null;
  /** The id of the machine in charts.json; null for an actor that is no statechart. */
  readonly machine: string | null;
  /** The node on the other end: for a peer, its wire, and a dial of one member. */
  readonly peer: PeerOfActor | null;
  /** XState's state value. Null for what is no statechart. */
  readonly value: StateValue | null;
}

export interface PeerOfActor {
  readonly fingerprint: string;
  readonly direction: 'inbound' | 'outbound' | null;
}

export type StateValue = string | { readonly [state: string]: StateValue };

export type MachineRecord = ActorStarted | ActorEnded | EventSent | StepTaken;

interface RecordBase {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type ActorStarted = RecordBase & { readonly kind: 'started'; readonly actor: ActorRecord };

/** The actor is gone; forget it once it was shown. */
export type ActorEnded = RecordBase & {
  readonly kind: 'ended';
  readonly actor: string;
  readonly status: 'done' | 'error' | 'stopped';
};

/** An event was put into an actor's mailbox. */
export type EventSent = RecordBase & {
  readonly kind: 'event';
  /** Null: from outside the actors (an operator, a link). The same as `to` for what an actor raised with a delay. */
  readonly from: string | null;
  readonly to: string;
  readonly event: ShownEvent;
};

/** `type`, and those fields of the event that may be shown. Long ones are cut; `hidden` names those left out. */
export type ShownEvent = { readonly type: string; readonly hidden?: readonly string[] } & {
  readonly [field: string]: Json;
};

/** A statechart took an event in, and is in `value` now. `transitions` is empty when the event changed nothing. */
export type StepTaken = RecordBase & {
  readonly kind: 'step';
  readonly actor: string;
  readonly event: string;
  readonly value: StateValue;
  readonly transitions: readonly TransitionTaken[];
};

/** Paths of states are joined by dots, without the machine's id; empty for the machine itself. */
export interface TransitionTaken {
  readonly from: string;
  /** As in the definition, wildcards included; empty for `always`. */
  readonly event: string;
  /** Which candidate of that event, in the order of the definition. */
  readonly index: number;
  /** Empty: it left no state. */
  readonly to: readonly string[];
}

export interface ActorContext {
  readonly id: string;
  readonly value: StateValue | null;
  /** What may be shown of it. Bounded: long lists and texts are cut, and say so. */
  readonly context: Json;
  readonly delays: readonly ArmedDelay[];
}

export interface ArmedDelay {
  /** The delay's name, or the event that will be raised. */
  readonly name: string;
  /** The state it belongs to, as in `TransitionTaken`; null for an event raised with a delay. */
  readonly state: string | null;
  /** Milliseconds since the epoch. */
  readonly fires_at: number;
}

/** One number of the grove as this node saw it. */
export interface Publish {
  readonly seq: number;
  /** When this node had it, ms since the epoch; null when it was not seen applied here (a peer had it first, and so far alone). */
  readonly at: number | null;
  readonly reached: readonly { readonly fingerprint: string; readonly at: number }[];
}

/** `fingerprint` said that it holds `seq`. This node's own fingerprint: it was applied here. */
export interface ReachedMark {
  readonly seq: number;
  readonly fingerprint: string;
  readonly at: number;
}

/** What the server answers below /api when it does not answer as asked. */
export interface HttpRefusal {
  readonly error: OperatorRefusal;
}
