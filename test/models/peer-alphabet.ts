/** What may happen on a link: what the peer sends, what the wire reports, and what the supervisor says. */
import type { EventFrom } from 'xstate';
import type { CandidateOutcome, Standing } from '../../machines/events.ts';
import type { peerMachine } from '../../machines/index.ts';
import type { PeerInput } from '../../machines/peer-context.ts';
import { nilUuid } from '../../src/protocol/index.ts';
import type { AbortReason, HelloMessage, PushMode, Version } from '../../src/protocol/types.ts';
import type { Possible, Start } from './model.ts';

export type PeerMachine = typeof peerMachine;
export type PeerEvent = EventFrom<PeerMachine>;
export type PeerStart = Start<PeerMachine>;
export type PeerPossible = Possible<PeerMachine>;

export const grove = '0b0f6c1e-6a3e-4f0e-9f53-1d2c3b4a5968';
const otherGrove = '00000000-0000-4000-8000-000000000001';
const at = '2026-05-07T12:34:56Z';
const longBytes = 20_000;

/** Payloads are called by a letter and their number: `e5`; `L6` is a long one, `a5` another one under number 5. */
export function payload(name: string): Version {
  return name === '' ? { seq: 0, hash: '' } : { seq: Number(name.slice(1)), hash: name };
}

function bytesOf(name: string): number {
  return name.startsWith('L') ? longBytes : 900;
}

export function standing(name: string): Standing {
  return {
    groveId: grove,
    leaderFingerprint: 'leader',
    leaderKey: null,
    role: 'follower',
    version: payload(name),
    signature: '',
    createdAt: '',
    lineBytes: bytesOf(name),
    members: ['us', 'them', 'leader'],
  };
}

export function peerInput(held: string | null, more: Partial<PeerInput> = {}): PeerInput {
  return {
    linkId: '1',
    direction: 'inbound',
    fingerprint: 'them',
    address: '192.0.2.7:7891',
    ownFingerprint: 'us',
    boot: '7',
    push: 'version',
    standing: held === null ? null : standing(held),
    pin: null,
    ...more,
  };
}

export function possible(label: string, event: PeerEvent): PeerPossible {
  return { label, event };
}

function hello(name: string, push: PushMode | 'none', more: Partial<HelloMessage> = {}): PeerEvent {
  const { seq, hash } = payload(name);
  return {
    type: 'hello',
    grove_id: seq === 0 ? nilUuid : grove,
    our_seq: seq,
    our_payload_hash: hash,
    our_role: 'follower',
    our_fingerprint: 'them',
    protocol_version: 1,
    nonce: '41',
    ...(push === 'none' ? {} : { push }),
    ...more,
    at,
  };
}

const message = { type: 'version' as const, payload: {}, signature: '' };

/** Hellos that claim one of these payloads, with every wish; `claimed` is what the peer claimed before. */
export function hellos(names: readonly string[], claimed: number): readonly PeerPossible[] {
  return names.flatMap((name) => {
    if (payload(name).seq < claimed) return [possible(`hello falls back to ${name}`, hello(name, 'version'))];
    return (['version', 'hello', 'none'] as const).map((push) =>
      possible(`hello ${name} ${push}`, hello(name, push)),
    );
  });
}

/** Hellos that differ from a good one in what nobody can live with. */
export const strangeHellos: readonly PeerPossible[] = [
  possible('hello of another grove', hello('e5', 'version', { grove_id: otherGrove })),
  possible('hello under another name', hello('e5', 'version', { our_fingerprint: 'mallory' })),
  possible('hello of no version', hello('e5', 'version', { protocol_version: 0 })),
  possible('hello of process 7', hello('e5', 'version', { nonce: '7' })),
  possible('hello as leader', hello('e5', 'version', { our_role: 'leader' })),
];

const reasons: readonly AbortReason[] = ['grove_mismatch', { other: 'created_in_future' }, { other: 'new' }];

/** What comes over the wire besides hellos. */
export const fromWire: readonly PeerPossible[] = [
  possible('version', message),
  possible('peers', { type: 'peers', entries: [] }),
  ...reasons.map((reason) => possible(`abort ${JSON.stringify(reason)}`, { type: 'abort', reason })),
  possible('malformed', { type: 'wire.malformed', detail: 'not JSON' }),
  possible('closed by them', { type: 'wire.closed', by: 'peer', code: 4, reason: 'seq=6', at }),
  possible('closed by time-out', { type: 'wire.closed', by: 'transport', code: null, reason: '', at }),
];

const outcomes: readonly CandidateOutcome[] = [
  { kind: 'ignored' },
  { kind: 'stale', seq: 4 },
  { kind: 'parked', version: payload('e6'), why: 'created_in_future' },
  { kind: 'parked', version: payload('e6'), why: 'seq_jump' },
  { kind: 'unfit', why: 'not-listed', detail: '' },
  { kind: 'refused', reason: 'signature_invalid', detail: '' },
  { kind: 'refused', reason: { other: 'malformed' }, detail: '' },
];

export function judged(outcome: CandidateOutcome): PeerPossible {
  const what = 'seq' in outcome ? ` ${outcome.seq}` : 'version' in outcome ? ` ${outcome.version.hash}` : '';
  const why =
    'why' in outcome ? ` ${outcome.why}` : 'reason' in outcome ? ` ${JSON.stringify(outcome.reason)}` : '';
  return possible(`judged ${outcome.kind}${what}${why}`, { type: 'candidate.judged', linkId: '1', outcome });
}

/** Verdicts that depend on no payload held. */
export const verdicts: readonly PeerPossible[] = outcomes.map(judged);

export const fromSupervisor: readonly PeerPossible[] = [
  possible('pull', { type: 'pull' }),
  possible('want version', { type: 'want', push: 'version' }),
  possible('want hello', { type: 'want', push: 'hello' }),
  possible('tell peers', { type: 'peers.tell', entries: [] }),
  possible('revoke 6', { type: 'peer.revoke', version: payload('r6') }),
  possible('revoke 7', { type: 'peer.revoke', version: payload('r7') }),
  possible('close', { type: 'peer.close', code: 0, reason: 'enough' }),
];

/** Asked to close in a moment; twice is no different. */
const retirement = { type: 'peer.retire', code: 5, reason: 'the other is kept' } as const;
export const retire = possible('retire', { ...retirement, replaced: true });
export const retireOther = possible('retire, for another process', { ...retirement, replaced: false });

/** A payload is verified, brought by this peer, now or long ago, by another process with its key, by another peer, or by nobody. */
export function verified(name: string): readonly PeerPossible[] {
  return (
    [
      ['another', '9', 'other', '9'],
      ['them', '1', 'them', '41'],
      ['their clone', '9', 'them', '42'],
      ['them, set aside', null, 'them', null],
      ['nobody', null, '', null],
    ] as const
  ).map(([who, linkId, fingerprint, boot]) =>
    possible(`verified ${name} from ${who}`, {
      type: 'payload.verified',
      linkId,
      fingerprint,
      boot,
      version: payload(name),
      lineBytes: bytesOf(name),
      membersRemoved: [],
    }),
  );
}

export function announce(name: string): PeerPossible {
  return possible(`announce ${name}`, { type: 'announce', standing: standing(name) });
}
