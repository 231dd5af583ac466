/** `/grove/…`: the grove this node leads, follows, or is to join. */
import { z } from 'zod';
import {
  decodeInvite,
  encodeInvite,
  type Invite,
  inviteCharactersMax,
  inviteFromParts,
  paramKinds,
  shortFingerprint,
} from '../../protocol/index.ts';
import type { Change, Json, Refusal, Verdict } from '../../protocol/types.ts';
import type { GroveCommand } from '../control.ts';
import { type Refused, refuse } from '../errors.ts';
import { buildInvite } from '../invite-builder.ts';
import { applyChangesMax, historyEntriesMax } from '../limits.ts';
import { defineMethod, type Method, type MethodCall, type MethodOutcome } from '../method.ts';
import {
  countSchema,
  fingerprintSchema,
  labelSchema,
  noParams,
  paramNameSchema,
  seqSchema,
} from '../schemas.ts';

type Answer = Verdict<{ readonly [key: string]: Json }, Refusal>;

/** What the answer to each kind of command says, whatever else the node knows. */
const membership = ['grove_id', 'seq', 'leader_fp'];
const counted = ['seq', 'members_count'];
const numbered = ['seq'];

/** Every change of a grove can be made conditional, and hurried. */
const changeOptions = { expect_seq: seqSchema.optional(), force: z.boolean().optional() };
type ChangeOptions = { readonly expect_seq?: number | undefined; readonly force?: boolean | undefined };

const kindSchema = z.enum(paramKinds, { error: `must be one of ${paramKinds.join(', ')}` });
const paramSchema = z.strictObject({ name: paramNameSchema, kind: kindSchema, value: z.string() });

const inviteMethod = defineMethod(
  '/grove/invite',
  z.strictObject({ fingerprint: fingerprintSchema, label: labelSchema, ...changeOptions }),
  async (call, { fingerprint, label, ...options }) => {
    const outcome = await change(
      call,
      { kind: 'invite', member: { fp: fingerprint, label } },
      options,
      counted,
    );
    if (!outcome.ok) return outcome;
    // The member is in by now: an invite that cannot be made is no reason to say that nothing happened.
    const invite = buildInvite(call);
    return { ok: true, value: { ...outcome.value, invite: invite.ok ? encodeInvite(invite.value) : null } };
  },
);

const joinParams = z.strictObject({
  invite: z.string().max(inviteCharactersMax).optional(),
  address: z.string().min(1).max(64).optional(),
  inviter_fp: fingerprintSchema.optional(),
  leader_fp: fingerprintSchema.optional(),
  accept_rollback: z.boolean().optional(),
});

const joinMethod = defineMethod('/grove/join', joinParams, async (call, params) => {
  const invite = inviteOf(params);
  if (!invite.ok) return invite;
  const rollback = params.accept_rollback === true ? { acceptRollback: true } : {};
  return execute(call, { type: 'join', invite: invite.value, ...rollback }, membership);
});

// i[impl grove.join]
/** The invite string, or the same said in three fields. */
function inviteOf(params: z.infer<typeof joinParams>): Verdict<Invite, Refusal> {
  const { invite, address, inviter_fp, leader_fp } = params;
  if (invite !== undefined) {
    const other = Object.keys({ address, inviter_fp, leader_fp }).find((field) => field in params);
    if (other !== undefined) {
      return refuse('invalid_request', `${other}: not together with invite`, { field: other });
    }
    const decoded = decodeInvite(invite);
    return decoded.ok ? decoded : refuse('invalid_request', decoded.reason.message, { field: 'invite' });
  }
  if (address === undefined) return missing('address');
  if (inviter_fp === undefined) return missing('inviter_fp');
  if (leader_fp === undefined) return missing('leader_fp');
  const parts = inviteFromParts(address, inviter_fp, leader_fp);
  return parts.ok ? parts : refuse('invalid_request', parts.reason.message, { field: 'address' });
}

function missing(field: string): Refused {
  return refuse('invalid_request', `${field}: give an invite, or address, inviter_fp and leader_fp`, {
    field,
  });
}

// i[impl grove.methods]
export const groveMethods: readonly Method[] = [
  defineMethod('/grove/init', z.strictObject({ label: labelSchema }), (call, { label }) =>
    execute(call, { type: 'init', label }, membership),
  ),
  inviteMethod,
  defineMethod(
    '/grove/revoke',
    z.strictObject({ fingerprint: fingerprintSchema, ...changeOptions }),
    (call, { fingerprint, ...options }) =>
      change(call, { kind: 'revoke', fp: fingerprint }, options, counted),
  ),
  defineMethod(
    '/grove/params/set',
    z.strictObject({ ...paramSchema.shape, secret: z.boolean().optional(), ...changeOptions }),
    (call, { name, kind, value, secret, ...options }) =>
      secret === true
        ? refuseSecret(name)
        : change(call, { kind: 'params', set: [{ name, kind, value }], unset: [] }, options, numbered),
  ),
  defineMethod(
    '/grove/params/unset',
    z.strictObject({ name: paramNameSchema, ...changeOptions }),
    (call, { name, ...options }) =>
      change(call, { kind: 'params', set: [], unset: [name] }, options, numbered),
  ),
  defineMethod(
    '/grove/params/apply',
    z.strictObject({
      set: z.array(paramSchema).max(applyChangesMax).default([]),
      unset: z.array(paramNameSchema).max(applyChangesMax).default([]),
      ...changeOptions,
    }),
    (call, { set, unset, ...options }) => change(call, { kind: 'params', set, unset }, options, numbered),
  ),
  joinMethod,
  defineMethod('/grove/leave', z.strictObject({ force: z.boolean().optional() }), (call, { force }) =>
    execute(call, { type: 'leave', ...(force === true ? { force } : {}) }, []),
  ),
  defineMethod('/grove/accept-jump', z.strictObject({ seq: seqSchema }), (call, { seq }) =>
    execute(call, { type: 'accept-jump', seq }, numbered),
  ),
  defineMethod('/grove/status', noParams, (call) => ({
    ok: true,
    value: call.control.status() as unknown as Json,
  })),
  defineMethod('/grove/members', noParams, (call) => asJson(call.control.members())),
  defineMethod('/grove/params', noParams, (call) => asJson(call.control.params())),
  defineMethod('/grove/peers', noParams, (call) => asJson(call.control.peers())),
  defineMethod(
    '/grove/history',
    z.strictObject({
      limit: countSchema(1, historyEntriesMax).optional(),
      before_seq: seqSchema.optional(),
    }),
    async (call, { limit, before_seq }) =>
      asJson(
        await call.control.history({
          ...(limit === undefined ? {} : { limit }),
          ...(before_seq === undefined ? {} : { beforeSeq: before_seq }),
        }),
      ),
  ),
  defineMethod('/grove/payload', z.strictObject({ seq: seqSchema.optional() }), (call, { seq }) =>
    call.control.payload(seq),
  ),
];

function change(
  call: MethodCall,
  wanted: Change,
  { expect_seq, force }: ChangeOptions,
  answered: readonly string[],
): Promise<Answer> {
  const expected = expect_seq === undefined ? {} : { expectSeq: expect_seq };
  const forced = force === true ? { force } : {};
  return execute(call, { type: 'change', change: wanted, ...expected, ...forced }, answered);
}

/** Answers with the named fields only: what a method returns is fixed, what a node tells its surface is not. */
async function execute(
  call: MethodCall,
  command: GroveCommand,
  answered: readonly string[],
): Promise<Answer> {
  const outcome = await call.control.execute(command, call.actor);
  if (!outcome.ok) {
    return command.type === 'change' ? { ok: false, reason: namingTheLeader(call, outcome.reason) } : outcome;
  }
  const fields = Object.entries(outcome.value).filter(([name]) => answered.includes(name));
  return { ok: true, value: Object.fromEntries(fields) };
}

// i[impl grove.not-leader]
/** Only the leader publishes: who sent the change elsewhere is told where to go. */
function namingTheLeader(call: MethodCall, reason: Refusal): Refusal {
  const leader = reason.details?.leader_fp;
  const members = call.control.members();
  if (typeof leader !== 'string' || !members.ok) return reason;
  const label = members.value.find(({ fingerprint }) => fingerprint === leader)?.label;
  if (label === undefined) return reason;
  return { ...reason, message: `not the leader: run this on ${label} (${shortFingerprint(leader)}…)` };
}

// i[impl grove.no-secrets]
/** Everything a grove publishes can be read by every member. */
function refuseSecret(name: string): MethodOutcome {
  return refuse(
    'requirements_invalid',
    `${name} would be a secret, and every member of a grove can read its params: keep secrets out of the grove, on the machines that need them`,
    { name },
  );
}

/** The snapshots of `NodeControl` are plain JSON; their types just do not say so. */
function asJson(verdict: Verdict<unknown, Refusal>): MethodOutcome {
  return verdict.ok ? { ok: true, value: verdict.value as Json } : verdict;
}
