/** What the dial loop remembers, and how a step of it looks: changes of that memory, and effects to carry out. */
import {
  type Book,
  bookFromRows,
  type DialTarget,
  type DialTimings,
  isListed,
  normaliseAddresses,
  type RandomState,
  roundsBetweenTellings,
  type SavedRow,
  seedRandom,
  unverifiedDialsPerRound,
} from '../src/protocol/index.ts';
import { inTurn } from './changes.ts';
import { dialDelays } from './dial-delays.ts';
import type { DialLoopToSupervisor } from './dial-events.ts';

export interface DialInput {
  /** Our own. */
  readonly fingerprint: string;
  /** The grove's members, ourselves included, ascending. */
  readonly members: readonly string[];
  /** The address book as it was saved, with what is configured. */
  readonly rows: readonly SavedRow[];
  readonly ownAddresses: readonly string[];
  readonly listensOnLoopback: boolean;
  readonly seed: number | string;
  /** Now, RFC 3339 UTC. */
  readonly at: string;
  /** Defaults: `dialDelays`. */
  readonly timings?: Partial<DialTimings>;
}

/** What linked peers are to be told in a moment. */
export interface Untold {
  /** All there is to tell, or of `members` only. */
  readonly everything: boolean;
  readonly members: readonly string[];
}

export interface DialContext {
  readonly fingerprint: string;
  /** The grove's members, ourselves included. */
  readonly members: readonly string[];
  readonly book: Book;
  /** Links that are up, by fingerprint of the peer; absent means none. */
  readonly linked: Readonly<Record<string, number>>;
  /** Canonical text. */
  readonly ownAddresses: readonly string[];
  readonly listensOnLoopback: boolean;
  readonly random: RandomState;
  readonly timings: DialTimings;
  /** How long the current round lasts. */
  readonly roundMs: number;
  /** Somebody has to wait until a dial under way ends. */
  readonly more: boolean;
  readonly unverifiedLeft: number;
  /** Addresses looked at since the last round, by sender. */
  readonly hintsLooked: Readonly<Record<string, number>>;
  /** Rows that changed since the book was last saved. */
  readonly unsaved: readonly string[];
  readonly roundsSinceTelling: number;
  /** Null: linked peers know what we do. */
  readonly untold: Untold | null;
  /** The latest moment any event told, RFC 3339 UTC. */
  readonly at: string;
}

export type DialEffect =
  | { readonly do: 'dial'; readonly fingerprint: string; readonly targets: readonly DialTarget[] }
  | { readonly do: 'stop-dial'; readonly fingerprint: string }
  | { readonly do: 'rest'; readonly fingerprint: string; readonly delayMs: number; readonly retry: boolean }
  | { readonly do: 'await-acceptance'; readonly fingerprint: string }
  | { readonly do: 'stop-waiting'; readonly fingerprint: string }
  /** Dial these, or whoever waits, if this is a time to dial. */
  | { readonly do: 'want'; readonly fingerprints: readonly string[] | null }
  | { readonly do: 'save-later' | 'save-never' | 'tell-later' | 'want-round' }
  | { readonly do: 'send'; readonly event: DialLoopToSupervisor };

export interface DialStep {
  readonly changes: Partial<DialContext>;
  readonly effects: readonly DialEffect[];
}

export const nothing: DialStep = { changes: {}, effects: [] };

export function initialContext(input: DialInput): DialContext {
  const { fingerprint, members, listensOnLoopback, at } = input;
  const timings: DialTimings = {
    roundMs: dialDelays.roundInterval,
    restBaseMs: dialDelays.restBase,
    restMaxMs: dialDelays.restMax,
    ...input.timings,
  };
  return {
    fingerprint,
    members,
    book: bookFromRows(input.rows, (peer) => peer !== fingerprint && isListed(members, peer)),
    linked: {},
    ownAddresses: normaliseAddresses(input.ownAddresses),
    listensOnLoopback,
    random: seedRandom(input.seed),
    timings,
    roundMs: timings.roundMs,
    more: false,
    unverifiedLeft: unverifiedDialsPerRound,
    hintsLooked: {},
    unsaved: [],
    // The first round tells.
    roundsSinceTelling: roundsBetweenTellings,
    untold: null,
    at,
  };
}

/** One step after another: later changes win, effects keep their order. */
export function join(...steps: readonly DialStep[]): DialStep {
  return {
    changes: inTurn(...steps.map(({ changes }) => changes)),
    effects: steps.flatMap(({ effects }) => effects),
  };
}
