/** One link between two members of a grove, and the events that happen on it. */
import type { EventFrom, SnapshotFrom } from 'xstate';
import type { Standing } from '../../machines/events.ts';
import type { PeerInput } from '../../machines/peer-context.ts';
import type { HelloEvent, PayloadVerified } from '../../machines/peer-events.ts';
import { peerMachine } from '../../machines/peer-machine.ts';
import { nilUuid } from '../../src/protocol/index.ts';
import type { HelloMessage, PushMode, Version } from '../../src/protocol/types.ts';
import { begin, walk } from './transition-rows.ts';

export type PeerSnapshot = SnapshotFrom<typeof peerMachine>;
export type PeerEvent = EventFrom<typeof peerMachine>;

export const own = 'bb'.repeat(32);
export const theirFingerprint = 'aa'.repeat(32);
export const leader = 'cc'.repeat(32);
export const other = 'dd'.repeat(32);
export const groveId = '0b0f6c1e-6a3e-4f0e-9f53-1d2c3b4a5968';
export const at = '2026-05-07T12:34:56Z';
export const linkId = 'link-1';

export const short = 1_000;
export const long = 20_000;

/** The payload of a number; another letter is another payload under the same number. */
export function version(seq: number, letter = 'e'): Version {
  return seq === 0 ? { seq, hash: '' } : { seq, hash: `${letter}${seq.toString(16).padStart(63, '0')}` };
}

export function standing(seq: number, changes: Partial<Standing> = {}): Standing {
  return {
    groveId,
    leaderFingerprint: leader,
    leaderKey: '0c'.repeat(32),
    role: 'follower',
    version: version(seq),
    signature: '5e'.repeat(64),
    createdAt: '2026-05-07T12:00:00Z',
    lineBytes: short,
    members: [theirFingerprint, own, leader],
    ...changes,
  };
}

export function peerInput(held: Standing | null, changes: Partial<PeerInput> = {}): PeerInput {
  return {
    linkId,
    direction: 'inbound',
    fingerprint: theirFingerprint,
    address: '192.0.2.7:7891',
    ownFingerprint: own,
    boot: '7',
    push: 'version',
    standing: held,
    pin: null,
    ...changes,
  };
}

export const joining = peerInput(null, {
  pin: { leaderFingerprint: leader, leaderKey: null, groveId: null, acceptRollback: false },
});

/** The peer says hello, claiming this payload. */
export function hello(claim: Version, changes: Partial<HelloMessage> = {}): HelloEvent {
  return {
    type: 'hello',
    grove_id: claim.seq === 0 ? nilUuid : groveId,
    our_seq: claim.seq,
    our_payload_hash: claim.hash,
    our_role: 'follower',
    our_fingerprint: theirFingerprint,
    protocol_version: 1,
    nonce: '41',
    push: 'version',
    ...changes,
    at,
  };
}

/** The hello of an implementation that does not say how it wants its news. */
export function plainHello(claim: Version): HelloEvent {
  const { push: _push, ...rest } = hello(claim);
  return rest;
}

/** What our hello looks like. */
export function ours(claim: Version, push: PushMode = 'version'): HelloMessage {
  return {
    type: 'hello',
    grove_id: claim.seq === 0 ? nilUuid : groveId,
    our_seq: claim.seq,
    our_payload_hash: claim.hash,
    our_role: 'follower',
    our_fingerprint: own,
    protocol_version: 1,
    nonce: '7',
    push,
  };
}

export function verified(newest: Version, changes: Partial<PayloadVerified> = {}): PayloadVerified {
  return {
    type: 'payload.verified',
    linkId: 'link-9',
    fingerprint: other,
    boot: '9',
    version: newest,
    lineBytes: short,
    membersRemoved: [],
    ...changes,
  };
}

/** Said hello, heard nothing. */
export function greeting(held: Standing | null = standing(5)): PeerSnapshot {
  return begin(peerMachine, held === null ? joining : peerInput(held)).snapshot;
}

/** Both greeted: we hold number `held`, the peer claims what is given. */
export function linked(
  claim: Version = version(5),
  held: Standing = standing(5),
  changes: Partial<HelloMessage> = {},
): PeerSnapshot {
  return walk(peerMachine, greeting(held), hello(claim, changes));
}

/** Asked the wire to close. */
export function closing(): PeerSnapshot {
  return walk(peerMachine, linked(), { type: 'peer.close', code: 0, reason: 'enough other links' });
}

export function after(from: PeerSnapshot, ...events: PeerEvent[]): PeerSnapshot {
  return walk(peerMachine, from, ...events);
}

/** How the payload this link brought was judged. */
export function judged(outcome: Extract<PeerEvent, { type: 'candidate.judged' }>['outcome']): PeerEvent {
  return { type: 'candidate.judged', linkId, outcome };
}

/** A payload is stored, and peers that do not know are told. */
export function announce(seq: number, lineBytes = short): PeerEvent {
  return { type: 'announce', standing: standing(seq, { lineBytes }) };
}

/** A payload came over this very link. */
export const fromThem = { linkId, fingerprint: theirFingerprint, boot: '41' };
/** Payload 6 came from elsewhere, went to this peer and is stored. */
export const pushed = after(linked(), verified(version(6)), announce(6));
/** Payload 6 is long: it was announced and not sent. */
export const announcedLong = after(linked(), verified(version(6), { lineBytes: long }), announce(6, long));
