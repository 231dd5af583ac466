/** What a peer actor knows of its link, and how a step of it looks. */
import { announceFirstBytesMax } from '../src/protocol/index.ts';
import type { AbortReason, PushMode, Role, Version } from '../src/protocol/types.ts';
import type { JoinPin, LinkEnd, Standing } from './events.ts';
import type { PeerToSupervisor, PeerToWire } from './peer-events.ts';

export interface PeerInput {
  readonly linkId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly fingerprint: string;
  readonly address: string;
  readonly ownFingerprint: string;
  /** The process's boot number, decimal digits. */
  readonly boot: string;
  /** Null while joining; then `pin` says what is expected. */
  readonly standing: Standing | null;
  readonly pin: JoinPin | null;
  /** How we want our news at first. */
  readonly push: PushMode;
  /** Payloads whose line has more bytes are announced first. */
  readonly announceFirstBytes?: number;
}

/** What we claim in a hello: stored, never merely verified. */
interface Ours {
  readonly groveId: string | null;
  readonly leaderFingerprint: string;
  readonly role: Role;
  readonly version: Version;
}

interface Theirs {
  readonly groveId: string;
  readonly role: Role;
  readonly boot: string;
  readonly version: Version;
  /** Of its last hello. It may have sent us what it is still storing. */
  readonly claimedSeq: number;
}

export interface PeerContext {
  readonly linkId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly fingerprint: string;
  readonly address: string;
  readonly ownFingerprint: string;
  readonly boot: string;
  readonly ours: Ours;
  readonly theirs: Theirs | null;
  /** Verified, maybe not stored yet: what may be sent. */
  readonly newest: { readonly version: Version; readonly lineBytes: number };
  /** The last payload we sent. */
  readonly sent: Version | null;
  /** What our last hello claimed. */
  readonly told: Version | null;
  readonly theyWant: PushMode;
  readonly weWant: PushMode;
  /** That changed, and no hello said so yet. */
  readonly wishUnsaid: boolean;
  /** The peer asked for payloads after it had asked for announcements, or again with nothing new to claim. */
  readonly grafted: boolean;
  /** The peer never says how it wants its news. */
  readonly lacksPush: boolean;
  readonly announceFirstBytes: number;
  readonly aborted: AbortReason | null;
  readonly closing: { readonly code: number; readonly reason: string };
  readonly end: (LinkEnd & { readonly at: string | null }) | null;
}

export type PeerEffect =
  | { readonly do: 'say'; readonly event: PeerToWire }
  | { readonly do: 'tell'; readonly event: PeerToSupervisor }
  | { readonly do: 'retire'; readonly code: number; readonly reason: string };

/** What one event leads to: changes of the context, and effects in order. */
export interface PeerStep {
  readonly changes: Partial<PeerContext>;
  readonly effects: readonly PeerEffect[];
}

export const nothing: PeerStep = { changes: {}, effects: [] };

export const nothingHeld: Version = { seq: 0, hash: '' };

export function initialPeerContext(input: PeerInput): PeerContext {
  const { linkId, direction, fingerprint, address, ownFingerprint, boot, standing, pin } = input;
  return {
    linkId,
    direction,
    fingerprint,
    address,
    ownFingerprint,
    boot,
    ours: standing === null ? oursWhileJoining(pin) : oursOf(standing),
    theirs: null,
    newest: standing === null ? { version: nothingHeld, lineBytes: 0 } : newestOf(standing),
    sent: null,
    told: null,
    theyWant: 'version',
    weWant: input.push,
    wishUnsaid: false,
    grafted: false,
    lacksPush: false,
    announceFirstBytes: input.announceFirstBytes ?? announceFirstBytesMax,
    aborted: null,
    closing: { code: 0, reason: '' },
    end: null,
  };
}

export function oursOf({ groveId, leaderFingerprint, role, version }: Standing): Ours {
  return { groveId, leaderFingerprint, role, version };
}

/** A joining node claims nothing, but holds its peer to what the invite says. */
function oursWhileJoining(pin: JoinPin | null): Ours {
  return {
    groveId: pin?.groveId ?? null,
    leaderFingerprint: pin?.leaderFingerprint ?? '',
    role: 'follower',
    version: nothingHeld,
  };
}

export function newestOf({ version, lineBytes }: Standing): PeerContext['newest'] {
  return { version, lineBytes };
}
