/**
 * The next payload of a grove: the current one, a change, a time. Refuses, before anything is numbered or
 * signed, what cannot be published, in the words of the operator interface.
 */
import { assert } from './assert.ts';
import { canonicalBytes, utf8Length } from './canonical.ts';
import { shortFingerprint } from './keys.ts';
import {
  integerMax,
  membersMax,
  paramsMax,
  paramValueBytesMax,
  payloadBytesLeaderMax,
  payloadBytesMax,
} from './limits.ts';
import {
  isFingerprint,
  isName,
  isParamKind,
  isSecretKind,
  isWellFormed,
  labelProblem,
  nameRule,
} from './names.ts';
import { describePayloadRefusal, validatePayload } from './payload.ts';
import { printable } from './printable.ts';
import { formatTimestamp } from './timestamp.ts';
import type { Change, ErrorCode, Json, Member, Param, Payload, Refusal, Verdict } from './types.ts';

/** The first payload of a new grove, with its leader as the only member. */
export interface InitChange {
  readonly kind: 'init';
  readonly groveId: string;
  readonly leader: Member;
}

export type PayloadDraft =
  /** The change asks for what is already so: answer with the current number and publish nothing. */
  | { readonly unchanged: true }
  | { readonly unchanged: false; readonly payload: Payload; readonly canonicalBytes: number };

export type DraftVerdict = Verdict<PayloadDraft, Refusal>;

interface Content {
  readonly members: readonly Member[];
  readonly params: readonly Param[];
}
/** What a change turns the content into; null when it stays as it is. */
type ContentVerdict = Verdict<Content | null, Refusal>;

// g[impl payload.draft] g[impl payload.refusals]
/** Drafts the payload that follows `current`, dated `now` (milliseconds since the epoch). Refusals change nothing. */
export function draftPayload(
  current: Payload | null,
  change: Change | InitChange,
  { now }: { readonly now: number },
): DraftVerdict {
  if (change.kind === 'init') return draftFirst(current, change, now);
  if (current === null)
    return refuse('not_found', 'this node is in no grove: run `grove init` or `grove join` first');
  const content = apply(current, change);
  if (!content.ok) return content;
  // g[impl payload.idempotent]
  if (content.value === null) return { ok: true, value: { unchanged: true } };
  if (current.seq >= integerMax)
    return refuse('requirements_invalid', 'the grove has used its last sequence number');
  const { grove_id, leader_fp } = current;
  const payload = makePayload({ ...content.value, grove_id, leader_fp, seq: current.seq + 1, now });
  // Publishing the same again ends a fork and must always be possible.
  const capBytes = change.kind === 'republish' ? payloadBytesMax : payloadBytesLeaderMax;
  return measured(payload, { publishedBytes: canonicalBytes(toJson(current)).length, capBytes });
}

/** The payload as JSON: exactly its seven fields, nothing else that the object may carry. */
export function toJson(payload: Payload): { readonly [key: string]: Json } {
  return {
    grove_id: payload.grove_id,
    seq: payload.seq,
    created_at: payload.created_at,
    leader_fp: payload.leader_fp,
    members: payload.members.map(({ fp, label }) => ({ fp, label })),
    params: payload.params.map(({ name, kind, value }) => ({ name, kind, value })),
    secrets: [],
  };
}

function draftFirst(current: Payload | null, init: InitChange, now: number): DraftVerdict {
  if (current !== null) return refuse('already_installed', 'this node is already in a grove: leave it first');
  const problem = memberProblem(init.leader);
  if (problem !== null) return problem;
  const { groveId, leader } = init;
  const payload = makePayload({
    grove_id: groveId,
    leader_fp: leader.fp,
    seq: 1,
    now,
    members: [leader],
    params: [],
  });
  return measured(payload, { publishedBytes: 0, capBytes: payloadBytesLeaderMax });
}

function apply(current: Payload, change: Change): ContentVerdict {
  switch (change.kind) {
    case 'invite':
      return invite(current, change.member);
    case 'revoke':
      return revoke(current, change.fp);
    case 'params':
      return changeParams(current, change);
    case 'republish':
      return { ok: true, value: { members: current.members, params: current.params } };
  }
}

function invite(current: Payload, member: Member): ContentVerdict {
  const problem = memberProblem(member);
  if (problem !== null) return problem;
  const present = current.members.find(({ fp }) => fp === member.fp);
  if (present !== undefined) {
    return refuse(
      'already_installed',
      `${shortFingerprint(member.fp)} is already a member, as ${present.label}`,
    );
  }
  if (current.members.length >= membersMax) {
    return refuse(
      'requirements_invalid',
      `the grove has ${membersMax} members, the most there can be: revoke one first`,
      {
        members_count: current.members.length,
        members_max: membersMax,
      },
    );
  }
  return { ok: true, value: { members: [...current.members, member], params: current.params } };
}

function revoke(current: Payload, fp: string): ContentVerdict {
  if (fp === current.leader_fp) {
    return refuse('requirements_invalid', 'the leader cannot be revoked: it is the one who signs');
  }
  const members = current.members.filter((member) => member.fp !== fp);
  if (members.length === current.members.length) {
    return refuse('not_found', `no member has the fingerprint ${printable(fp, 64)}: see \`grove members\``);
  }
  return { ok: true, value: { members, params: current.params } };
}

function changeParams(current: Payload, change: Extract<Change, { kind: 'params' }>): ContentVerdict {
  const params = new Map(current.params.map((param) => [param.name, param]));
  const named = new Set<string>();
  let changed = false;
  for (const param of change.set) {
    const problem = paramProblem(param) ?? namedTwice(named, param.name);
    if (problem !== null) return problem;
    const before = params.get(param.name);
    if (before?.kind === param.kind && before.value === param.value) continue;
    params.set(param.name, { name: param.name, kind: param.kind, value: param.value });
    changed = true;
  }
  for (const name of change.unset) {
    const problem = namedTwice(named, name);
    if (problem !== null) return problem;
    if (!params.delete(name)) {
      return refuse('not_found', `the grove has no param ${printable(name, 64)}: see \`grove params\``, {
        name: printable(name, 64),
      });
    }
    changed = true;
  }
  if (params.size > paramsMax) {
    return refuse(
      'requirements_invalid',
      `that would be ${params.size} params, at most ${paramsMax} are allowed`,
      {
        params_count: params.size,
        params_max: paramsMax,
      },
    );
  }
  return { ok: true, value: changed ? { members: current.members, params: [...params.values()] } : null };
}

function namedTwice(named: Set<string>, name: string): RefusalVerdict | null {
  if (named.has(name))
    return refuse('invalid_request', `${printable(name, 64)} is named twice in one change`);
  named.add(name);
  return null;
}

function memberProblem({ fp, label }: Member): RefusalVerdict | null {
  if (!isFingerprint(fp)) return refuse('invalid_request', 'a fingerprint is 64 lowercase hex digits');
  const problem = labelProblem(label);
  return problem === null ? null : refuse('requirements_invalid', `the label ${problem}`);
}

function paramProblem({ name, kind, value }: Param): RefusalVerdict | null {
  const shown = printable(name, 64);
  if (!isName(name)) return refuse('requirements_invalid', `${shown} is not a name: ${nameRule}`);
  if (!isParamKind(kind)) return refuse('requirements_invalid', `${shown} has an unknown kind`);
  if (isSecretKind(kind)) {
    return refuse(
      'requirements_invalid',
      `${shown} would be secret: every member can read grove params, so they never are`,
      {
        name,
        kind,
      },
    );
  }
  if (!isWellFormed(value))
    return refuse('requirements_invalid', `the value of ${shown} is not valid Unicode`);
  const bytes = utf8Length(value);
  if (bytes > paramValueBytesMax) {
    return refuse(
      'requirements_invalid',
      `the value of ${shown} has ${bytes} bytes, at most ${paramValueBytesMax} are allowed`,
      { name, value_bytes: bytes, value_bytes_max: paramValueBytesMax },
    );
  }
  return null;
}

interface Parts extends Content {
  readonly grove_id: string;
  readonly leader_fp: string;
  readonly seq: number;
  readonly now: number;
}

function makePayload({ grove_id, leader_fp, seq, now, members, params }: Parts): Payload {
  return {
    grove_id,
    seq,
    created_at: formatTimestamp(now),
    leader_fp,
    members: [...members].sort((left, right) => (left.fp < right.fp ? -1 : 1)),
    params: [...params].sort((left, right) => (left.name < right.name ? -1 : 1)),
    secrets: [],
  };
}

// g[impl payload.leader-size]
/** The size rule, then the same judgement every receiver will make. */
function measured(
  payload: Payload,
  size: { readonly publishedBytes: number; readonly capBytes: number },
): DraftVerdict {
  const json = toJson(payload);
  const bytes = canonicalBytes(json).length;
  if (bytes > size.capBytes && bytes >= size.publishedBytes) {
    return refuse(
      'requirements_invalid',
      `the payload would have ${bytes} bytes, at most ${size.capBytes} are allowed: shorten or unset params, or revoke members`,
      { current_bytes: bytes, cap_bytes: size.capBytes, published_bytes: size.publishedBytes },
    );
  }
  const { grove_id, leader_fp } = payload;
  const verdict = validatePayload(json, {
    leaderFingerprint: leader_fp,
    groveId: grove_id,
    canonicalBytes: bytes,
  });
  assert(
    verdict.ok,
    verdict.ok ? '' : `a draft must be valid, but ${describePayloadRefusal(verdict.reason)}`,
  );
  return { ok: true, value: { unchanged: false, payload, canonicalBytes: bytes } };
}

interface RefusalVerdict {
  readonly ok: false;
  readonly reason: Refusal;
}

function refuse(
  code: ErrorCode,
  message: string,
  details?: { readonly [key: string]: Json },
): RefusalVerdict {
  return { ok: false, reason: details === undefined ? { code, message } : { code, message, details } };
}
