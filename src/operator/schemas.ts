/** The building blocks of parameter schemas, and how a refused parameter is named to the operator. */
import { z } from 'zod';
import { isFingerprint, isName, labelProblem, nameRule } from '../protocol/index.ts';
import type { Refused } from './errors.ts';
import { refuse } from './errors.ts';

export const fingerprintSchema = z
  .string()
  .refine(isFingerprint, 'must be a fingerprint: 64 lowercase hex digits');

export const labelSchema = z.string().superRefine((label, context) => {
  const problem = labelProblem(label);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

export const paramNameSchema = z.string().refine(isName, `must be ${nameRule}`);

/** A whole number of a range, which a refusal names. */
export const countSchema = (min: number, max: number) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule);
};

export const seqSchema = countSchema(1, Number.MAX_SAFE_INTEGER);

export const noParams = z.strictObject({});

/** Each text of an actor. */
export const actorCharactersMax = 256;

/** Who asks, as a client may state it. `grove` is what changes that come from the grove are recorded as. */
export const actorSchema = z.strictObject({
  kind: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a lowercase word')
    // i[impl request.actor-grove]
    .refine((kind) => kind !== 'grove', 'grove is reserved for changes that come from the grove'),
  id: z.string().min(1).max(actorCharactersMax),
  display: z.string().min(1).max(actorCharactersMax),
  session: z.string().max(actorCharactersMax).optional(),
});

// i[impl request.params]
/** The first thing wrong, with the field it is wrong in. */
export function refuseShape(error: z.ZodError, within: string): Refused {
  const issue = error.issues[0];
  if (issue === undefined) return refuse('invalid_request', `${within} is not usable`);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...issue.path.map(String), ...(unknown === undefined ? [] : [unknown])];
  const field = path.length === 0 ? within : path.join('.');
  const message =
    unknown === undefined ? `${field}: ${issue.message}` : `${field}: no such field in ${within}`;
  return refuse('invalid_request', message, { field });
}
