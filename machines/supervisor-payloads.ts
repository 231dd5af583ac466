/** The supervisor and the payload: what is handed on, what follows from a payload in force, what is reported. */
import { abortReasonText, refusedPayloadMs } from '../src/protocol/index.ts';
import type { RequestActor } from '../src/protocol/types.ts';
import { inTurn } from './changes.ts';
import type {
  ForkDetected,
  JumpAccept,
  JumpSettled,
  PayloadApplied,
  PayloadPublished,
  PayloadRejected,
  PublishRefused,
  PublishUnchanged,
  StoreDegraded,
} from './events.ts';
import type { Candidate, CandidateJudged, PayloadVerified } from './peer-events.ts';
import { rowsOfMembers } from './supervisor-book.ts';
import { handOn, tellAtOnce } from './supervisor-branches.ts';
import {
  type LinkRecord,
  nothing,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  settle,
} from './supervisor-context.ts';

export function passCandidate(_context: SupervisorContext, event: Candidate): SupervisorStep {
  return { changes: {}, effects: [{ do: 'applier', event }] };
}

/** The link may be over by now: judging takes as long as a full disk does. */
export function passVerdict(context: SupervisorContext, event: CandidateJudged): SupervisorStep {
  const link = context.links[event.linkId];
  if (link === undefined) return nothing;
  if (event.outcome.kind === 'duplicate' && staysBranch(context, link)) return nothing;
  return { changes: {}, effects: [{ do: 'peer', linkId: event.linkId, event }] };
}

// g[impl gossip.prune]
/**
 * A copy does not prune the link over which the next payload is expected: it had this one sooner and was asked for it. Nor over
 * two links of one peer, where everything comes twice, the one that stays.
 */
function staysBranch(context: SupervisorContext, { linkId, fingerprint }: LinkRecord): boolean {
  return linkId === context.source || linksOf(context, [fingerprint]).length > 1;
}

// g[impl gossip.relay-before-store]
/** A payload of the leader's: on to the links, and only then to the disk. */
export function relay(context: SupervisorContext, event: PayloadVerified): SupervisorStep {
  const { version, linkId, fingerprint } = event;
  const received: SupervisorEffect[] =
    linkId === null
      ? []
      : [{ do: 'emit', event: { type: 'grove.payload-received', peer_fp: fingerprint, seq: version.seq } }];
  return {
    changes: { source: linkId !== null && linkId in context.links ? linkId : null, unannounced: event },
    // Others wait for the links, and for the disk: what is told here comes behind both.
    effects: [
      ...handOn(context, event),
      { do: 'applier', event: { type: 'payload.relayed' } },
      ...received,
      { do: 'news', event: { type: 'news.arrived', version } },
    ],
  };
}

/** A payload is in force: links, trust, dial loop and applier follow it. */
export function takeApplied(context: SupervisorContext, event: PayloadApplied): SupervisorStep {
  const { standing, revokesUs } = event;
  const taken = { standing, revoked: revokesUs, ...bookAfter(context, event) };
  const reports = reportApplied(event, null);
  if (revokesUs) return { changes: taken, effects: reports };
  // Whoever said that we are out spoke of a payload before this one.
  const changes = { revocationVoices: [], ...taken };
  const told = spread(context, event);
  return { changes: inTurn(changes, told.changes), effects: [...reports, ...told.effects] };
}

/** The leader's own next payload: stored, so the links may have it. */
export function takePublished(context: SupervisorContext, event: PayloadPublished): SupervisorStep {
  const { standing, membersRemoved, actor } = event;
  const { version, lineBytes } = standing;
  const fingerprint = context.input.ownFingerprint;
  const verified: PayloadVerified = {
    type: 'payload.verified',
    linkId: null,
    fingerprint,
    boot: null,
    version,
    lineBytes,
    membersRemoved,
  };
  const told = spread(context, event);
  return {
    changes: { standing, ...bookAfter(context, event), unannounced: verified, ...told.changes },
    effects: [
      ...handOn(context, verified),
      { do: 'news', event: { type: 'news.arrived', version } },
      ...told.effects,
      { do: 'applier', event: { type: 'standing.changed', standing } },
      ...reportApplied(event, actor),
    ],
  };
}

/** Only members are kept, and a payload seldom removes one. */
function bookAfter(
  { book, standing: before }: SupervisorContext,
  { standing, membersRemoved }: PayloadApplied | PayloadPublished,
): Pick<SupervisorContext, 'book'> {
  const staysAsItIs = before !== null && membersRemoved.length === 0;
  return { book: staysAsItIs ? book : rowsOfMembers(book, standing) };
}

// g[impl membership.trust]
/** Those who are out are told first, then the trust gate closes, then the others hear what we hold now. */
function spread(context: SupervisorContext, event: PayloadApplied | PayloadPublished): SupervisorStep {
  const { standing, membersAdded, membersRemoved } = event;
  const { version, members } = standing;
  const out = linksOf(context, membersRemoved);
  const { changes, effects: toOthers } = tellAtOnce(context, standing, out);
  const news: SupervisorEffect[] = [{ do: 'news', event: { type: 'news.stored', version } }];
  if (standing.role === 'leader')
    news.push({ do: 'publisher', event: { type: 'standing.changed', standing } });
  if (membersAdded.length + membersRemoved.length === 0) return { changes, effects: [...toOthers, ...news] };
  const effects: SupervisorEffect[] = [
    // g[impl gossip.revocation]
    ...out.map(
      (linkId): SupervisorEffect => ({ do: 'peer', linkId, event: { type: 'peer.revoke', version } }),
    ),
    { do: 'endpoint', event: { type: 'trust.set', members, seq: version.seq } },
    ...toOthers,
    ...news,
    { do: 'dialLoop', event: { type: 'membership.changed', members } },
  ];
  return { changes, effects };
}

function linksOf(context: SupervisorContext, fingerprints: readonly string[]): string[] {
  return Object.values(context.links)
    .filter(({ fingerprint }) => fingerprints.includes(fingerprint))
    .map(({ linkId }) => linkId);
}

function reportApplied(
  { standing, paramsChanged, membersAdded, membersRemoved }: PayloadApplied | PayloadPublished,
  actor: RequestActor | null,
): SupervisorEffect[] {
  const by = actor === null ? {} : { actor };
  const { seq } = standing.version;
  const members_changed = membersAdded.length + membersRemoved.length > 0;
  return [
    {
      do: 'emit',
      event: { type: 'grove.payload-applied', seq, params_changed: paramsChanged, members_changed, ...by },
    },
    ...membersRemoved.map(
      (fp): SupervisorEffect => ({ do: 'emit', event: { type: 'grove.member-revoked', fp, ...by } }),
    ),
  ];
}

/** What a node that starts as a member tells its actors. */
export function beginMembership({ standing }: SupervisorContext): SupervisorStep {
  if (standing === null) return nothing;
  const { members, version } = standing;
  return {
    changes: {},
    effects: [{ do: 'endpoint', event: { type: 'trust.set', members, seq: version.seq } }],
  };
}

// g[impl leader.recovery]
/** A leader that takes a payload from a member was restored from a backup. */
export function reportRecovered(context: SupervisorContext, event: PayloadApplied): SupervisorStep {
  if (context.standing?.role !== 'leader') return nothing;
  const { seq } = event.standing.version;
  return { changes: {}, effects: [{ do: 'emit', event: { type: 'grove.leader-state-recovered', seq } }] };
}

export function reportRejected(_context: SupervisorContext, event: PayloadRejected): SupervisorStep {
  const { fingerprint, hash, reason } = event;
  const effects: SupervisorEffect[] = [
    {
      do: 'emit',
      event: { type: 'grove.payload-rejected', peer_fp: fingerprint, reason: abortReasonText(reason) },
    },
  ];
  // A bad signature says nothing about the payload whose hash was named.
  if (hash !== '' && reason !== 'signature_invalid') {
    const forMs = event.setAside ? null : refusedPayloadMs;
    effects.push({ do: 'news', event: { type: 'news.refused', hash, forMs } });
  }
  return { changes: {}, effects };
}

// g[impl gossip.fork]
/** Everybody reports a fork; the leader ends it with the next number. */
export function reportFork(context: SupervisorContext, event: ForkDetected): SupervisorStep {
  const { seq, hashes, fingerprint } = event;
  const effects: SupervisorEffect[] = [
    { do: 'emit', event: { type: 'grove.fork-detected', seq, hashes, peer_fp: fingerprint } },
  ];
  if (context.standing?.role === 'leader') {
    effects.push({
      do: 'publisher',
      event: {
        type: 'publish',
        requestId: `fork.${seq}`,
        change: { kind: 'republish' },
        expectSeq: null,
        force: true,
        actor: { kind: 'node', id: context.input.ownFingerprint, display: 'fork repair' },
      },
    });
  }
  return { changes: {}, effects };
}

export function settlePublished(
  context: SupervisorContext,
  { requestId, standing }: PayloadPublished,
): SupervisorStep {
  const { version, members, groveId, leaderFingerprint } = standing;
  const value = {
    grove_id: groveId,
    seq: version.seq,
    leader_fp: leaderFingerprint,
    members_count: members.length,
  };
  return { changes: answered(context, requestId), effects: [settle(requestId, { ok: true, value })] };
}

export function settleRefusedPublish(context: SupervisorContext, event: PublishRefused): SupervisorStep {
  const { requestId, refusal, actor } = event;
  const { current_bytes, cap_bytes } = refusal.details ?? {};
  const size =
    typeof current_bytes === 'number' && typeof cap_bytes === 'number' ? { current_bytes, cap_bytes } : {};
  return {
    changes: answered(context, requestId),
    effects: [
      { do: 'emit', event: { type: 'grove.publish-rejected', reason: refusal.message, ...size, actor } },
      settle(requestId, { ok: false, reason: refusal }),
    ],
  };
}

export function settleUnchanged(context: SupervisorContext, { requestId }: PublishUnchanged): SupervisorStep {
  const value = heldValue(context);
  return { changes: answered(context, requestId), effects: [settle(requestId, { ok: true, value })] };
}

/** What a request that leads to the payload in force is answered with. */
function heldValue({ standing }: SupervisorContext) {
  return {
    grove_id: standing?.groveId ?? '',
    seq: standing?.version.seq ?? 0,
    leader_fp: standing?.leaderFingerprint ?? '',
    members_count: standing?.members.length ?? 0,
  };
}

export function acceptJump(_context: SupervisorContext, event: JumpAccept): SupervisorStep {
  return { changes: { accepting: event.requestId }, effects: [{ do: 'applier', event }] };
}

/** A payload that could not be written was answered already when it is in force at last. */
export function settleJump(context: SupervisorContext, { requestId, refusal }: JumpSettled): SupervisorStep {
  if (context.accepting !== requestId) return nothing;
  const verdict =
    refusal === null
      ? { ok: true as const, value: heldValue(context) }
      : { ok: false as const, reason: refusal };
  return { changes: { accepting: null }, effects: [settle(requestId, verdict)] };
}

function answered({ publishing }: SupervisorContext, requestId: string): Partial<SupervisorContext> {
  return { publishing: publishing.filter((id) => id !== requestId) };
}

export function noteDegraded(_context: SupervisorContext, { detail }: StoreDegraded): SupervisorStep {
  return {
    changes: { degraded: detail },
    effects: [{ do: 'emit', event: { type: 'grove.store-degraded', detail } }],
  };
}

export function noteRecovered(_context: SupervisorContext): SupervisorStep {
  return { changes: { degraded: null }, effects: [{ do: 'emit', event: { type: 'grove.store-recovered' } }] };
}
