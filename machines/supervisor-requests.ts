/** The supervisor and its operator: founding, joining, leaving, and every request that a state refuses. */
import { closeCodeName, closeCodes, joinRetriesMax } from '../src/protocol/index.ts';
import type { Refusal } from '../src/protocol/types.ts';
import type { DialAttemptOutput } from './dial-attempt-machine.ts';
import type {
  CandidateJudged,
  Found,
  JoinRequest,
  LeaveRequest,
  PayloadApplied,
  PayloadPublished,
  PeerClosed,
  Publish,
} from './events.ts';
import {
  type JoinFailure,
  type JoinInProgress,
  nothing,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  settle,
  toLinks,
} from './supervisor-context.ts';
import { endText, greetPeer } from './supervisor-links.ts';

type Request = Found | Publish | JoinRequest | LeaveRequest;

// g[impl membership.founding]
export function foundGrove({ publishing }: SupervisorContext, event: Found): SupervisorStep {
  return {
    changes: { publishing: [...publishing, event.requestId] },
    effects: [
      { do: 'spawn-service', name: 'publisher' },
      { do: 'publisher', event },
    ],
  };
}

export function passPublish({ publishing }: SupervisorContext, event: Publish): SupervisorStep {
  return { changes: { publishing: [...publishing, event.requestId] }, effects: [{ do: 'publisher', event }] };
}

export function beginJoin(_context: SupervisorContext, event: JoinRequest): SupervisorStep {
  const { requestId, actor, pin, targets } = event;
  return {
    changes: {
      join: { requestId, actor, pin, targets, failures: [], attempts: 0, retries: 0, linkId: null },
    },
    effects: [{ do: 'applier', event: { type: 'join.began', pin } }],
  };
}

// g[impl membership.join-targets]
/** Races the addresses that have not failed yet. */
export function tryTargets({ join }: SupervisorContext): SupervisorStep {
  if (join === null) return nothing;
  const attempts = join.attempts + 1;
  return {
    changes: { join: { ...join, attempts } },
    effects: [{ do: 'spawn-join', input: { attempt: joinActorId(attempts), targets: remaining(join) } }],
  };
}

export function hasTargets({ join }: SupervisorContext): boolean {
  return join !== null && remaining(join).length > 0;
}

/** Refusals of a node that does not know us: it may not have the payload that invites us yet. */
const earlyKinds: readonly string[] = ['unauthorised', 'not-listed'];

// g[impl membership.join-early]
/** Whether a member other than the leader, who would know, refused us for what may just be on its way. */
export function comesTooEarly({ join }: SupervisorContext): boolean {
  if (join === null || join.retries >= joinRetriesMax || remaining(join).length > 0) return false;
  return join.failures.some(({ address, kind }) => {
    const target = join.targets.find((candidate) => candidate.address === address);
    return earlyKinds.includes(kind) && target?.fingerprint !== join.pin.leaderFingerprint;
  });
}

export function forgetEarlyRefusals({ join }: SupervisorContext): SupervisorStep {
  if (join === null) return nothing;
  const failures = join.failures.filter(({ kind }) => !earlyKinds.includes(kind));
  return { changes: { join: { ...join, failures, retries: join.retries + 1 } }, effects: [] };
}

/** The race is won: the attempt is over, its link is greeted. */
export function greetInviter(context: SupervisorContext, output: DialAttemptOutput | null): SupervisorStep {
  if (context.join === null || output?.outcome !== 'connected') return nothing;
  const { linkId, fingerprint, address } = output;
  const { changes, effects } = greetPeer(context, { type: 'link.dialled', linkId, fingerprint, address });
  return {
    changes: { ...changes, join: { ...context.join, linkId } },
    effects: [{ do: 'stop', id: joinActorId(context.join.attempts) }, ...effects],
  };
}

export function noteDialsFailed(
  { join }: SupervisorContext,
  output: DialAttemptOutput | null,
): SupervisorStep {
  if (join === null || output?.outcome !== 'failed') return nothing;
  const failures = output.attempts.map(({ address, kind, code, detail }) => {
    return { address, kind: code === null ? kind : closeCodeName(code), detail };
  });
  return { changes: { join: withFailures(join, failures) }, effects: [] };
}

/** The node behind an address took the link and then closed it. */
export function noteJoinLinkClosed(context: SupervisorContext, event: PeerClosed): SupervisorStep {
  const { join, links } = context;
  const address = links[event.linkId]?.address;
  if (join === null || address === undefined) return nothing;
  const known = join.failures.some((failure) => failure.address === address);
  const failures = known ? [] : [{ address, kind: endKind(event), detail: endText(event) }];
  return { changes: { join: { ...withFailures(join, failures), linkId: null } }, effects: [] };
}

// g[impl membership.rejoin]
/** A link that ended while joining belongs to the join, or to the grove that was just left. */
export function isJoinLink({ join }: SupervisorContext, { linkId }: PeerClosed): boolean {
  return join?.linkId === linkId;
}

function endKind({ aborted, by, code }: PeerClosed): string {
  if (aborted !== null) return typeof aborted === 'string' ? aborted : aborted.other;
  return code === null || by === 'transport' ? 'closed' : closeCodeName(code);
}

/** What we were sent does not make us a member: no use waiting on this link. */
export function noteJoinVerdict(
  context: SupervisorContext,
  { linkId, outcome }: CandidateJudged,
): SupervisorStep {
  const { join, links } = context;
  const address = links[linkId]?.address;
  if (join === null || address === undefined) return nothing;
  const failure = unfit(outcome);
  if (failure === null) return nothing;
  const close: SupervisorEffect = {
    do: 'peer',
    linkId,
    event: { type: 'peer.close', code: closeCodes.ok, reason: 'this payload does not make us a member' },
  };
  // One that is refused ends its link itself, and says why.
  const effects = outcome.kind === 'refused' ? [] : [close];
  return { changes: { join: withFailures(join, [{ address, ...failure }]) }, effects };
}

function unfit(outcome: CandidateJudged['outcome']): Omit<JoinFailure, 'address'> | null {
  switch (outcome.kind) {
    case 'unfit':
      return { kind: outcome.why, detail: outcome.detail };
    case 'parked':
      return {
        kind: outcome.why,
        detail: 'the payload is dated in the future: check the clocks of this node and of the leader',
      };
    case 'refused':
      return {
        kind: typeof outcome.reason === 'string' ? outcome.reason : outcome.reason.other,
        detail: outcome.detail,
      };
    default:
      return null;
  }
}

// g[impl membership.join]
export function settleJoined(context: SupervisorContext, { standing }: PayloadApplied): SupervisorStep {
  const { join } = context;
  if (join === null) return nothing;
  const { groveId, version, leaderFingerprint } = standing;
  const value = { grove_id: groveId, seq: version.seq, leader_fp: leaderFingerprint };
  // The dial loop has the members now; the link that brought them is up already.
  const up = Object.values(context.links).flatMap(
    ({ linkId, fingerprint, address, direction, greetedAt }): SupervisorEffect[] =>
      greetedAt === null || linkId !== join.linkId
        ? []
        : [
            { do: 'emit', event: { type: 'grove.peer-connected', fp: fingerprint, direction, address } },
            { do: 'dialLoop', event: { type: 'link.up', fingerprint, address, direction, at: greetedAt } },
          ],
  );
  // What the invite names stays worth dialling.
  const rows = join.targets.map(({ address, fingerprint }) => {
    return {
      fingerprint,
      addresses: [{ address, source: 'configured' as const }],
      lastConnectedAt: null,
      lastSeenAt: null,
    };
  });
  const known: SupervisorEffect = {
    do: 'dialLoop',
    event: { type: 'membership.changed', members: standing.members, rows },
  };
  const joined = { type: 'grove.joined' as const, ...value, actor: join.actor };
  return {
    changes: { join: null },
    effects: [...up, known, { do: 'emit', event: joined }, settle(join.requestId, { ok: true, value })],
  };
}

export function reportFounded(
  _context: SupervisorContext,
  { standing, actor }: PayloadPublished,
): SupervisorStep {
  const { groveId, version, leaderFingerprint } = standing;
  return {
    changes: {},
    effects: [
      {
        do: 'emit',
        event: {
          type: 'grove.joined',
          grove_id: groveId,
          leader_fp: leaderFingerprint,
          seq: version.seq,
          actor,
        },
      },
    ],
  };
}

/** Gives a join up and says what went wrong at each address, the most telling reason first. */
export function giveUpJoin(context: SupervisorContext, timedOut: boolean): SupervisorStep {
  const { join, degraded } = context;
  if (join === null) return nothing;
  const leave = { type: 'peer.close' as const, code: closeCodes.ok, reason: 'the join was given up' };
  const reason = degraded === null ? joinRefusal(join, timedOut) : notStored(degraded);
  return {
    changes: { join: null, degraded: null },
    effects: [
      { do: 'stop', id: joinActorId(join.attempts) },
      ...toLinks(context, leave),
      { do: 'applier', event: { type: 'standing.lost' } },
      { do: 'news', event: { type: 'standing.lost' } },
      settle(join.requestId, { ok: false, reason }),
    ],
  };
}

function notStored(detail: string): Refusal {
  return { code: 'internal', message: `the payload of the grove could not be stored: ${detail}` };
}

// g[impl membership.join-failures]
function joinRefusal(join: JoinInProgress, timedOut: boolean): Refusal {
  const failures = join.failures.map(({ address, kind, detail }) => ({ address, kind, detail }));
  const details = { failures };
  const has = (...kinds: string[]) => failures.find(({ kind }) => kinds.includes(kind));
  const named = (code: Refusal['code'], message: string): Refusal => ({ code, message, details });
  if (has('below-floor')) return named('requirements_invalid', has('below-floor')?.detail ?? '');
  if (has('unauthorised', 'not-listed')) {
    return named(
      'unauthorized',
      'this node is not invited yet: run `grove invite FINGERPRINT LABEL` with its fingerprint on the leader, then try again',
    );
  }
  if (has('revoked'))
    return named('unauthorized', 'this node was revoked: the leader has to invite it again');
  if (has('leader_mismatch')) {
    return named(
      'requirements_invalid',
      'the node reached follows another leader than the invite names: ask for a new invite',
    );
  }
  if (has('grove_mismatch'))
    return named('requirements_invalid', 'the node reached is in another grove than the invite names');
  if (has('created_in_future')) {
    return named('requirements_invalid', has('created_in_future')?.detail ?? '');
  }
  if (has('wrong_fingerprint')) {
    return named(
      'not_found',
      `another node answers at ${has('wrong_fingerprint')?.address}: check the address and the inviter's fingerprint`,
    );
  }
  const tried = join.targets.map(({ address }) => address).join(', ');
  const why = failures.map(({ address, detail }) => `${address}: ${detail}`).join('; ');
  const waited = timedOut ? ' in time' : '';
  return named('not_found', `nobody reachable at ${tried}${waited}${why === '' ? '' : ` (${why})`}`);
}

export function noteLeaving(_context: SupervisorContext, { requestId, actor }: LeaveRequest): SupervisorStep {
  return { changes: { leaving: { requestId, actor } }, effects: [] };
}

// g[impl membership.leave]
/** Out: nothing of the grove is held any more, but its floor in the store. */
export function settleLeft(context: SupervisorContext): SupervisorStep {
  const { leaving, standing } = context;
  const effects: SupervisorEffect[] = [
    { do: 'applier', event: { type: 'standing.lost' } },
    { do: 'news', event: { type: 'standing.lost' } },
    { do: 'dialLoop', event: { type: 'membership.changed', members: [] } },
  ];
  if (leaving !== null) {
    const { actor, requestId } = leaving;
    effects.push({ do: 'emit', event: { type: 'grove.left', grove_id: standing?.groveId ?? '', actor } });
    effects.push(settle(requestId, { ok: true, value: {} }));
  }
  return {
    changes: {
      leaving: null,
      standing: null,
      revoked: false,
      degraded: null,
      revocationVoices: [],
      peerEntries: [],
      boots: {},
    },
    effects,
  };
}

export function settleLeaveFailed(
  { leaving, standing, revoked }: SupervisorContext,
  detail: string,
): SupervisorStep {
  if (leaving === null) return nothing;
  const reason: Refusal = { code: 'internal', message: `leaving could not be stored: ${detail}` };
  // A payload that was judged meanwhile was not handed on: the applier starts over with what is in force.
  const restart: SupervisorEffect[] =
    standing === null || revoked
      ? []
      : [
          { do: 'applier', event: { type: 'standing.lost' } },
          { do: 'applier', event: { type: 'standing.changed', standing } },
        ];
  return {
    changes: { leaving: null },
    effects: [...restart, settle(leaving.requestId, { ok: false, reason })],
  };
}

// g[impl membership.requests]
/** Why a request cannot be done in the state the node is in. */
export function refuseRequest(context: SupervisorContext, event: Request, why: Unfitting): SupervisorStep {
  const reason = refusals[why](context);
  const effects: SupervisorEffect[] = [settle(event.requestId, { ok: false, reason })];
  if (event.type === 'publish') {
    effects.unshift({
      do: 'emit',
      event: { type: 'grove.publish-rejected', reason: reason.message, actor: event.actor },
    });
  }
  return { changes: {}, effects };
}

export type Unfitting = keyof typeof refusals;

const refusals = {
  outside: (): Refusal => ({
    code: 'not_found',
    message: 'this node is in no grove: run `grove init` or `grove join` first',
  }),
  member: ({ standing }: SupervisorContext): Refusal => ({
    code: 'already_installed',
    message: 'this node is in a grove already: run `grove leave` first',
    details: { grove_id: standing?.groveId ?? '' },
  }),
  follower: ({ standing }: SupervisorContext): Refusal => ({
    code: 'requirements_invalid',
    message: 'not the leader: only the leader can change the grove',
    details: { leader_fp: standing?.leaderFingerprint ?? '' },
  }),
  revoked: ({ standing }: SupervisorContext): Refusal => ({
    code: 'requirements_invalid',
    message: 'this node was revoked: run `grove leave`, then join with a new invite',
    details: { leader_fp: standing?.leaderFingerprint ?? '' },
  }),
  leader: (): Refusal => ({
    code: 'requirements_invalid',
    message: 'this node leads its grove: without it nothing can be published. Use --force if that is meant',
  }),
  busy: (): Refusal => ({
    code: 'operation_in_progress',
    message: 'the node is just founding, joining or leaving a grove: try again when that has ended',
  }),
  failed: ({ failure }: SupervisorContext): Refusal => ({
    code: 'internal',
    message: `the node cannot go on and must be restarted: ${failure ?? 'too many of its parts failed'}`,
  }),
  stopping: (): Refusal => ({ code: 'operation_in_progress', message: 'the node is stopping' }),
};

function withFailures(join: JoinInProgress, failures: readonly JoinFailure[]): JoinInProgress {
  return { ...join, failures: [...join.failures, ...failures] };
}

function remaining({ targets, failures }: JoinInProgress): JoinInProgress['targets'] {
  return targets.filter(({ address }) => !failures.some((failure) => failure.address === address));
}

export function joinActorId(attempt: number): `join.${number}` {
  return `join.${attempt}`;
}
