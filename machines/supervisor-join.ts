/** The supervisor joining a grove: which addresses are tried, what they answer, and why a join fails. */
import { abortReasonText, closeCodeName, closeCodes, joinRetriesMax } from '../src/protocol/index.ts';
import type { Refusal } from '../src/protocol/types.ts';
import type { DialAttemptOutput } from './dial-attempt-machine.ts';
import type { JoinRequest, PayloadApplied } from './events.ts';
import type { CandidateJudged, PeerClosed } from './peer-events.ts';
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
  // A finished attempt stays among the children until it is stopped.
  return {
    changes: { join: withFailures(join, failures) },
    effects: [{ do: 'stop', id: joinActorId(join.attempts) }],
  };
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
export function isJoinLink({ join }: SupervisorContext, { linkId }: Pick<PeerClosed, 'linkId'>): boolean {
  return join?.linkId === linkId;
}

function endKind({ aborted, by, code }: PeerClosed): string {
  if (aborted !== null) return abortReasonText(aborted);
  return code === null || by === 'transport' ? 'closed' : closeCodeName(code);
}

// g[impl membership.join-silent]
/** It greeted, and then sent nothing: its address has failed, and the end of its link leads on to the others. */
export function giveUpInviter({ join, links }: SupervisorContext): SupervisorStep {
  const linkId = join?.linkId ?? '';
  const address = links[linkId]?.address;
  if (join === null || address === undefined) return nothing;
  const detail = 'it took the link and sent no payload in time';
  const reason = 'no payload in time';
  return {
    changes: { join: withFailures(join, [{ address, kind: 'silent', detail }]) },
    effects: [{ do: 'peer', linkId, event: { type: 'peer.close', code: closeCodes.ok, reason } }],
  };
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
        detail:
          outcome.why === 'seq_jump'
            ? 'the number of its payload is more than a million ahead of the one this node held'
            : 'the payload is dated in the future: check the clocks of this node and of the leader',
      };
    case 'ignored':
      return { kind: 'ignored', detail: 'it offers a payload that this node refused or set aside before' };
    case 'refused':
      return {
        kind: abortReasonText(outcome.reason),
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
  const rows = [...new Set(join.targets.map(({ fingerprint }) => fingerprint))].map((fingerprint) => {
    const addresses = join.targets
      .filter((target) => target.fingerprint === fingerprint)
      .map(({ address }) => ({ address, source: 'configured' as const }));
    return { fingerprint, addresses, lastConnectedAt: null, lastSeenAt: null };
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

/** Failures that say of an address that nobody there answered, or that it can name nobody. */
const silentKinds: readonly string[] = ['unreachable', 'timeout', 'closed', 'invalid_address'];
/** Failures that pass by themselves. */
const busyKinds: readonly string[] = ['busy', 'shutting_down'];

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
  const reached = failures.find(({ kind }) => !silentKinds.includes(kind));
  if (reached !== undefined) {
    const { address, kind, detail } = reached;
    const code = busyKinds.includes(kind) ? 'operation_in_progress' : 'requirements_invalid';
    const later = code === 'operation_in_progress' ? ': try again later' : '';
    return named(code, `the node at ${address} was reached, but the join did not work: ${detail}${later}`);
  }
  const tried = join.targets.map(({ address }) => address).join(', ');
  const why = failures.map(({ address, detail }) => `${address}: ${detail}`).join('; ');
  const waited = timedOut ? ' in time' : '';
  return named('not_found', `nobody reachable at ${tried}${waited}${why === '' ? '' : ` (${why})`}`);
}

function withFailures(join: JoinInProgress, failures: readonly JoinFailure[]): JoinInProgress {
  return { ...join, failures: [...join.failures, ...failures] };
}

function remaining({ targets, failures }: JoinInProgress): JoinInProgress['targets'] {
  return targets.filter(({ address }) => !failures.some((failure) => failure.address === address));
}

export function joinActorId(attempt: number): `join.${number}` {
  return `join.${attempt}`;
}
