/**
 * The one judgement of a payload's content, used by the leader before it signs and by everybody after they
 * verified, so that a leader cannot publish what a follower refuses.
 */

import { assert } from './assert.ts';
import { utf8Length } from './canonical.ts';
import {
  integerMax,
  labelCharactersMax,
  membersMax,
  paramsMax,
  paramValueBytesMax,
  payloadBytesMax,
} from './limits.ts';
import {
  isFingerprint,
  isName,
  isParamKind,
  isSecretKind,
  isUuid,
  isWellFormed,
  labelProblem,
} from './names.ts';
import { parseTimestamp } from './timestamp.ts';
import type { AbortReason, Json, Member, Param, Payload, Verdict } from './types.ts';

export type PayloadRefusal =
  | { readonly code: 'payload_too_large'; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: 'leader_mismatch'; readonly expected: string; readonly found: string }
  | { readonly code: 'grove_mismatch'; readonly expected: string; readonly found: string }
  /** `field` is a path such as `members[3].label`; `problem` completes the sentence that begins with it. */
  | { readonly code: 'malformed'; readonly field: string; readonly problem: string };

export interface PayloadExpectation {
  readonly leaderFingerprint: string;
  /** Null accepts any: a node that joins without knowing the grove's id. */
  readonly groveId: string | null;
  /** Length of the canonical JSON, from the digest. */
  readonly canonicalBytes: number;
}

type JsonObject = { readonly [key: string]: Json };

// g[impl payload.one-validity] g[impl payload.unknown-fields]
/**
 * Judges a parsed payload. The value is a typed view of it, without unknown fields: work with the view, but
 * verify, store and hand on what was parsed.
 */
export function validatePayload(
  parsed: JsonObject,
  expectation: PayloadExpectation,
): Verdict<Payload, PayloadRefusal> {
  // g[impl payload.size]
  if (expectation.canonicalBytes > payloadBytesMax) {
    return {
      ok: false,
      reason: { code: 'payload_too_large', bytes: expectation.canonicalBytes, bytesMax: payloadBytesMax },
    };
  }
  const { grove_id, leader_fp } = parsed;
  if (typeof grove_id !== 'string' || !isUuid(grove_id))
    return malformed('grove_id', 'is not a lowercase UUID');
  if (expectation.groveId !== null && grove_id !== expectation.groveId) {
    return { ok: false, reason: { code: 'grove_mismatch', expected: expectation.groveId, found: grove_id } };
  }
  if (typeof leader_fp !== 'string' || !isFingerprint(leader_fp))
    return malformed('leader_fp', 'is not a fingerprint');
  if (leader_fp !== expectation.leaderFingerprint) {
    return {
      ok: false,
      reason: { code: 'leader_mismatch', expected: expectation.leaderFingerprint, found: leader_fp },
    };
  }
  return contentOf(parsed, grove_id, leader_fp);
}

/**
 * What was said of payloads, by the object they were parsed into: a payload is judged several times on its way through
 * a node, and reading two thousand members is most of the work. What was parsed is never changed.
 */
const judgedContents = new WeakMap<JsonObject, Verdict<Payload, PayloadRefusal>>();

function contentOf(parsed: JsonObject, groveId: string, leader: string): Verdict<Payload, PayloadRefusal> {
  const known = judgedContents.get(parsed);
  if (known !== undefined) return known;
  const verdict = readContent(parsed, groveId, leader);
  judgedContents.set(parsed, verdict);
  return verdict;
}

/** All that does not depend on who asks. */
function readContent(
  parsed: JsonObject,
  grove_id: string,
  leader_fp: string,
): Verdict<Payload, PayloadRefusal> {
  const { seq, created_at, secrets } = parsed;
  if (!isSeq(seq)) return malformed('seq', `is not a whole number from 1 to ${integerMax}`);
  if (typeof created_at !== 'string' || parseTimestamp(created_at) === null) {
    return malformed('created_at', 'is not an RFC 3339 time in UTC');
  }
  if (!Array.isArray(secrets) || secrets.length > 0) return malformed('secrets', 'is not an empty list');
  const members = readMembers(parsed.members);
  if (!members.ok) return members;
  if (!members.value.some((member) => member.fp === leader_fp)) {
    return malformed('members', 'does not list the leader');
  }
  const params = readParams(parsed.params);
  if (!params.ok) return params;
  return {
    ok: true,
    value: {
      grove_id,
      seq,
      created_at,
      leader_fp,
      members: members.value,
      params: params.value,
      secrets: [],
    },
  };
}

/** The typed view of a payload that was accepted before. Throws when it is not valid: then it was not ours. */
export function payloadView(accepted: JsonObject): Payload {
  const { leader_fp } = accepted;
  const expectation = { leaderFingerprint: String(leader_fp), groveId: null, canonicalBytes: 0 };
  const verdict = validatePayload(accepted, expectation);
  assert(
    verdict.ok,
    verdict.ok ? '' : `an accepted payload is valid, but ${describePayloadRefusal(verdict.reason)}`,
  );
  return verdict.value;
}

/** Sequence numbers begin at 1. */
export function isSeq(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

/** What the sender of a refused payload is told. */
export function abortReasonOf(refusal: PayloadRefusal): AbortReason {
  return refusal.code === 'malformed' ? { other: 'malformed' } : refusal.code;
}

/** The refusal as one sentence for a log or an operator. Holds nothing a peer wrote but checked ids. */
export function describePayloadRefusal(refusal: PayloadRefusal): string {
  switch (refusal.code) {
    case 'payload_too_large':
      return `the payload has ${refusal.bytes} bytes, at most ${refusal.bytesMax} are allowed`;
    case 'leader_mismatch':
      return `the payload names the leader ${refusal.found}, this grove's is ${refusal.expected}`;
    case 'grove_mismatch':
      return `the payload is of grove ${refusal.found}, this one is ${refusal.expected}`;
    case 'malformed':
      return `the payload's ${refusal.field} ${refusal.problem}`;
  }
}

// g[impl payload.order]
function readMembers(value: Json | undefined): Verdict<Member[], PayloadRefusal> {
  if (!Array.isArray(value)) return malformed('members', 'is not a list');
  if (value.length > membersMax)
    return malformed('members', `has ${value.length} entries, at most ${membersMax} are allowed`);
  const members: Member[] = [];
  let previous = '';
  for (const [index, entry] of value.entries()) {
    const field = `members[${index}]`;
    if (!isObject(entry)) return malformed(field, 'is not an object');
    const { fp, label } = entry;
    if (typeof fp !== 'string' || !isFingerprint(fp)) return malformed(`${field}.fp`, 'is not a fingerprint');
    if (fp <= previous) return malformed(`${field}.fp`, 'does not follow the one before it');
    if (typeof label !== 'string')
      return malformed(`${field}.label`, `is not text of 1 to ${labelCharactersMax} characters`);
    const problem = labelProblem(label);
    if (problem !== null) return malformed(`${field}.label`, problem);
    members.push({ fp, label });
    previous = fp;
  }
  return { ok: true, value: members };
}

function readParams(value: Json | undefined): Verdict<Param[], PayloadRefusal> {
  if (!Array.isArray(value)) return malformed('params', 'is not a list');
  if (value.length > paramsMax)
    return malformed('params', `has ${value.length} entries, at most ${paramsMax} are allowed`);
  const params: Param[] = [];
  let previous = '';
  for (const [index, entry] of value.entries()) {
    const field = `params[${index}]`;
    if (!isObject(entry)) return malformed(field, 'is not an object');
    const param = readParam(entry, field);
    if (!param.ok) return param;
    if (param.value.name <= previous) return malformed(`${field}.name`, 'does not follow the one before it');
    params.push(param.value);
    previous = param.value.name;
  }
  return { ok: true, value: params };
}

// g[impl payload.secrets]
function readParam(entry: JsonObject, field: string): Verdict<Param, PayloadRefusal> {
  const { name, kind, value } = entry;
  if (typeof name !== 'string' || !isName(name)) return malformed(`${field}.name`, 'is not a name');
  if (typeof kind !== 'string' || !isParamKind(kind))
    return malformed(`${field}.kind`, 'is not a known kind');
  if (isSecretKind(kind)) return malformed(`${field}.kind`, 'is secret, and grove params never are');
  if (typeof value !== 'string' || !isWellFormed(value)) return malformed(`${field}.value`, 'is not text');
  const bytes = utf8Length(value);
  if (bytes > paramValueBytesMax) {
    return malformed(`${field}.value`, `has ${bytes} bytes, at most ${paramValueBytesMax} are allowed`);
  }
  return { ok: true, value: { name, kind, value } };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(field: string, problem: string): { ok: false; reason: PayloadRefusal } {
  return { ok: false, reason: { code: 'malformed', field, problem } };
}
