/** The supervisor and its operator: founding, leaving, and every request that a state refuses. */
import type { Refusal } from '../src/protocol/types.ts';
import type {
  DepartDone,
  Found,
  JoinRequest,
  JumpAccept,
  LeaveRequest,
  PayloadPublished,
  Publish,
} from './events.ts';
import {
  nothing,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  settle,
} from './supervisor-context.ts';

type Departed = Extract<DepartDone, { readonly type: 'grove.departed' }>;
type Request = Found | Publish | JoinRequest | LeaveRequest | JumpAccept;

// g[impl membership.founding]
export function foundGrove({ publishing }: SupervisorContext, event: Found): SupervisorStep {
  return {
    changes: { publishes: true, publishing: [...publishing, event.requestId] },
    effects: [
      { do: 'spawn-service', name: 'publisher' },
      { do: 'publisher', event },
    ],
  };
}

export function passPublish({ publishing }: SupervisorContext, event: Publish): SupervisorStep {
  return { changes: { publishing: [...publishing, event.requestId] }, effects: [{ do: 'publisher', event }] };
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

export function noteLeaving(_context: SupervisorContext, { requestId, actor }: LeaveRequest): SupervisorStep {
  return { changes: { leaving: { requestId, actor, missed: false } }, effects: [] };
}

/** While the departure is stored nothing else may be. */
export function noteMissed({ leaving }: SupervisorContext): SupervisorStep {
  return leaving === null ? nothing : { changes: { leaving: { ...leaving, missed: true } }, effects: [] };
}

// g[impl membership.leave] g[impl mapping.leave]
/** Out: nothing of the grove is held any more, but its floor in the store. */
export function settleLeft(context: SupervisorContext, { unmapped }: Departed): SupervisorStep {
  const { leaving, standing } = context;
  const effects: SupervisorEffect[] = [
    { do: 'applier', event: { type: 'standing.lost' } },
    { do: 'news', event: { type: 'standing.lost' } },
    { do: 'dialLoop', event: { type: 'membership.changed', members: [] } },
  ];
  if (leaving !== null) {
    const { actor, requestId } = leaving;
    for (const { app, appParam, groveParam } of unmapped) {
      const mapping = { app, app_param: appParam, grove_param: groveParam };
      effects.push({ do: 'emit', event: { type: 'grove.mapping-removed', ...mapping, actor } });
    }
    effects.push({ do: 'emit', event: { type: 'grove.left', grove_id: standing?.groveId ?? '', actor } });
    effects.push(settle(requestId, { ok: true, value: {} }));
  }
  return {
    changes: {
      leaving: null,
      standing: null,
      unannounced: null,
      revoked: false,
      degraded: null,
      revocationVoices: [],
      book: [],
      peerEntries: [],
      boots: {},
      conflicts: {},
    },
    effects,
  };
}

// g[impl membership.leave-failed]
export function settleLeaveFailed(
  { leaving, standing, revoked }: SupervisorContext,
  detail: string,
): SupervisorStep {
  if (leaving === null) return nothing;
  const reason: Refusal = { code: 'internal', message: `leaving could not be stored: ${detail}` };
  // What the applier waits for does not come any more: it starts over with what is in force.
  const restart: SupervisorEffect[] =
    standing === null || revoked || !leaving.missed
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
  // Without `leader_fp`: going to the leader with the change is no way out.
  revoked: (): Refusal => ({
    code: 'requirements_invalid',
    message: 'this node was revoked: run `grove leave`, then join with a new invite',
  }),
  leader: (): Refusal => ({
    code: 'requirements_invalid',
    message: 'this node leads its grove: without it nothing can be published. Use --force if that is meant',
  }),
  busy: (): Refusal => ({
    code: 'operation_in_progress',
    message: 'the node is just founding, joining or leaving a grove: try again when that has ended',
  }),
  accepting: (): Refusal => ({
    code: 'operation_in_progress',
    message: 'another payload is just being accepted: try again when that has ended',
  }),
  failed: ({ failure }: SupervisorContext): Refusal => ({
    code: 'internal',
    message: `the node cannot go on and must be restarted: ${failure ?? 'too many of its parts failed'}`,
  }),
  stopping: (): Refusal => ({ code: 'operation_in_progress', message: 'the node is stopping' }),
};
