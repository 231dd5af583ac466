/** What the operator interface asks of this node, answered from the store and from the running actors. */
import { nanoid } from 'nanoid';
import type { GroveSystem, SettledRequest } from '../../actors/index.ts';
import type {
  GroveCommand,
  GroveState,
  GroveStatus,
  HistoryEntry,
  NodeControl,
  PeerStatus,
  Problem,
} from '../operator/index.ts';
import type { Clock, GroveStore, StoredVersion } from '../ports/index.ts';
import { diffPayloads, formatTimestamp, listChanges, payloadView } from '../protocol/index.ts';
import type { Payload, Refusal, RequestActor, Verdict } from '../protocol/types.ts';
import { findProblems } from './problems.ts';

const historyLimitDefault = 20;
const historyLimitMax = 200;

export interface NodeControlParts {
  readonly system: GroveSystem;
  readonly store: GroveStore;
  readonly clock: Clock;
  readonly ownFingerprint: string;
  /** The node listens on loopback only. */
  readonly loopbackOnly: boolean;
}

const notMember: { readonly ok: false; readonly reason: Refusal } = {
  ok: false,
  reason: { code: 'not_found', message: 'this node is in no grove: run `grove init` or `grove join` first' },
};

export function createNodeControl(parts: NodeControlParts): NodeControl {
  const { system, store, clock } = parts;

  /** Reads of a grove, refused outside one. */
  function inGrove<Result>(read: (payload: Payload) => Result): Verdict<Result, Refusal> {
    const payload = currentPayload(parts);
    return payload === null ? notMember : { ok: true, value: read(payload) };
  }

  return {
    status: () => statusOf(parts),
    members: () => inGrove(({ members }) => members.map(({ fp, label }) => ({ fingerprint: fp, label }))),
    params: () => inGrove(() => store.params()),
    peers: () => inGrove((payload) => peersOf(parts, payload)),
    history: ({ limit = historyLimitDefault, beforeSeq }) =>
      inGrove(() => historyOf(parts, Math.min(limit, historyLimitMax), beforeSeq)),
    payload: (seq) => {
      const { standing } = system.supervisor.getSnapshot().context;
      if (standing === null) return notMember;
      const stored = store.payloadAt(seq ?? standing.version.seq);
      if (stored !== null) return { ok: true, value: { ...stored.signed } };
      return {
        ok: false,
        reason: { code: 'not_found', message: `number ${seq} is not kept here: see \`grove history\`` },
      };
    },
    execute: (command, actor) => execute(parts, command, actor),
    subscribe: (since, deliver) => system.events.subscribe(since, deliver),
    record: ({ method, summary, actor }) => {
      store.appendAudit({ at: formatTimestamp(clock.now()), actor, method, summary });
    },
  };
}

async function execute(
  { system, store, clock }: NodeControlParts,
  command: GroveCommand,
  actor: RequestActor,
): Promise<SettledRequest> {
  const requestId = nanoid();
  switch (command.type) {
    case 'init':
      return system.request({ type: 'found', requestId, label: command.label, actor });
    case 'change':
      return system.request({
        type: 'publish',
        requestId,
        change: command.change,
        expectSeq: command.expectSeq ?? null,
        force: command.force ?? false,
        actor,
      });
    case 'join': {
      const { inviters: targets, leader_fp, leader_key, grove_id } = command.invite;
      const acceptRollback = command.acceptRollback ?? false;
      const pin = { leaderFingerprint: leader_fp, leaderKey: leader_key, groveId: grove_id, acceptRollback };
      return audited('join', `join through ${targets.map(({ address }) => address).join(', ')}`, () =>
        system.request({ type: 'join', requestId, actor, targets, pin }),
      );
    }
    case 'leave':
      return audited('leave', 'leave the grove', () =>
        system.request({ type: 'leave', requestId, actor, force: command.force ?? false }),
      );
  }

  /** Publishes are audited in their own transaction; what else changed the node is noted when it is done. */
  async function audited(
    method: string,
    summary: string,
    run: () => Promise<SettledRequest>,
  ): Promise<SettledRequest> {
    const settled = await run();
    if (settled.ok) store.appendAudit({ at: formatTimestamp(clock.now()), actor, method, summary });
    return settled;
  }
}

function currentPayload({ system }: NodeControlParts): Payload | null {
  const { standing } = system.supervisor.getSnapshot().context;
  const shelved = standing === null ? null : system.shelf.get(standing.version);
  return shelved === null ? null : shelved.payload;
}

function statusOf(parts: NodeControlParts): GroveStatus {
  const snapshot = parts.system.supervisor.getSnapshot();
  const { standing } = snapshot.context;
  const own_fp = parts.ownFingerprint;
  const problems: readonly Problem[] = findProblems(parts);
  const payload = currentPayload(parts);
  const state = stateOf(parts);
  if (standing === null || payload === null) return { is_member: false, state, own_fp, problems };
  return {
    is_member: true,
    state,
    role: standing.role,
    grove_id: standing.groveId,
    leader_fp: standing.leaderFingerprint,
    own_fp,
    current_seq: standing.version.seq,
    payload_hash: standing.version.hash,
    created_at: standing.createdAt,
    members_count: payload.members.length,
    params_count: payload.params.length,
    connected_peers: connectedPeers(parts).size,
    problems,
  };
}

export function stateOf({ system }: NodeControlParts): GroveState {
  const snapshot = system.supervisor.getSnapshot();
  if (snapshot.matches('revoked')) return 'revoked';
  if (snapshot.context.degraded !== null) return 'degraded';
  if (snapshot.matches({ member: { following: 'suspectedRevoked' } })) return 'suspected-revoked';
  if (snapshot.matches({ member: 'leading' })) return 'leading';
  if (snapshot.matches({ member: 'following' })) return 'following';
  if (snapshot.matches('joining')) return 'joining';
  return snapshot.context.standing === null
    ? 'outside'
    : snapshot.context.standing.role === 'leader'
      ? 'leading'
      : 'following';
}

/** Links that both sides greeted on, by fingerprint. */
export function connectedPeers({ system }: NodeControlParts) {
  const { links } = system.supervisor.getSnapshot().context;
  const greeted = Object.values(links).filter(({ greetedAt }) => greetedAt !== null);
  return new Map(greeted.map((link) => [link.fingerprint, link]));
}

function peersOf(parts: NodeControlParts, payload: Payload): readonly PeerStatus[] {
  const { children } = parts.system.supervisor.getSnapshot();
  const dialLoop = children['dialLoop']?.getSnapshot();
  const book =
    dialLoop !== undefined && 'context' in dialLoop && 'book' in dialLoop.context
      ? dialLoop.context.book
      : {};
  const connected = connectedPeers(parts);
  return payload.members
    .filter(({ fp }) => fp !== parts.ownFingerprint)
    .map(({ fp, label }) => {
      const link = connected.get(fp);
      const row = book[fp];
      const peer = link === undefined ? undefined : children[`peer.${link.linkId}`]?.getSnapshot();
      const theirs =
        peer !== undefined && 'context' in peer && 'theirs' in peer.context ? peer.context.theirs : null;
      return {
        fingerprint: fp,
        label,
        connected: link !== undefined,
        direction: link?.direction ?? null,
        seq: theirs?.version.seq ?? null,
        addresses: row?.addresses.map(({ address }: { readonly address: string }) => address) ?? [],
        last_connected_at: row?.lastConnectedAt ?? null,
        last_seen_at: row?.lastSeenAt ?? null,
        last_error: row?.lastError ?? null,
      };
    });
}

// i[impl grove.history]
function historyOf(
  { store, system }: NodeControlParts,
  limit: number,
  beforeSeq: number | undefined,
): readonly HistoryEntry[] {
  // One more than asked for: the last entry is compared with the one before it.
  const versions = store.history(
    beforeSeq === undefined ? { limit: limit + 1 } : { limit: limit + 1, beforeSeq },
  );
  // The newest event may still wait to be written with others.
  system.events.flush();
  const publishers = store.publishers(versions.at(-1)?.version.seq ?? 0, versions[0]?.version.seq ?? 0);
  return versions.slice(0, limit).map((stored, index) => ({
    ...entryOf(stored, versions[index + 1] ?? null),
    actor: publishers.get(stored.version.seq) ?? null,
  }));
}

function entryOf(stored: StoredVersion, before: StoredVersion | null): Omit<HistoryEntry, 'actor'> {
  const payload = payloadView(stored.signed.payload);
  const previous = before === null ? null : payloadView(before.signed.payload);
  // With the number before not kept, the differences are not known: only the first number starts from nothing.
  const known = previous !== null || stored.version.seq === 1;
  return {
    seq: stored.version.seq,
    created_at: payload.created_at,
    received_at: stored.receivedAt,
    changes: known ? listChanges(diffPayloads(previous, payload)) : [],
  };
}
