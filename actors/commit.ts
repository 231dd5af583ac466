/** Writes a payload that is at hand into the store, and says what it changed. */
import type { Standing } from '../machines/events.ts';
import type { AuditEntry } from '../src/ports/index.ts';
import { assert, formatTimestamp, memberFingerprints } from '../src/protocol/index.ts';
import type { Version } from '../src/protocol/types.ts';
import type { GroveParts } from './parts.ts';
import type { ShelvedPayload } from './payload-shelf.ts';

export interface Committed {
  readonly standing: Standing;
  readonly membersAdded: readonly string[];
  readonly membersRemoved: readonly string[];
  /** Names of params that were set, changed or unset. */
  readonly paramsChanged: readonly string[];
}

export interface CommitOptions {
  /** What was in force before; null when nothing was. */
  readonly previous: Version | null;
  readonly version: Version;
  readonly revokesUs: boolean;
  readonly replacesSameSeq: boolean;
  readonly audit?: AuditEntry;
}

/** One transaction; throws what the store throws. */
export function commitPayload(parts: GroveParts, options: CommitOptions): Committed {
  const { store, clock, signer } = parts.ports;
  const { version, revokesUs, replacesSameSeq, audit } = options;
  const shelved = parts.shelf.get(version);
  assert(shelved !== null, `payload ${version.seq} is at hand when it is stored`);
  const { payload } = shelved;
  const leaderKey = shelved.signed.leader_key;
  assert(leaderKey !== null, 'what is stored was verified with a key');
  const before = options.previous === null ? null : parts.shelf.get(options.previous);
  const diff = parts.work.diffPayloads(before?.payload ?? null, payload);
  const membersRemoved = diff.membersRemoved.map(({ fp }) => fp);
  const standing = standingOf(shelved, signer.fingerprint);
  store.commitPayload({
    role: standing.role,
    groveId: payload.grove_id,
    leaderFingerprint: payload.leader_fp,
    leaderKey,
    version,
    canonical: shelved.canonical,
    signature: shelved.signed.signature,
    members: payload.members,
    params: payload.params,
    removedFingerprints: membersRemoved,
    receivedAt: formatTimestamp(clock.now()),
    revokesUs,
    replacesSameSeq,
    ...(audit === undefined ? {} : { audit }),
  });
  return {
    standing,
    membersAdded: diff.membersAdded.map(({ fp }) => fp),
    membersRemoved,
    paramsChanged: [...diff.paramsSet, ...diff.paramsUnset].map(({ name }) => name),
  };
}

/** What a stored payload makes of this node. */
export function standingOf(shelved: ShelvedPayload, ownFingerprint: string): Standing {
  const { payload } = shelved;
  return {
    groveId: payload.grove_id,
    leaderFingerprint: payload.leader_fp,
    leaderKey: shelved.signed.leader_key,
    role: payload.leader_fp === ownFingerprint ? 'leader' : 'follower',
    version: { seq: payload.seq, hash: shelved.hash },
    signature: shelved.signed.signature,
    createdAt: payload.created_at,
    lineBytes: shelved.line.length,
    members: memberFingerprints(payload),
  };
}
