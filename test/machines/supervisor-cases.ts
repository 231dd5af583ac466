/** Supervisors brought into each of their states, and the events that tests hand them. */
import type {
  CandidateOutcome,
  Found,
  JoinRequest,
  JumpAccept,
  LeaveRequest,
  PayloadApplied,
  PayloadPublished,
  Publish,
  Standing,
} from '../../machines/events.ts';
import type { PeerClosed } from '../../machines/peer-events.ts';
import type { SupervisorInput } from '../../machines/supervisor-context.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { leader } from '../protocol/fixtures.ts';
import { operator, own, pinOf, second, standingOf, third } from './grove-fixtures.ts';
import { begin, type Row, walk } from './transition-rows.ts';

export const at = '2026-05-07T12:00:00Z';
export const address = '10.0.0.2:7891';
export const held = standingOf();
export const ledHere = standingOf({}, { role: 'leader' });

export function inputOf(change: Partial<SupervisorInput> = {}): SupervisorInput {
  return {
    ownFingerprint: own,
    boot: '77',
    standing: held,
    revoked: false,
    book: [],
    refused: [],
    ownAddresses: ['10.0.0.1:7891'],
    listensOnLoopback: false,
    seed: 'seed',
    at,
    strictTimestampWindow: false,
    ...change,
  };
}

export const publish: Publish = {
  type: 'publish',
  requestId: 'p',
  change: { kind: 'republish' },
  expectSeq: null,
  force: false,
  actor: operator,
};
export const found: Found = { type: 'found', requestId: 'f', label: 'clinic-1', actor: operator };
export const leave: LeaveRequest = { type: 'leave', requestId: 'l', actor: operator, force: false };
export const acceptJump: JumpAccept = {
  type: 'jump.accept',
  requestId: 'a',
  seq: 2_000_000,
  actor: operator,
};
export const join: JoinRequest = {
  type: 'join',
  requestId: 'j',
  actor: operator,
  targets: [
    { address, fingerprint: second },
    { address: '10.0.0.3:7891', fingerprint: third },
  ],
  pin: pinOf(),
};

/** What went on the wire between the two ends does not matter here. */
export const accepted = (linkId: string, fingerprint: string) =>
  ({ type: 'link.accepted', linkId, fingerprint, address: `${address}${linkId}` }) as const;
export const greeted = (linkId: string, fingerprint: string, boot = '5', seq = 42) =>
  ({
    type: 'peer.greeted',
    linkId,
    fingerprint,
    boot,
    version: { seq, hash: held.version.hash },
    at,
  }) as const;
export const closed = (linkId: string, fingerprint: string, end: Partial<PeerClosed> = {}): PeerClosed => ({
  type: 'peer.closed',
  linkId,
  fingerprint,
  greeted: true,
  aborted: null,
  at,
  by: 'peer',
  code: 0,
  reason: '',
  ...end,
});

export function applied(standing: Standing, more: Partial<PayloadApplied> = {}): PayloadApplied {
  return {
    type: 'payload.applied',
    linkId: '1',
    fingerprint: second,
    standing,
    membersAdded: [],
    membersRemoved: [],
    paramsChanged: [],
    revokesUs: false,
    ...more,
  };
}

export function published(standing: Standing, more: Partial<PayloadPublished> = {}): PayloadPublished {
  return {
    type: 'payload.published',
    requestId: 'p',
    actor: operator,
    standing,
    membersAdded: [],
    membersRemoved: [],
    paramsChanged: [],
    ...more,
  };
}

export const judged = (linkId: string, outcome: CandidateOutcome) =>
  ({ type: 'candidate.judged', linkId, outcome }) as const;

export const joinFailed = (
  ...failures: { address: string; kind: string; code?: number; detail?: string }[]
) =>
  ({
    type: 'xstate.done.actor.join.1',
    actorId: 'join.1',
    output: {
      outcome: 'failed',
      attempts: failures.map((failure) => ({ code: null, detail: `${failure.kind} there`, ...failure })),
    },
  }) as never;
export const joinConnected = (attempt: number, linkId: string, target = join.targets[0]) =>
  ({
    type: `xstate.done.actor.join.${attempt}`,
    actorId: `join.${attempt}`,
    output: { outcome: 'connected', linkId, ...target },
  }) as never;
export const broken = (actorId: string) =>
  ({ type: `xstate.error.actor.${actorId}`, actorId, error: new Error('a mistake') }) as never;

const start = (change: Partial<SupervisorInput>) => begin(supervisorMachine, inputOf(change)).snapshot;

export const outside = start({ standing: null });
export const following = start({});
export const leading = start({ standing: ledHere, ownFingerprint: leader.fingerprint });
export const revoked = start({ revoked: true });
export const founding = walk(supervisorMachine, outside, found);
export const joining = walk(supervisorMachine, outside, join);
export const leaving = walk(supervisorMachine, following, leave);
/** Joining, with a link to the first target that said hello. */
export const reached = walk(supervisorMachine, joining, joinConnected(1, '9'), greeted('9', second));
/** A member with a greeted link to `second` and one to `third`. */
export const linked = walk(
  supervisorMachine,
  following,
  accepted('1', second),
  greeted('1', second),
  accepted('2', third),
  greeted('2', third),
);
export const leadingLinked = walk(
  supervisorMachine,
  leading,
  accepted('1', second),
  greeted('1', second),
  accepted('2', third),
  greeted('2', third),
);
export const stopping = walk(supervisorMachine, linked, { type: 'shutdown' });
export const failed = walk(supervisorMachine, linked, ...Array.from({ length: 6 }, () => broken('news')));

/** How requests were answered. */
export function settled(rows: readonly Row[]): readonly object[] {
  return rows.flatMap((row) =>
    'emit' in row && 'verdict' in row.emit
      ? [{ ...(row.emit as { requestId: string; verdict: object }) }]
      : [],
  );
}

export const refusedWith = (requestId: string, code: string, message: unknown, details?: object) => ({
  type: 'request.settled',
  requestId,
  verdict: { ok: false, reason: { code, message, ...(details === undefined ? {} : { details }) } },
});

// What a supervisor does, as rows.
export const trust = (of: readonly string[], seq = 42) => ({
  to: 'endpoint',
  event: { type: 'trust.set', members: of, seq },
});
/** Whoever dials a node that goes down hears so. */
export const trustNobodyForGood = {
  to: 'endpoint',
  event: { ...trust([]).event, farewell: { code: 7, reason: 'this node stops' } },
};
export const dialNobody = { to: 'dialLoop', event: { type: 'membership.changed', members: [] } };
export const lost = { to: 'applier', event: { type: 'standing.lost' } };
export const close = (linkId: string, code: number, reason: string) => ({
  to: `peer.${linkId}`,
  event: { type: 'peer.close', code, reason },
});

export function refusedRow(requestId: string, code: string, message: unknown) {
  return { emit: refusedWith(requestId, code, message) };
}
