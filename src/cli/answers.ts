/** The answers of the node as the command line reads them: checked, so that a surprise is an error and not a crash. */
import { z } from 'zod';
import type { Json } from '../protocol/types.ts';
import { CtlError, exitCodes } from './exit.ts';

const nullableText = z.string().nullable();

export const seqAnswer = z.object({ seq: z.number() });
export const countedAnswer = z.object({ seq: z.number(), members_count: z.number() });
export const inviteAnswer = z.object({ seq: z.number(), members_count: z.number(), invite: nullableText });
export const joinedAnswer = z.object({ grove_id: z.string(), seq: z.number(), leader_fp: z.string() });

const problemsAnswer = z.array(z.object({ code: z.string(), message: z.string() }));
export const groveStatusAnswer = z.discriminatedUnion('is_member', [
  z.object({
    is_member: z.literal(false),
    state: z.string().default('outside'),
    problems: problemsAnswer.default([]),
  }),
  z.object({
    is_member: z.literal(true),
    state: z.string(),
    role: z.string(),
    grove_id: z.string(),
    leader_fp: z.string(),
    own_fp: z.string(),
    current_seq: z.number(),
    payload_hash: z.string(),
    created_at: z.string(),
    members_count: z.number(),
    params_count: z.number(),
    connected_peers: z.number(),
    problems: problemsAnswer,
  }),
]);
export type GroveStatusAnswer = z.infer<typeof groveStatusAnswer>;

export const serverStatusAnswer = z.object({
  version: z.string(),
  hostname: z.string(),
  uptime_secs: z.number(),
  spki_fingerprint: z.string(),
  listen: z.array(z.string()),
  connections: z.number(),
  grove: groveStatusAnswer,
});

export const auditAnswer = z.array(
  z.object({
    at: z.string(),
    actor: z.object({ kind: z.string(), id: z.string(), display: z.string() }),
    method: z.string(),
    summary: z.string(),
  }),
);

export const debugAnswer = z.looseObject({
  now: z.number(),
  actors: z.array(z.unknown()),
  records: z.array(z.unknown()),
});

export const keysAnswer = z.array(
  z.object({ fingerprint: z.string(), label: z.string(), source: z.string() }),
);
export const membersAnswer = z.array(z.object({ fingerprint: z.string(), label: z.string() }));
export const paramsAnswer = z.array(
  z.object({ name: z.string(), kind: z.string(), value: z.string(), version_seq: z.number() }),
);
export type ParamAnswer = z.infer<typeof paramsAnswer>[number];

export const peersAnswer = z.array(
  z.object({
    fingerprint: z.string(),
    label: nullableText,
    connected: z.boolean(),
    direction: nullableText,
    seq: z.number().nullable(),
    addresses: z.array(z.string()),
    last_connected_at: nullableText,
    last_seen_at: nullableText,
    last_error: nullableText,
  }),
);

export const historyAnswer = z.array(
  z.object({
    seq: z.number(),
    created_at: z.string(),
    received_at: z.string(),
    actor: z.object({ display: z.string() }).nullable().default(null),
    changes: z.array(
      z.object({
        change: z.string(),
        fingerprint: z.string().optional(),
        label: z.string().optional(),
        name: z.string().optional(),
        old_value: nullableText.optional(),
        new_value: nullableText.optional(),
      }),
    ),
  }),
);

export const payloadAnswer = z.object({
  payload: z.unknown(),
  signature: z.string(),
  leader_key: z.string().nullable(),
});

export const generationAnswer = z.object({ generation: z.number() });
export const scheduleAnswer = z.object({ schedule: z.string(), generation: z.number() });
export const mapAnswer = z.object({ applied: z.boolean(), schedule: z.string().default('') });
export const mappingsAnswer = z.array(
  z.object({
    app: z.string(),
    app_param: z.string(),
    grove_param: z.string(),
    state: z.string(),
    applied_seq: z.number().nullable(),
    last_error: nullableText,
  }),
);
export const appsAnswer = z.array(
  z.object({
    app: z.string(),
    state: z.string(),
    generation: z.number(),
    params_count: z.number(),
    bound_count: z.number(),
    last_error: nullableText,
  }),
);
export const appAnswer = z.object({
  app: z.string(),
  state: z.string(),
  generation: z.number(),
  created_at: z.string(),
  last_error: nullableText,
  params: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      required: z.boolean(),
      secret: z.boolean(),
      value: nullableText,
      is_set: z.boolean(),
      grove_param: nullableText,
    }),
  ),
  operations: z.array(
    z.object({
      kind: z.string(),
      reason: z.string(),
      state: z.string(),
      started_at: z.string(),
      changes: z.array(z.object({ name: z.string() })),
      detail: nullableText,
    }),
  ),
});

/** Reads an answer; a node that answers in another shape is probably of another version. */
export function read<Schema extends z.ZodType>(schema: Schema, answer: Json): z.infer<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new CtlError(
    exitCodes.unreachable,
    'bad_answer',
    `the node's answer is not understood (${field}): is it of another version? --json shows the answer as it is`,
  );
}
