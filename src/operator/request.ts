/** One request as it arrives: strict JSON, then the envelope. What is in `params` is each method's own business. */
import { z } from 'zod';
import { parseStrictJson, printable } from '../protocol/index.ts';
import type { Json, Refusal, RequestActor, Verdict } from '../protocol/types.ts';
import { refuse } from './errors.ts';
import { actorCharactersMax, actorSchema, refuseShape } from './schemas.ts';

export interface OperatorRequest {
  readonly method: string;
  readonly actor: RequestActor | null;
  readonly params: { readonly [key: string]: Json };
}

const envelopeSchema = z.strictObject({
  method: z.string().min(1).max(128),
  actor: actorSchema.optional(),
  params: z.record(z.string(), z.unknown()).optional(),
});

// i[impl request.strict]
export function parseRequest(bytes: Uint8Array): Verdict<OperatorRequest, Refusal> {
  const json = parseStrictJson(bytes);
  if (!json.ok) return refuse('invalid_request', `the request is not strict JSON: ${json.reason.message}`);
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) return refuseShape(envelope.error, 'the request');
  const { method, actor, params } = envelope.data;
  return {
    ok: true,
    value: {
      method,
      actor: actor === undefined ? null : printableActor(actor),
      params: (params ?? {}) as { readonly [key: string]: Json },
    },
  };
}

/** It goes into the audit log, into events and into the node's log, as text of a client. */
function printableActor(actor: z.infer<typeof actorSchema>): RequestActor {
  const id = printable(actor.id, actorCharactersMax);
  const display = printable(actor.display, actorCharactersMax);
  const { kind, session } = actor;
  if (session === undefined) return { kind, id, display };
  return { kind, id, display, session: printable(session, actorCharactersMax) };
}
