/** What the operator interface asks of this node, answered from the store and from the running actors. */
import { nanoid } from 'nanoid';
import type { GroveSystem, SettledRequest } from '../../actors/index.ts';
import type {
  GroveCommand,
  GroveState,
  GroveStatus,
  NodeControl,
  PeerStatus,
  Problem,
} from '../operator/index.ts';
import type { Clock, GroveStore } from '../ports/index.ts';
import { formatTimestamp } from '../protocol/index.ts';
import type { Payload, Refusal, RequestActor, Verdict } from '../protocol/types.ts';
import { createAppsControl } from './apps-control.ts';
import { findProblems } from './problems.ts';
import { readHistory } from './read-history.ts';

export interface NodeControlParts {
  readonly system: GroveSystem;
  readonly store: GroveStore;
  readonly clock: Clock;
  readonly ownFingerprint: string;
  /** The node listens on loopback only. */
  readonly loopbackOnly: boolean;
  /** What is wrong with the files the node keeps for others. Absent: it keeps none. */
  readonly fileProblems?: () => readonly Problem[];
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
    apps: createAppsControl(parts),
    status: () => statusOf(parts),
    members: () => inGrove(({ members }) => members.map(({ fp, label }) => ({ fingerprint: fp, label }))),
    params: () => inGrove(() => store.params()),
    peers: () => inGrove((payload) => peersOf(parts, payload)),
    history: async (options) => {
      if (currentPayload(parts) === null) return notMember;
      // The newest event may still wait to be written with others.
      system.events.flush();
      return { ok: true, value: await readHistory(parts, options) };
    },
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
    audit: (limit) => store.audit(limit),
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
    case 'accept-jump':
      return audited('accept-jump', `accept the payload with the number ${command.seq}`, () =>
        system.request({ type: 'jump.accept', requestId, actor, seq: command.seq }),
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
