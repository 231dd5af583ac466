/** The string an operator copies to the node that is to join: `grove1:` + base64url(JSON with a checksum). */
import { parseAddress } from './address.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { canonicalBytes } from './canonical.ts';
import { sha256Hex } from './hash.ts';
import { fingerprintOfKey, publicKeyRefusal } from './keys.ts';
import { inviteCharactersMax, inviteInvitersMax } from './limits.ts';
import { isFingerprint, isUuid } from './names.ts';
import { isObject } from './payload.ts';
import { parseStrictJson } from './strict-json.ts';
import type { Json, Verdict } from './types.ts';

export interface Invite {
  /** Where to dial, best first, each with the fingerprint expected there. At least one, at most 16. */
  readonly inviters: readonly { readonly address: string; readonly fingerprint: string }[];
  readonly leader_fp: string;
  /** 64 hex digits; null in an invite given as ADDR INVITER_FP LEADER_FP. */
  readonly leader_key: string | null;
  /** Null when not known yet. */
  readonly grove_id: string | null;
}

/** Why an invite is refused; `message` tells the operator what to do. */
export interface InviteRefusal {
  readonly code:
    | 'not_an_invite'
    | 'other_version'
    | 'too_long'
    | 'damaged'
    | 'bad_address'
    | 'bad_fingerprint'
    | 'contradictory';
  readonly message: string;
}

type InviteVerdict = Verdict<Invite, InviteRefusal>;

const prefix = 'grove1:';
const checksumDigits = 8;

/** One line of ASCII without spaces. Throws on an invite that `decodeInvite` would refuse: that is our own mistake. */
export function encodeInvite(invite: Invite): string {
  const checked = check(invite);
  if (!checked.ok) throw new Error(`an invite cannot be written: ${checked.reason.message}`);
  const body = toJson(checked.value);
  return prefix + encodeBase64url(canonicalBytes({ ...body, checksum: checksumOf(body) }));
}

// g[impl payload.invite]
/** Reads what an operator pasted; spaces and line breaks that a terminal put into it do no harm. */
export function decodeInvite(text: string): InviteVerdict {
  if (text.length > inviteCharactersMax)
    return refuse('too_long', 'the invite is too long: copy only the one string');
  const compact = text.replace(/\s+/g, '');
  if (!compact.startsWith(prefix)) {
    return /^grove\d+:/.test(compact)
      ? refuse('other_version', 'the invite was made by another version of the program: upgrade this node')
      : refuse(
          'not_an_invite',
          `an invite begins with ${prefix}: copy the whole string that \`grove invite\` printed`,
        );
  }
  const bytes = decodeBase64url(compact.slice(prefix.length));
  const json = bytes === null ? null : parseStrictJson(bytes);
  if (json === null || !json.ok || !isObject(json.value)) return damaged();
  const { checksum, ...body } = json.value;
  if (checksum !== checksumOf(body)) return damaged();
  const invite = fromJson(body);
  return invite === null ? damaged() : check(invite);
}

/** The invite in `grove join ADDR INVITER_FP LEADER_FP`. */
export function inviteFromParts(
  address: string,
  inviterFingerprint: string,
  leaderFingerprint: string,
): InviteVerdict {
  const inviters = [{ address, fingerprint: inviterFingerprint }];
  return check({ inviters, leader_fp: leaderFingerprint, leader_key: null, grove_id: null });
}

function toJson({ inviters, leader_fp, leader_key, grove_id }: Invite): { readonly [key: string]: Json } {
  return {
    inviters: inviters.map(({ address, fingerprint }) => ({ address, fingerprint })),
    leader_fp,
    leader_key,
    grove_id,
  };
}

/** The form alone. */
function fromJson({
  inviters,
  leader_fp,
  leader_key,
  grove_id,
}: {
  readonly [key: string]: Json;
}): Invite | null {
  if (!Array.isArray(inviters) || typeof leader_fp !== 'string') return null;
  if (typeof leader_key !== 'string' && leader_key !== null) return null;
  if (typeof grove_id !== 'string' && grove_id !== null) return null;
  const read: { address: string; fingerprint: string }[] = [];
  for (const inviter of inviters) {
    if (!isObject(inviter)) return null;
    const { address, fingerprint } = inviter;
    if (typeof address !== 'string' || typeof fingerprint !== 'string') return null;
    read.push({ address, fingerprint });
  }
  return { inviters: read, leader_fp, leader_key, grove_id };
}

/** What must hold however the invite came in. */
function check(invite: Invite): InviteVerdict {
  const { inviters, leader_fp, leader_key, grove_id } = invite;
  if (inviters.length === 0 || inviters.length > inviteInvitersMax) {
    return refuse('bad_address', `an invite has 1 to ${inviteInvitersMax} addresses`);
  }
  if (!inviters.every(({ address }) => parseAddress(address) !== null)) {
    return refuse(
      'bad_address',
      'an address is an IP address and a port: 192.0.2.7:7891 or [2001:db8::7]:7891',
    );
  }
  if (!isFingerprint(leader_fp) || !inviters.every(({ fingerprint }) => isFingerprint(fingerprint))) {
    return refuse('bad_fingerprint', 'a fingerprint is 64 lowercase hex digits, as `fingerprint` prints it');
  }
  if (grove_id !== null && !isUuid(grove_id)) return damaged();
  if (
    leader_key !== null &&
    (publicKeyRefusal(leader_key) !== null || fingerprintOfKey(leader_key) !== leader_fp)
  ) {
    return refuse('contradictory', "the invite's leader key is not the leader's: ask for a new invite");
  }
  return { ok: true, value: invite };
}

function checksumOf(body: { readonly [key: string]: Json }): string {
  return sha256Hex(canonicalBytes(body)).slice(0, checksumDigits);
}

function damaged(): { ok: false; reason: InviteRefusal } {
  return refuse('damaged', 'the invite is incomplete or was changed on the way: copy it again, whole');
}

function refuse(code: InviteRefusal['code'], message: string): { ok: false; reason: InviteRefusal } {
  return { ok: false, reason: { code, message } };
}
