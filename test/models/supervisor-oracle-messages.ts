/** What the supervisor tells links, endpoint and applier, and in which order: `gossip.revocation`, `membership.trust`. */
import type { Standing } from '../../machines/events.ts';
import type { PayloadVerified, PeerWants } from '../../machines/peer-events.ts';
import type { Row } from '../machines/transition-rows.ts';
import { demand, to } from './model.ts';
import type { Step, SupervisorMemory } from './supervisor-oracle.ts';
import type { Link } from './supervisor-oracle-branches.ts';

/** What goes to links, to the endpoint and to the applier, and in which order. */
export function judgeMessages(before: SupervisorMemory, next: SupervisorMemory, { event, rows }: Step): void {
  const peers = rows.flatMap((row) => ('to' in row && row.to.startsWith('peer.') ? [row] : []));
  for (const { to: peer } of peers) {
    const id = peer.replace('peer.', '');
    demand(id in before.links || id in next.links, 'nothing is said to a link that is gone');
  }
  if (event.type === 'payload.verified') judgeRelay(before, event, rows);
  if (event.type === 'peer.wants') judgeLate(before, event, rows);
  if (event.type === 'payload.applied' || event.type === 'payload.published')
    judgeRevocation(before, next, event, rows);
  const closes = ['revoked', 'stopping', 'failed'].includes(next.life) && next.life !== before.life;
  const leaves = before.life === 'leaving' && next.life === 'outside';
  if (closes || leaves) {
    const told = peers.filter(({ event: said }) =>
      ['peer.close', 'peer.revoke'].includes((said as Said).type),
    );
    const ids = new Set(told.map(({ to: peer }) => peer.replace('peer.', '')));
    for (const id of Object.keys(next.links)) demand(ids.has(id), `every link closes: ${id} does not`);
  }
}

type Said = { readonly type: string; readonly members?: readonly string[] };

/**
 * To the links over which it goes at once and to those of whoever brought it, but not to whom it removes; then, and only
 * then, it may be stored.
 */
function judgeRelay(
  { life, links }: SupervisorMemory,
  { fingerprint, membersRemoved, lineBytes }: PayloadVerified,
  rows: readonly Row[],
): void {
  const hands = ['following', 'leading', 'joining'].includes(life);
  const order = wordsOf(rows);
  const copies = copiesIn(order);
  const due = Object.entries(links).filter(
    ([, link]) =>
      (goesAtOnce(link, lineBytes) || link.fingerprint === fingerprint) &&
      !membersRemoved.includes(link.fingerprint),
  );
  const expected = hands ? due.map(([id]) => `peer.${id} payload.verified`) : [];
  demand(
    copies.toSorted().join() === expected.toSorted().join(),
    `hands on to ${copies}, should to ${expected}`,
  );
  const relayed = order.indexOf('applier payload.relayed');
  demand(relayed >= 0 === hands, hands ? 'what is handed on is stored' : 'nothing is handed on here');
  demand(
    copies.every((word) => order.indexOf(word) < relayed || relayed < 0),
    'handed on, then stored',
  );
}

/** A payload is wanted there, and a long one unannounced. */
function goesAtOnce({ lazy, branch }: Pick<Link, 'lazy' | 'branch'>, lineBytes: number): boolean {
  return !lazy && (branch || lineBytes <= announceFirstBytes);
}

/** What was handed on where payloads are wanted, and the others have not been told of. One that comes during a round waits for the next. */
export function unannouncedAfter(
  { life, unannounced, standing: before }: SupervisorMemory,
  { standing }: SupervisorMemory,
  { event }: Step,
): SupervisorMemory['unannounced'] {
  const isMember = ['following', 'leading'].includes(life);
  switch (event.type) {
    case 'payload.verified':
      if (!isMember && life !== 'joining') return unannounced;
      return { seq: event.version.seq, lineBytes: event.lineBytes, removed: event.membersRemoved };
    case 'payload.published':
      if (standing === before) return unannounced;
      return {
        seq: event.standing.version.seq,
        lineBytes: event.standing.lineBytes,
        removed: event.membersRemoved,
      };
    case 'news.announce':
      if (!isMember && life !== 'leaving') return unannounced;
      return (unannounced?.seq ?? 0) > (standing?.seq ?? 0) ? unannounced : null;
    default:
      return standing === null && before !== null ? null : unannounced;
  }
}

/** Whoever asks for it before the newest was announced is handed it, if it was not. */
function judgeLate(
  { links, unannounced }: SupervisorMemory,
  { linkId, push, branch }: PeerWants,
  rows: readonly Row[],
): void {
  const link = links[linkId];
  const isDue =
    link !== undefined &&
    unannounced !== null &&
    goesAtOnce({ lazy: push === 'hello', branch }, unannounced.lineBytes) &&
    !goesAtOnce(link, unannounced.lineBytes) &&
    !unannounced.removed.includes(link.fingerprint);
  const expected = isDue ? [`peer.${linkId} payload.verified`] : [];
  const copies = copiesIn(wordsOf(rows));
  demand(copies.join() === expected.join(), `hands on late to ${copies}, should to ${expected}`);
}

function wordsOf(rows: readonly Row[]): readonly string[] {
  return rows.flatMap((row) => ('to' in row ? [`${row.to} ${(row.event as Said).type}`] : []));
}

function copiesIn(order: readonly string[]): readonly string[] {
  return order.filter((word) => word.endsWith('payload.verified'));
}

/** Those who are out are told first, then the gate closes, then the others hear what is held now. */
function judgeRevocation(
  before: SupervisorMemory,
  next: SupervisorMemory,
  { membersRemoved, standing }: { readonly membersRemoved: readonly string[]; readonly standing: Standing },
  rows: readonly Row[],
): void {
  if (next.standing?.seq !== standing.version.seq || next.revoked || next.standing === before.standing)
    return;
  const order = wordsOf(rows);
  const out = Object.keys(next.links).filter((id) =>
    membersRemoved.includes(next.links[id]?.fingerprint ?? ''),
  );
  const gate = order.indexOf('endpoint trust.set');
  for (const id of out) {
    const word = order.indexOf(`peer.${id} peer.revoke`);
    demand(word >= 0 && word < gate, `who is out is told first: ${id}`);
    demand(!order.includes(`peer.${id} announce`), 'who is out hears nothing else');
  }
  for (const id of next.told) {
    const word = order.indexOf(`peer.${id} announce`);
    demand(word > gate, `the others hear what is held, and then: ${id}`);
  }
}

const announceFirstBytes = 8192;

/**
 * Who is told what is held: of a long payload at once those that want payloads, but not who brought it; the others when
 * the moment has come. Returns those that know.
 */
export function judgeTold(
  before: SupervisorMemory,
  next: SupervisorMemory,
  { event, rows }: Step,
): readonly string[] {
  const said = rows.flatMap((row) =>
    'to' in row && (row.event as Said).type === 'announce' ? [row.to.replace('peer.', '')] : [],
  );
  const isHeld = 'standing' in event && next.standing !== before.standing && !next.revoked;
  const isMoment =
    event.type === 'news.announce' && ['following', 'leading', 'leaving'].includes(before.life);
  const removed = 'membersRemoved' in event ? event.membersRemoved : [];
  const isLong = isHeld && event.standing.lineBytes > announceFirstBytes;
  // One that took the place of another is claimed by every hello from now on.
  const isFork = isHeld && event.standing.version.seq === before.standing?.seq;
  const due = Object.entries(before.links).flatMap(([id, { fingerprint, lazy }]) => {
    if (isMoment) return before.told.includes(id) ? [] : [id];
    const isUrgent = isFork || (isLong && !lazy && id !== before.source);
    return isUrgent && !removed.includes(fingerprint) ? [id] : [];
  });
  demand(said.toSorted().join() === due.toSorted().join(), `tells ${said} what is held, should tell ${due}`);
  return isMoment ? [] : isHeld ? due : before.told;
}

/** A candidate goes to the applier, and its verdict to the link that brought it, once each. */
export function judgeNews(
  { life, links, source }: SupervisorMemory,
  next: SupervisorMemory,
  { event, rows }: Step,
): void {
  if (event.type === 'candidate') {
    const takes = ['joining', 'following', 'leading'].includes(life);
    const given = to(rows, 'applier').filter(({ type }) => type === 'candidate').length;
    demand(given === (takes ? 1 : 0), takes ? 'a candidate is judged' : 'no candidate is judged here');
  }
  if (event.type === 'candidate.judged') {
    const told = to(rows, `peer.${event.linkId}`).filter(({ type }) => type === 'candidate.judged').length;
    const { kind } = event.outcome;
    const fingerprint = links[event.linkId]?.fingerprint;
    const twins = Object.values(links).filter((link) => link.fingerprint === fingerprint).length;
    // A copy is no reason to prune what is to bring the next one, nor one of two links over which all comes twice.
    const isBranch = twins > 1 || event.linkId === source;
    const due = event.linkId in links && !(kind === 'duplicate' && isBranch);
    demand(told === (due ? 1 : 0), 'a link hears once how its payload was judged');
  }
  const ended = rows.some((row) => 'emit' in row && (row.emit as Said).type === 'node.failed');
  demand(ended === (next.life === 'failed' && life !== 'failed'), 'the node says once that it cannot go on');
}
