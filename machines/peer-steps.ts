/**
 * What one link does next: one pure function for each thing that can happen, from its context and the event to changes
 * of the context and effects. The statechart says when they apply.
 */
import {
  abortReasonText,
  closeCodes,
  helloFrom,
  isBranch,
  judgeHello,
  type LinkNews,
  owesPayload,
  protocolVersion,
  revokedReason,
  sameVersion,
} from '../src/protocol/index.ts';
import type { AbortReason, HelloMessage, Version } from '../src/protocol/types.ts';
import { inTurn } from './changes.ts';
import type { Standing } from './events.ts';
import {
  newestOf,
  nothing,
  nothingHeld,
  oursOf,
  type PeerContext,
  type PeerEffect,
  type PeerStep,
} from './peer-context.ts';
import type {
  Announce,
  CandidateJudged,
  Coming,
  HelloEvent,
  PayloadVerified,
  PeerClosed,
  PeerRevoke,
  VersionEvent,
  Want,
  WireClosed,
} from './peer-events.ts';

// g[impl gossip.hello]
/** Says what we have stored, and how we want our news over this link. */
export function sayHello(context: PeerContext): PeerStep {
  const { ours, ownFingerprint: fingerprint, boot } = context;
  // While joining, the grove of the invite is what we expect, not what we are in.
  const groveId = ours.version.seq === 0 ? null : ours.groveId;
  const hello = helloFrom({ fingerprint, boot, ...ours, groveId }, context.weWant);
  const said = context.wishUnsaid ? { wishUnsaid: false } : {};
  return { changes: { told: ours.version, ...said }, effects: [{ do: 'say', event: hello }] };
}

export function judgeTheirHello(context: PeerContext, hello: HelloMessage) {
  const { ours, theirs, ownFingerprint: fingerprint } = context;
  const standing = { fingerprint, protocolVersion, ...ours };
  return judgeHello(standing, context.fingerprint, hello, theirs?.claimedSeq);
}

/** A hello we cannot live with: says why where there is a word for it. */
export function refuseHello(context: PeerContext, hello: HelloEvent): PeerStep {
  const verdict = judgeTheirHello(context, hello);
  switch (verdict.kind) {
    case 'abort':
      return abort(verdict.reason, abortReasonText(verdict.reason));
    case 'protocol-error':
      return closingWith(closeCodes.protocolError, verdict.detail);
    default:
      return refuseOurselves(context, hello);
  }
}

// g[impl gossip.clone]
/** Our own key: a dial that led back to us, or a second process that has it. */
function refuseOurselves({ linkId, fingerprint, boot }: PeerContext, { nonce, at }: HelloEvent): PeerStep {
  const { changes } = closingWith(closeCodes.duplicate, 'this is the node itself');
  if (nonce === boot) return { changes, effects: [] };
  return { changes, effects: [{ do: 'tell', event: { type: 'peer.cloned', linkId, fingerprint, at } }] };
}

/** The first hello: the link is up. The side with the newer payload sends it. */
export function greet(context: PeerContext, hello: HelloEvent): PeerStep {
  const changes = heard(context, hello);
  const after = { ...context, ...changes };
  const { linkId, fingerprint } = context;
  const version = theirsOf(after);
  const greeted: PeerEffect = {
    do: 'tell',
    event: { type: 'peer.greeted', linkId, fingerprint, boot: hello.nonce, version, at: hello.at },
  };
  const answer = answerGreeting(after);
  const effects = [greeted, ...answer.effects];
  return { changes: inTurn(changes, answer.changes), effects };
}

function answerGreeting(context: PeerContext): PeerStep {
  if (owesPayload(newsOf(context), 'greeting')) return sendNewest(context);
  if (isBehind(context)) return { changes: {}, effects: [announced(context, 'over-this-link')] };
  // What was stored between our hello and theirs was announced to the others without us.
  return tellHeld(context);
}

// g[impl gossip.announcement]
/** A later hello: what the peer holds by now, and how it wants its news. */
export function hearAnnouncement(context: PeerContext, hello: HelloEvent): PeerStep {
  const changes = heard(context, hello);
  const after = { ...context, ...changes };
  if (asksAgain(after, hello)) return announceAgain(after, changes);
  const answer = owesPayload(newsOf(after), 'hello')
    ? sendNewest(after)
    : isBehind(after)
      ? // Over a link that carries payloads, an announcement alone means that it will not come unasked.
        { changes: {}, effects: [announced(after, 'when-asked')] }
      : nothing;
  return { changes: inTurn(changes, answer.changes), effects: answer.effects };
}

/** The step, and a word to the supervisor when it changes how the peer gets its news over this link. */
export function tellWishes(context: PeerContext, step: PeerStep): PeerStep {
  const { changes, effects } = step;
  if (!('theyWant' in changes || 'sent' in changes)) return step;
  const after = { ...context, ...changes };
  const { linkId, theyWant: push } = after;
  const branch = isBranch(after);
  if (push === context.theyWant && branch === isBranch(context)) return step;
  const wants: PeerEffect = { do: 'tell', event: { type: 'peer.wants', linkId, push, branch } };
  return { changes, effects: [...effects, wants] };
}

// g[impl gossip.once]
/** The peer wants payloads, and claims less than it was told of and sent. */
function asksAgain(context: PeerContext, hello: HelloMessage): boolean {
  const { sent, told, newest } = context;
  const isSent = sameVersion(told, sent) && sameVersion(newest.version, sent);
  return isSent && hello.push === 'version' && theirsOf(context).seq < newest.version.seq;
}

/** Its hello may have crossed what was sent. The one that answers this announcement has not. */
function announceAgain(after: PeerContext, changes: Partial<PeerContext>): PeerStep {
  const hello = sayHello(after);
  return { changes: inTurn(changes, hello.changes, { sent: null }), effects: hello.effects };
}

// g[impl gossip.relay-before-store]
/** A payload passed verification: it goes on at once, before it is stored here. */
export function handOn(context: PeerContext, event: PayloadVerified): PeerStep {
  // What was judged late is no news.
  if (event.version.seq < context.newest.version.seq) return nothing;
  const newest = { version: event.version, lineBytes: event.lineBytes };
  const changes = { newest, ...(isBringer(context, event) ? holds(context, event.version) : {}) };
  const after = { ...context, ...changes };
  const sent = owesPayload(newsOf(after), 'verified') ? sendNewest(after) : nothing;
  return { changes: inTurn(changes, sent.changes), effects: sent.effects };
}

/**
 * The peer brought it, over this link or another. The same key is not enough: a process that was restarted since may have
 * lost it, and a second process with the key never had it. Of what was set aside only the key is known.
 */
function isBringer({ fingerprint, theirs }: PeerContext, event: PayloadVerified): boolean {
  return event.fingerprint === fingerprint && (event.boot === null || event.boot === theirs?.boot);
}

/** Not before the greeting: their hello decides what they are told. */
export function takeAnnounced(context: PeerContext, { standing }: Announce): PeerStep {
  return { changes: claims(context, standing), effects: [] };
}

// g[impl gossip.announcement]
/** We stored it, and this is the moment to say so. Over a link on which it was not handed on it may be owed. */
export function announce(context: PeerContext, { standing }: Announce): PeerStep {
  const changes = claims(context, standing);
  const after = { ...context, ...changes };
  const sent = owesPayload(newsOf(after), 'verified') ? sendNewest(after) : nothing;
  const told = tellHeld({ ...after, ...sent.changes });
  return {
    changes: inTurn(changes, sent.changes, told.changes),
    effects: [...sent.effects, ...told.effects],
  };
}

/** What our hellos claim from now on. A newer payload may be verified already and on its way to the peer. */
function claims({ newest }: PeerContext, standing: Standing): Partial<PeerContext> {
  const isOlder = standing.version.seq < newest.version.seq;
  return { ours: oursOf(standing), newest: isOlder ? newest : newestOf(standing) };
}

/** Says what we hold now and wish, unless the peer knows: it was told, or it has the payload from us. */
function tellHeld(context: PeerContext): PeerStep {
  const { told, sent, ours, wishUnsaid } = context;
  const isKnown = sameVersion(told, ours.version) || sameVersion(sent, ours.version);
  return isKnown && !wishUnsaid ? nothing : sayHello(context);
}

// g[impl gossip.pull]
/** Asks for what was announced; from now on the link carries payloads again. */
export function pull(context: PeerContext): PeerStep {
  const changes = { weWant: 'version' as const };
  const hello = sayHello({ ...context, ...changes });
  return { changes: inTurn(changes, hello.changes), effects: hello.effects };
}

export function submitCandidate(context: PeerContext, message: VersionEvent): PeerStep {
  const { linkId, fingerprint, theirs } = context;
  const boot = theirs?.boot ?? null;
  return {
    changes: {},
    effects: [{ do: 'tell', event: { type: 'candidate', linkId, fingerprint, boot, message } }],
  };
}

/** How the payload this link brought was judged. Refusals end the link; see `refuseCandidate`. */
export function hearVerdict(context: PeerContext, { outcome }: CandidateJudged): PeerStep {
  switch (outcome.kind) {
    case 'duplicate':
      return prune(context, outcome.seq);
    // g[impl gossip.fork]
    case 'forked': {
      const changes = holds(context, outcome.version);
      const after = { ...context, ...changes };
      const sent = owesPayload(newsOf(after), 'verified') ? sendNewest(after) : nothing;
      return { changes: inTurn(changes, sent.changes), effects: sent.effects };
    }
    // g[impl gossip.advice]
    case 'parked':
      return outcome.why === 'created_in_future'
        ? {
            changes: {},
            effects: [{ do: 'say', event: { type: 'abort', reason: { other: 'created_in_future' } } }],
          }
        : nothing;
    default:
      return nothing;
  }
}

/** What we were sent is refused for good: the peer is told, and the link ends. */
export function refuseCandidate(_context: PeerContext, { outcome }: CandidateJudged): PeerStep {
  return outcome.kind === 'refused' ? abort(outcome.reason, outcome.detail) : nothing;
}

// g[impl gossip.prune]
/** A payload that came a second time: this branch of the tree is not needed. */
function prune(context: PeerContext, seq: number): PeerStep {
  const { version } = context.newest;
  // Ours may have moved on while the copy was judged.
  const changes = seq === version.seq ? holds(context, version) : {};
  const wish = wantAnnouncements(context);
  return { changes: inTurn(changes, wish.changes), effects: wish.effects };
}

// g[impl gossip.swap]
/** How we want our news from now on. The next hello says so, and is said even if the peer knows what we hold. */
export function wantLater({ weWant, lacksPush }: PeerContext, { push }: Want): PeerStep {
  if (lacksPush || push === weWant) return nothing;
  return { changes: { weWant: push, wishUnsaid: true }, effects: [] };
}

/** Asks for no more payloads over this link. */
export function wantAnnouncements(context: PeerContext): PeerStep {
  const isSaid = context.weWant === 'hello' && !context.wishUnsaid;
  if (isSaid || context.lacksPush) return nothing;
  const changes = { weWant: 'hello' as const };
  const hello = sayHello({ ...context, ...changes });
  return { changes: inTurn(changes, hello.changes), effects: hello.effects };
}

// g[impl gossip.revocation]
/**
 * The peer is no member any more. One that holds the number before, or has it under way on this link, is sent the
 * payload that says so: it learns nothing it did not know. The others are only told the number.
 */
export function revoke(context: PeerContext, { version }: PeerRevoke): PeerStep {
  const before = version.seq - 1;
  const follows = theirsOf(context).seq === before || context.sent?.seq === before;
  const proof: PeerEffect[] =
    follows && !sameVersion(context.sent, version)
      ? [{ do: 'say', event: { type: 'version', ...version } }]
      : [];
  return {
    changes: { closing: { code: closeCodes.revoked, reason: revokedReason(version.seq) } },
    effects: proof,
  };
}

/** Reasons after which the link stays: the peer only says that it does not take a payload yet. */
export function isAdvice(reason: AbortReason): boolean {
  return typeof reason === 'object' && reason.other === 'created_in_future';
}

export function noteEnd(_context: PeerContext, { by, code, reason, at }: WireClosed): PeerStep {
  return { changes: { end: { by, code, reason, at } }, effects: [] };
}

export function reportClosed(context: PeerContext): PeerStep {
  const { linkId, fingerprint, aborted, closing } = context;
  const end = context.end ?? { by: 'us' as const, ...closing, at: null };
  const event: PeerClosed = {
    type: 'peer.closed',
    linkId,
    fingerprint,
    greeted: context.theirs !== null,
    aborted,
    ...end,
  };
  return { changes: {}, effects: [{ do: 'tell', event }] };
}

export function closingWith(code: number, reason: string): PeerStep {
  return { changes: { closing: { code, reason } }, effects: [] };
}

/**
 * Whether a payload is under way over this link: our newest was sent and the peer has not claimed it yet, or the peer
 * holds a newer one and is to send it. Where announcements are enough, the two sides may differ with nothing to come.
 */
export function isUnderWay(context: PeerContext): boolean {
  const { sent, newest, weWant } = context;
  if (isBehind(context)) return weWant === 'version';
  return sameVersion(sent, newest.version) && !sameVersion(theirsOf(context), newest.version);
}

// g[impl gossip.abort]
function abort(reason: AbortReason, detail: string): PeerStep {
  return {
    changes: { aborted: reason, closing: { code: closeCodes.aborted, reason: detail } },
    effects: [{ do: 'say', event: { type: 'abort', reason } }],
  };
}

function sendNewest({ newest }: PeerContext): PeerStep {
  return {
    changes: { sent: newest.version },
    effects: [{ do: 'say', event: { type: 'version', ...newest.version } }],
  };
}

/** What a hello tells us about the peer. */
function heard(context: PeerContext, hello: HelloMessage): Partial<PeerContext> {
  const said = { seq: hello.our_seq, hash: hello.our_payload_hash };
  const known = theirsOf(context);
  // It claims only what it has stored, and may have sent us what it is still storing.
  const version = said.seq >= known.seq ? said : known;
  return {
    theirs: {
      groveId: hello.grove_id,
      role: hello.our_role,
      boot: hello.nonce,
      version,
      claimedSeq: said.seq,
    },
    theyWant: hello.push ?? 'version',
    grafted:
      hello.push === 'version' &&
      (context.grafted || context.theyWant === 'hello' || isRepeated(context, said)),
    lacksPush: hello.push === undefined,
  };
}

// g[impl gossip.branch]
/** A wish for payloads that claims nothing new is no announcement: the peer asks for what it was told of, or lost the link that brought it. */
function isRepeated({ theirs }: PeerContext, { seq }: Version): boolean {
  return theirs?.claimedSeq === seq;
}

/** The peer sent us this payload. What it holds never becomes less while the link lasts. */
function holds({ theirs }: PeerContext, version: Version): Partial<PeerContext> {
  return theirs === null || version.seq < theirs.version.seq ? {} : { theirs: { ...theirs, version } };
}

function theirsOf({ theirs }: PeerContext): Version {
  return theirs?.version ?? nothingHeld;
}

function newsOf(context: PeerContext): LinkNews {
  const { newest, sent, told, theyWant, grafted, lacksPush, announceFirstBytes } = context;
  return { newest, theirs: theirsOf(context), sent, told, theyWant, grafted, lacksPush, announceFirstBytes };
}

function isBehind({ theirs, newest }: PeerContext): boolean {
  return theirs !== null && theirs.version.seq > newest.version.seq;
}

/** Over a link that carries announcements only, the payload is expected from elsewhere. */
function announced(context: PeerContext, ifItCarriesPayloads: Coming): PeerEffect {
  const { linkId, weWant } = context;
  const comes = weWant === 'version' ? ifItCarriesPayloads : 'over-another';
  return { do: 'tell', event: { type: 'peer.announced', linkId, version: theirsOf(context), comes } };
}
