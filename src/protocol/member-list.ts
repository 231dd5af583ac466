/**
 * Lists of members. A payload names its members in ascending order, and everything made from it keeps that order, so
 * that one list serves every reader and nobody needs an index of its own.
 */
import type { Payload } from './types.ts';

const fingerprints = new WeakMap<Payload['members'], readonly string[]>();
/** The last list that was made. Most payloads list whom the one before listed, and then share it. */
let latest: readonly string[] = [];

/** Fingerprints of a payload's members, ascending; the same list each time. */
export function memberFingerprints({ members }: Pick<Payload, 'members'>): readonly string[] {
  const known = fingerprints.get(members);
  if (known !== undefined) return known;
  const isLatest = members.length === latest.length && members.every(({ fp }, index) => fp === latest[index]);
  if (!isLatest) latest = members.map(({ fp }) => fp);
  fingerprints.set(members, latest);
  return latest;
}

/** Those of one ascending list that another does not hold. */
export function missingFrom(before: readonly string[], after: readonly string[]): readonly string[] {
  if (before === after) return [];
  const missing: string[] = [];
  let index = 0;
  for (const fingerprint of before) {
    while (index < after.length && (after[index] ?? '') < fingerprint) index += 1;
    if (after[index] === fingerprint) index += 1;
    else missing.push(fingerprint);
  }
  return missing;
}

/** Whether an ascending list of fingerprints holds this one. */
export function isListed(members: readonly string[], fingerprint: string): boolean {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = members[middle] ?? '';
    if (found === fingerprint) return true;
    if (found < fingerprint) low = middle + 1;
    else high = middle;
  }
  return false;
}
