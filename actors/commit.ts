/** Writes a payload that is at hand into the store, and says what it changed. */
import type { Standing } from '../machines/events.ts';
import type { AuditEntry, PayloadCommit } from '../src/ports/index.ts';
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

/** One transaction, on the disk when it returns; throws what the store throws. */
export function commitPayload(parts: GroveParts, options: CommitOptions): Committed {
  const { commit, committed } = prepare(parts, options);
  parts.ports.store.commitPayload(commit);
  return committed;
}

/**
 * The same without waiting for the disk: `settled` hears whether it is stored. Not for a leader: nothing of its own
 * may be on the way to the disk while it drafts the next number.
 */
export function commitPayloadSoon(
  parts: GroveParts,
  options: CommitOptions,
  settled: (committed: Committed, failure: unknown) => void,
): void {
  const { commit, committed } = prepare(parts, options);
  const { store } = parts.ports;
  if (commit.role === 'leader') {
    store.commitPayload(commit);
    settled(committed, null);
  } else {
    store.commitPayloadSoon(commit, (failure) => settled(committed, failure));
  }
}

function prepare(
  parts: GroveParts,
  options: CommitOptions,
): { readonly commit: PayloadCommit; readonly committed: Committed } {
  const { clock, signer } = parts.ports;
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
  const commit: PayloadCommit = {
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
  };
  const committed: Committed = {
    standing,
    membersAdded: diff.membersAdded.map(({ fp }) => fp),
    membersRemoved,
    paramsChanged: [...diff.paramsSet, ...diff.paramsUnset].map(({ name }) => name),
  };
  return { commit, committed };
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
