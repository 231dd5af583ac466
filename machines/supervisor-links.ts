/** The supervisor and its links: who comes up, who is kept, who goes, and what the dial loop hears of it. */
import {
  abortReasonText,
  closeCodeName,
  closeCodes,
  identityConflictMs,
  isListed,
  judgeBoot,
  judgeDuplicateLinks,
  linkSilentMs,
  parseRevokedReason,
  parseTimestamp,
  revocationVoicesMin,
} from '../src/protocol/index.ts';
import { inTurn } from './changes.ts';
import type { LinkDialled, LinkRetire, PeersChanged } from './dial-events.ts';
import type { LinkAccepted, TrustSet, WorldChanged } from './events.ts';
import type { PeerCloned, PeerClosed, PeerGreeted, PeerHints } from './peer-events.ts';
import { handOver, maySpare, pushOf, withoutLink } from './supervisor-branches.ts';
import {
  type LinkRecord,
  nothing,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  toLinks,
} from './supervisor-context.ts';

/** Another link: greet the peer on it. While joining, with what the invite says instead of a standing. */
export function greetPeer(context: SupervisorContext, event: LinkAccepted | LinkDialled): SupervisorStep {
  const { linkId, fingerprint, address } = event;
  const direction = event.type === 'link.accepted' ? ('inbound' as const) : ('outbound' as const);
  const order = context.linksMade + 1;
  const wanted = pushOf(context, fingerprint);
  const record: LinkRecord = {
    linkId,
    fingerprint,
    direction,
    address,
    order,
    boot: null,
    greetedAt: null,
    wanted,
    push: 'version',
    branch: false,
    retiring: false,
  };
  const { ownFingerprint, boot, announceFirstBytes } = context.input;
  const pin = context.join?.pin ?? null;
  const input = {
    linkId,
    fingerprint,
    direction,
    address,
    ownFingerprint,
    boot,
    standing: context.standing,
    pin,
    push: wanted,
    ...(announceFirstBytes === undefined ? {} : { announceFirstBytes }),
  };
  return {
    changes: { links: { ...context.links, [linkId]: record }, linksMade: order },
    effects: [{ do: 'spawn-peer', input }],
  };
}

/** A link that nobody can use now. */
export function turnAway(
  _context: SupervisorContext,
  { linkId }: LinkAccepted | LinkDialled,
): SupervisorStep {
  const reason = 'this node is in no grove';
  return {
    changes: {},
    effects: [
      { do: 'endpoint', event: { type: 'link.reject', linkId, code: closeCodes.unauthorised, reason } },
    ],
  };
}

export function noteGreeted(context: SupervisorContext, { linkId, boot, at }: PeerGreeted): SupervisorStep {
  const record = context.links[linkId];
  if (record === undefined) return nothing;
  return {
    changes: { links: { ...context.links, [linkId]: { ...record, boot, greetedAt: at } } },
    effects: [],
  };
}

/** What follows a greeting between members: others hear of it, the peer hears our addresses. */
export function welcomePeer(context: SupervisorContext, event: PeerGreeted): SupervisorStep {
  const { linkId, fingerprint, version, at } = event;
  const record = context.links[linkId];
  if (record === undefined) return nothing;
  const { direction, address } = record;
  const effects: SupervisorEffect[] = [
    { do: 'emit', event: { type: 'grove.peer-connected', fp: fingerprint, direction, address } },
    { do: 'dialLoop', event: { type: 'link.up', fingerprint, address, direction, at } },
  ];
  if (context.standing?.role === 'leader') {
    effects.push({ do: 'publisher', event: { type: 'member.heard', fingerprint, seq: version.seq } });
  }
  if (context.peerEntries.length > 0 && !isCrossing(context, event)) {
    effects.push({ do: 'peer', linkId, event: { type: 'peers.tell', entries: context.peerEntries } });
  }
  const revocationVoices = context.revocationVoices.filter((voice) => voice !== fingerprint);
  return { changes: { revocationVoices }, effects };
}

/** Both sides dialled: this same process was told our addresses over the other link, and one of the two will close. */
function isCrossing({ links }: SupervisorContext, { linkId, fingerprint, boot }: PeerGreeted): boolean {
  const direction = links[linkId]?.direction;
  return Object.values(links).some(
    (other) => other.fingerprint === fingerprint && other.boot === boot && other.direction !== direction,
  );
}

// g[impl gossip.clone]
export function judgeBoots(
  context: SupervisorContext,
  { fingerprint, boot, at }: PeerGreeted,
): SupervisorStep {
  const { history, conflict } = judgeBoot(context.boots[fingerprint] ?? [], boot);
  const changes = { boots: { ...ofMembers(context, context.boots), [fingerprint]: history } };
  if (!conflict) return { changes, effects: [] };
  const noted = noteConflict(context, { fingerprint, at });
  return { changes: inTurn(changes, noted.changes), effects: noted.effects };
}

// g[impl gossip.clone]
/** Two processes use one key: told once, and again when they meet anew after a while. */
export function noteConflict(
  context: SupervisorContext,
  { fingerprint, at }: Pick<PeerCloned, 'fingerprint' | 'at'>,
): SupervisorStep {
  const conflicts = { ...ofMembers(context, context.conflicts), [fingerprint]: at };
  return {
    changes: { conflicts },
    effects: isCloned(context, fingerprint, at)
      ? []
      : [{ do: 'emit', event: { type: 'grove.identity-conflict', fp: fingerprint } }],
  };
}

/** Whether two processes with this key met lately. */
function isCloned({ conflicts }: SupervisorContext, fingerprint: string, at: string): boolean {
  const met = parseTimestamp(conflicts[fingerprint] ?? '');
  return met !== null && (parseTimestamp(at) ?? 0) - met < identityConflictMs;
}

/** Without those who left since: as many as there are members, at most. */
function ofMembers<Known>(
  { standing }: SupervisorContext,
  byFingerprint: { readonly [fingerprint: string]: Known },
): { readonly [fingerprint: string]: Known } {
  const members = standing?.members ?? [];
  const known = Object.entries(byFingerprint);
  if (known.length <= members.length) return byFingerprint;
  return Object.fromEntries(known.filter(([fingerprint]) => isListed(members, fingerprint)));
}

// g[impl gossip.duplicate-links]
export function settleDuplicates(
  context: SupervisorContext,
  { fingerprint, at }: PeerGreeted,
): SupervisorStep {
  // One that is about to go is no rival: the peer may have closed it by now.
  const isOfPeer = (link: LinkRecord) => link.fingerprint === fingerprint && !link.retiring;
  const links = Object.values(context.links).filter(isOfPeer);
  if (links.length < 2) return nothing;
  const judged = links.map(({ linkId, direction, order, boot, greetedAt }) => {
    // A peer that dials again has given up the link it dialled before.
    return { id: linkId, direction, order, boot, greeted: greetedAt !== null, silentMs: linkSilentMs };
  });
  const cloned = isCloned(context, fingerprint, at);
  const { keep, close } = judgeDuplicateLinks(judged, context.input.ownFingerprint, fingerprint, { cloned });
  const kept = context.links[keep ?? ''];
  if (kept === undefined) return nothing;
  const surplus = links.filter(({ linkId }) => close.includes(linkId));
  const code = closeCodes.duplicate;
  const reason = 'the other link to this peer is kept';
  return surplus.reduce<SupervisorStep>(({ changes, effects }, link) => {
    const over = handOver({ ...context, ...changes }, link, kept);
    const { linkId, boot } = link;
    const retire = { type: 'peer.retire', code, reason, replaced: boot === kept.boot } as const;
    return {
      changes: over.changes,
      effects: [...effects, ...over.effects, { do: 'peer', linkId, event: retire }],
    };
  }, nothing);
}

export function forgetLink(context: SupervisorContext, event: PeerClosed): SupervisorStep {
  const { linkId, fingerprint } = event;
  const record = context.links[linkId];
  if (record === undefined) return nothing;
  const { changes, effects: grafts } = withoutLink(context, linkId);
  const reason = endText(event);
  const effects: SupervisorEffect[] = [
    { do: 'stop', id: peerActorId(linkId) },
    { do: 'news', event: { type: 'news.link-gone', linkId } },
    ...grafts,
  ];
  if (event.greeted)
    effects.push({ do: 'emit', event: { type: 'grove.peer-disconnected', fp: fingerprint, reason } });
  if (event.greeted || record.direction === 'outbound') {
    const { greeted } = event;
    const down = {
      type: 'link.down' as const,
      fingerprint,
      greeted,
      error: !isOrderly(event, changes.links ?? {}),
      reason,
    };
    effects.push({ do: 'dialLoop', event: event.at === null ? down : { at: event.at, ...down } });
  }
  return { changes, effects };
}

// g[impl gossip.suspicion]
/**
 * Somebody says that we are out. The leader is believed, and so are two others. Nobody is who speaks of a number that
 * we hold or are past: that payload is older than the one that lists us.
 */
export function hearRevocation(context: SupervisorContext, event: PeerClosed): SupervisorStep {
  if (event.by !== 'peer' || event.code !== closeCodes.revoked) return nothing;
  const { standing } = context;
  const removedAt = parseRevokedReason(event.reason);
  const isStale =
    removedAt === null
      ? event.fingerprint !== standing?.leaderFingerprint
      : removedAt <= (standing?.version.seq ?? 0);
  if (isStale) return nothing;
  const voices = context.revocationVoices.filter((voice) => voice !== event.fingerprint);
  return {
    changes: { revocationVoices: [...voices, event.fingerprint].slice(-revocationVoicesMin) },
    effects: [],
  };
}

export function isSuspected({ revocationVoices, standing }: SupervisorContext): boolean {
  const leader = standing?.leaderFingerprint ?? '';
  return revocationVoices.length >= revocationVoicesMin || revocationVoices.includes(leader);
}

export function suspect(_context: SupervisorContext, on: boolean): SupervisorStep {
  return { changes: {}, effects: [{ do: 'dialLoop', event: { type: 'revocation.suspected', on } }] };
}

// g[impl dial.surplus]
export function retireLinks(context: SupervisorContext, { fingerprint }: LinkRetire): SupervisorStep {
  if (!maySpare(context, fingerprint)) return nothing;
  const effects = Object.values(context.links)
    .filter((link) => link.fingerprint === fingerprint)
    .map(
      ({ linkId }): SupervisorEffect => ({
        do: 'peer',
        linkId,
        event: { type: 'peer.close', code: closeCodes.ok, reason: 'enough other links' },
      }),
    );
  return { changes: {}, effects };
}

export function closeLinks(context: SupervisorContext, code: number, reason: string): SupervisorStep {
  return { changes: {}, effects: toLinks(context, { type: 'peer.close', code, reason }) };
}

export function passHints(_context: SupervisorContext, { fingerprint, entries }: PeerHints): SupervisorStep {
  return { changes: {}, effects: [{ do: 'dialLoop', event: { type: 'hints', from: fingerprint, entries } }] };
}

// g[impl dial.own-addresses]
export function passWorldChange(
  { input }: SupervisorContext,
  { what, ownAddresses }: WorldChanged,
): SupervisorStep {
  const clockMoved: SupervisorEffect = { do: 'applier', event: { type: 'clock.moved' } };
  if (what === 'clock') return { changes: {}, effects: [clockMoved] };
  const { listensOnLoopback } = input;
  return {
    // A dial loop that is started again begins with these.
    changes: { input: { ...input, ownAddresses } },
    effects: [
      clockMoved,
      { do: 'dialLoop', event: { type: 'addresses.changed', ownAddresses, listensOnLoopback } },
      { do: 'dialLoop', event: { type: 'wake' } },
    ],
  };
}

// g[impl hint.when]
/** Peers that are linked are told what is new to them; everything is kept for those that are linked later. */
export function tellPeers(context: SupervisorContext, { entries, news }: PeersChanged): SupervisorStep {
  const effects = Object.values(context.links).flatMap(({ linkId, fingerprint, greetedAt }) => {
    // What is new about a peer is none to itself.
    const isNews = news.some((entry) => entry.fingerprint !== fingerprint);
    if (greetedAt === null || !isNews) return [];
    return { do: 'peer', linkId, event: { type: 'peers.tell', entries: news } } satisfies SupervisorEffect;
  });
  return { changes: { peerEntries: entries }, effects };
}

export function trustNobody(context: SupervisorContext): SupervisorStep {
  return { changes: {}, effects: [{ do: 'endpoint', event: nobodyTrusted(context) }] };
}

// g[impl gossip.stopping]
/** A member that dials while we go down must not hear that it is no member. */
export function receiveNobody(context: SupervisorContext): SupervisorStep {
  const event = { ...nobodyTrusted(context), farewell };
  return { changes: {}, effects: [{ do: 'endpoint', event }] };
}

const farewell = { code: closeCodes.shuttingDown, reason: 'this node stops' };

function nobodyTrusted({ standing }: SupervisorContext): TrustSet {
  return { type: 'trust.set', members: [], seq: standing?.version.seq ?? 0 };
}

/** Links of a node that goes down. */
export function closeForGood(context: SupervisorContext): SupervisorStep {
  return closeLinks(context, farewell.code, farewell.reason);
}

/** Nobody is dialled any more. */
export function restDialling(_context: SupervisorContext): SupervisorStep {
  return { changes: {}, effects: [{ do: 'dialLoop', event: { type: 'membership.changed', members: [] } }] };
}

export function peerActorId(linkId: string): string {
  return `peer.${linkId}`;
}

/**
 * Ends that call for no redial at once: both sides agreed, or there is another link. Without one the link that was kept
 * leads to another process with our key, and the peer learns that when we come back.
 */
function isOrderly({ by, code, fingerprint }: PeerClosed, others: SupervisorContext['links']): boolean {
  if (by === 'transport') return false;
  if (code !== closeCodes.duplicate) return code === closeCodes.ok;
  return by === 'us' || Object.values(others).some((link) => link.fingerprint === fingerprint);
}

/** How a link ended, in words for events and for an operator. */
export function endText({ by, code, reason, aborted }: PeerClosed): string {
  const word = code === null ? 'time-out' : by === 'transport' ? `transport ${code}` : closeCodeName(code);
  const why = aborted === null ? reason : abortReasonText(aborted);
  return why === '' || why === word ? word : `${word}: ${why}`;
}
