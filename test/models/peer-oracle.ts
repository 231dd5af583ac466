/**
 * What one link may say and when, from the rules `gossip.*` and `message.*`: for each event exactly what goes to the
 * wire and to the supervisor, and what is known of the peer afterwards.
 */
import type { AbortReason, Version } from '../../src/protocol/types.ts';
import { demand, type Happening, to } from './model.ts';
import type { PeerEvent, PeerStart } from './peer-model.ts';
import {
  aborted,
  announced,
  closeWord,
  duplicate,
  nameOf,
  protocolError,
  revoked,
  wordOf,
} from './peer-words.ts';

type Wish = 'version' | 'hello' | 'none';
type Close = readonly [code: number, reason: string | null];

export interface PeerMemory {
  readonly phase: 'greeting' | 'linked' | 'closing' | 'closed';
  /** What the peer holds, as far as it said or sent us. */
  readonly theirs: Version | null;
  /** Which process of its it is: the boot number it said last. */
  readonly boot: string | null;
  /** The highest number it claimed itself. */
  readonly claimed: number;
  readonly wish: Wish;
  readonly ourWish: 'version' | 'hello';
  /** It changed, and the peer has not been told. */
  readonly unsaid: boolean;
  /** It asked for payloads after it had asked for announcements, or asked for them again with nothing new to claim. */
  readonly grafted: boolean;
  /** Null while it is not known which grove is joined. */
  readonly grove: string | null;
  readonly stored: Version;
  /** Verified, maybe not stored. */
  readonly newest: Version;
  readonly told: Version;
  readonly sent: Version | null;
  readonly aborted: AbortReason | null;
  readonly greeted: boolean;
}

/** What a step leads to. */
interface Outcome {
  readonly memory: PeerMemory;
  /** In words: `hello e5 version`, `version e6`, `abort grove_mismatch`, `peers`, `close 3`. */
  readonly wire: readonly string[];
  readonly parent: readonly string[];
}

const unasked: Occasion = { long: false, answersHello: false };
const nothing: Version = { seq: 0, hash: '' };

/** Payloads whose hash says so are long. */
export function isLong({ hash }: Version): boolean {
  return hash.startsWith('L');
}

export function beginPeer(start: PeerStart, rows: Happening<never>['rows']): PeerMemory {
  const stored = start.input.standing?.version ?? nothing;
  const grove = start.input.standing?.groveId ?? start.input.pin?.groveId ?? null;
  const memory = { ...knowingNothing(stored), grove, ourWish: start.input.push };
  compare(hello(memory), { rows });
  return memory;
}

function knowingNothing(stored: Version): PeerMemory {
  return {
    phase: 'greeting',
    theirs: null,
    boot: null,
    claimed: 0,
    wish: 'version',
    ourWish: 'version',
    unsaid: false,
    grafted: false,
    grove: null,
    stored,
    newest: stored,
    told: stored,
    sent: null,
    aborted: null,
    greeted: false,
  };
}

export function judgePeer(before: PeerMemory, happening: Happening<PeerEvent>, start: PeerStart): PeerMemory {
  const outcome = happens(before, happening, start);
  compare({ ...outcome, parent: [...outcome.parent, ...wants(before, outcome.memory)] }, happening);
  judgeRetirement(before, happening);
  judgeWaits(outcome.memory, happening);
  return outcome.memory;
}

function compare({ wire, parent }: Outcome, { rows }: Pick<Happening<never>, 'rows'>): void {
  const said = to(rows, 'wire').map(wordOf).join(', ');
  demand(said === wire.join(', '), `says "${said}" to the wire, should say "${wire.join(', ')}"`);
  const told = to(rows, 'parent').map(wordOf).join(', ');
  demand(told === parent.join(', '), `tells "${told}", should tell "${parent.join(', ')}"`);
}

function judgeWaits({ phase }: PeerMemory, { after }: Happening<PeerEvent>): void {
  if (phase === 'closed') return;
  const waits = (name: string) => after.planned.some(({ event }) => event.type.includes(`.${name}.`));
  demand(waits('helloTimeout') === (phase === 'greeting'), 'a peer has five seconds to say hello');
  demand(waits('closeTimeout') === (phase === 'closing'), 'a wire that does not end is given up on');
}

/** What is under way still arrives, so the link goes a moment later. */
function judgeRetirement({ phase }: PeerMemory, { event, after }: Happening<PeerEvent>): void {
  if (event.type !== 'peer.retire' || phase === 'closing') return;
  demand(
    after.planned.some(({ id }) => id === 'retire'),
    'a link that is to be retired plans its end',
  );
}

/** Whatever the phase; then what only a link that is being greeted, or is up, pays attention to. */
function happens(memory: PeerMemory, { event }: Happening<PeerEvent>, start: PeerStart): Outcome {
  const { phase } = memory;
  if (event.type === 'wire.closed' || event.type.startsWith('xstate.after.closeTimeout')) {
    return { memory: { ...memory, phase: 'closed' }, wire: [], parent: [closed(memory, event)] };
  }
  if (phase === 'closing') {
    return quiet(event.type === 'abort' ? { ...memory, aborted: event.reason } : memory);
  }
  switch (event.type) {
    case 'wire.malformed':
      return ends(memory, [protocolError, null]);
    case 'peer.close':
    case 'retire.due':
      return ends(memory, [event.code, event.reason]);
    case 'peer.revoke':
      return revoke(memory, event.version);
    case 'announce':
      return announces({ ...memory, grove: event.standing.groveId }, event.standing.version);
    case 'hello': {
      const refusal = refusalOf(event, start, memory);
      if (refusal !== null) return refusal;
      return phase === 'greeting' ? greet(memory, event) : hear(memory, event);
    }
    case 'payload.verified':
      return verify(memory, event);
    case 'abort':
      if (phase === 'linked' && nameOf(event.reason) === 'created_in_future') return quiet(memory);
      return ends({ ...memory, aborted: event.reason }, [aborted, null]);
    default:
      return phase === 'greeting' ? beforeHello(memory, event) : linked(memory, event);
  }
}

/** Anything but a hello ends the link; what the supervisor wants of it is for links that are up. */
function beforeHello(memory: PeerMemory, { type }: PeerEvent): Outcome {
  const fromThem = type === 'version' || type === 'peers' || type.startsWith('xstate.after.helloTimeout');
  return fromThem ? ends(memory, [protocolError, null]) : quiet(memory);
}

function linked(memory: PeerMemory, event: PeerEvent): Outcome {
  switch (event.type) {
    case 'version':
      return { memory, wire: [], parent: ['candidate'] };
    case 'peers':
      return { memory, wire: [], parent: ['peer.hints'] };
    case 'peers.tell':
      return { memory, wire: ['peers'], parent: [] };
    case 'pull':
      return hello(memory, 'version');
    case 'want':
      if (memory.wish === 'none' || event.push === memory.ourWish) return quiet(memory);
      return quiet({ ...memory, ourWish: event.push, unsaid: true });
    case 'peer.retire':
      // Another process with its key may not bring what it does.
      return event.replaced ? asksForLess(memory) : quiet(memory);
    case 'candidate.judged':
      return verdict(memory, event.outcome);
    default:
      return quiet(memory);
  }
}

function refusalOf(
  event: Extract<PeerEvent, { type: 'hello' }>,
  { input }: PeerStart,
  memory: PeerMemory,
): Outcome | null {
  const because = (reason: string): Outcome => abort(memory, reason);
  if (input.fingerprint === input.ownFingerprint) {
    const cloned = event.nonce === input.boot ? [] : ['peer.cloned'];
    return { ...ends(memory, [duplicate, null]), parent: cloned };
  }
  if (event.our_fingerprint !== input.fingerprint) return ends(memory, [protocolError, null]);
  if (event.protocol_version < 1) return because('unsupported_protocol_version');
  const isJoining = event.our_seq === 0;
  if (!isJoining && memory.grove !== null && event.grove_id !== memory.grove)
    return because('grove_mismatch');
  const leader = input.standing?.leaderFingerprint ?? input.pin?.leaderFingerprint;
  if (event.our_role === 'leader' && input.fingerprint !== leader) return because('leader_mismatch');
  return event.our_seq < memory.claimed ? because('seq_regression') : null;
}

function greet(memory: PeerMemory, event: Extract<PeerEvent, { type: 'hello' }>): Outcome {
  const known = { ...claimed(memory, event), phase: 'linked' as const, greeted: true };
  const theirs = known.theirs ?? nothing;
  const told = [`peer.greeted ${theirs.hash}`];
  const owed = owes(known, { long: false, answersHello: true });
  if (owed) return { ...send(known), parent: told };
  if (theirs.seq > known.newest.seq) {
    // A short one is sent right away where payloads are wanted.
    const comes = known.ourWish === 'version' ? 'over-this-link' : 'over-another';
    return { memory: known, wire: [], parent: [...told, announced(theirs, comes)] };
  }
  const caughtUp = is(known.told, known.stored) ? quiet(known) : hello(known);
  return { ...caughtUp, parent: told };
}

function hear(memory: PeerMemory, event: Extract<PeerEvent, { type: 'hello' }>): Outcome {
  const known = claimed(memory, event);
  const theirs = known.theirs ?? nothing;
  const { newest, told, sent } = known;
  // It was told and sent this, asks for payloads and still claims less: tell it once more, and send it if it asks again.
  if (is(told, newest) && is(sent, newest) && event.push === 'version' && theirs.seq < newest.seq) {
    return hello({ ...known, sent: null });
  }
  // A long one waits for an answer to its announcement, but not where payloads are asked for without one.
  if (owes(known, { long: known.grafted || is(told, newest), answersHello: true })) return send(known);
  // Where payloads are wanted it would have come instead of its announcement.
  const comes = known.ourWish === 'version' ? 'when-asked' : 'over-another';
  const news = theirs.seq > newest.seq ? [announced(theirs, comes)] : [];
  return { memory: known, wire: [], parent: news };
}

/** How the peer gets its news is told, after all else, when it changes; who never says wants payloads. */
function wants(before: PeerMemory, after: PeerMemory): readonly string[] {
  const wordFor = (memory: PeerMemory) =>
    `peer.wants ${memory.wish === 'hello' ? 'hello' : 'version'} ${isBranch(memory) ? 'at once' : 'announced'}`;
  return after.phase !== 'linked' || wordFor(after) === wordFor(before) ? [] : [wordFor(after)];
}

/** It carried a payload before, or was asked for payloads, or leads to who knows no announcements: a long one goes at once. */
function isBranch({ sent, grafted, wish }: PeerMemory): boolean {
  return sent !== null || grafted || wish === 'none';
}

function verify(memory: PeerMemory, event: Extract<PeerEvent, { type: 'payload.verified' }>): Outcome {
  const { version, linkId, fingerprint, boot } = event;
  if (version.seq < memory.newest.seq) return quiet(memory);
  const newer = { ...memory, newest: version };
  if (memory.phase === 'greeting') return quiet(newer);
  demand(linkId === null || fingerprint !== '', 'a payload comes from somebody');
  // Another process with its key may not hold it. Of what was set aside only the key is known.
  const isTheirs = fingerprint === 'them' && [null, memory.boot].includes(boot);
  const known = isTheirs ? holds(newer, version) : newer;
  return owesUnasked(known) ? send(known) : quiet(known);
}

function owesUnasked(memory: PeerMemory): boolean {
  return owes(memory, { ...unasked, long: isBranch(memory) });
}

/**
 * Said once, and not to whom it was sent, unless there is a new wish to tell; before the greeting it is only noted. Whoever
 * wants payloads and was not handed this one gets it instead.
 */
function announces(memory: PeerMemory, stored: Version): Outcome {
  const newest = stored.seq < memory.newest.seq ? memory.newest : stored;
  const known = { ...memory, stored, newest };
  const { phase, told, sent } = known;
  if (phase === 'greeting') return quiet(known);
  if (owesUnasked(known)) {
    const given = send(known);
    // A payload says no wish, nor, when it is newer, what is stored.
    if (is(known.newest, stored) && !memory.unsaid) return given;
    const said = hello(given.memory);
    return { ...said, wire: [...given.wire, ...said.wire] };
  }
  const isKnown = (is(told, stored) || is(sent, stored)) && !memory.unsaid;
  return isKnown ? quiet(known) : hello(known);
}

function verdict(
  memory: PeerMemory,
  outcome: Extract<PeerEvent, { type: 'candidate.judged' }>['outcome'],
): Outcome {
  switch (outcome.kind) {
    case 'refused':
      return abort(memory, nameOf(outcome.reason));
    case 'parked':
      if (outcome.why !== 'created_in_future') return quiet(memory);
      return { memory, wire: ['abort created_in_future'], parent: [] };
    case 'duplicate': {
      return asksForLess(outcome.seq === memory.newest.seq ? holds(memory, memory.newest) : memory);
    }
    case 'forked': {
      const known = holds(memory, outcome.version);
      return owes(known, unasked) ? send(known) : quiet(known);
    }
    default:
      return quiet(memory);
  }
}

/** Payloads are not wanted here any more; who knows no announcements, or was asked for them before, is told nothing. */
function asksForLess(memory: PeerMemory): Outcome {
  const isTold = memory.ourWish === 'hello' && !memory.unsaid;
  return isTold || memory.wish === 'none' ? quiet(memory) : hello(memory, 'hello');
}

/** The proof goes to whom it tells nothing new: to a peer that holds the number before, or was just sent it. */
function revoke(memory: PeerMemory, version: Version): Outcome {
  const { theirs, sent } = memory;
  const follows = [theirs?.seq, sent?.seq].includes(version.seq - 1);
  const proof = follows && !is(sent, version) ? [`version ${version.hash}`] : [];
  const ended = ends(memory, [revoked, `seq=${version.seq}`]);
  return { ...ended, wire: [...proof, ...ended.wire] };
}

interface Occasion {
  /** A long payload may go out: it was announced before. */
  readonly long: boolean;
  readonly answersHello: boolean;
}

/** Never what it holds or was sent, nor a number below its own; of two under one number always. */
function owes({ theirs, sent, newest, wish }: PeerMemory, { long, answersHello }: Occasion): boolean {
  const { seq } = theirs ?? nothing;
  if (newest.seq === 0 || newest.seq < seq || is(newest, theirs) || is(newest, sent)) return false;
  if (newest.seq === seq) return true;
  // A joiner has nothing, whatever it wishes; who does not say how it wants its news gets it at once.
  if ((seq === 0 && answersHello) || wish === 'none') return true;
  return wish === 'version' && (long || !isLong(newest));
}

function claimed(memory: PeerMemory, event: Extract<PeerEvent, { type: 'hello' }>): PeerMemory {
  const said = { seq: event.our_seq, hash: event.our_payload_hash };
  const less = memory.theirs !== null && said.seq < memory.theirs.seq;
  const asksAnew = memory.wish === 'hello' || (memory.greeted && said.seq === memory.claimed);
  const grafted = event.push === 'version' && (memory.grafted || asksAnew);
  const theirs = less ? memory.theirs : said;
  return { ...memory, theirs, boot: event.nonce, claimed: said.seq, wish: event.push ?? 'none', grafted };
}

/** What it sent us it holds; what it holds never becomes less. */
function holds(memory: PeerMemory, version: Version): PeerMemory {
  const { theirs } = memory;
  return theirs === null || version.seq < theirs.seq ? memory : { ...memory, theirs: version };
}

function hello(memory: PeerMemory, ourWish = memory.ourWish): Outcome {
  const said = { ...memory, ourWish, unsaid: false, told: memory.stored };
  return { memory: said, wire: [`hello ${memory.stored.hash} ${ourWish}`], parent: [] };
}

function send(memory: PeerMemory): Outcome {
  const { newest } = memory;
  return { memory: { ...memory, sent: newest }, wire: [`version ${newest.hash}`], parent: [] };
}

function abort(memory: PeerMemory, reason: string): Outcome {
  const known = ['grove_mismatch', 'leader_mismatch', 'signature_invalid', 'seq_regression'];
  const given = (known.includes(reason) ? reason : { other: reason }) as AbortReason;
  const ended = ends({ ...memory, aborted: given }, [aborted, null]);
  return { ...ended, wire: [`abort ${reason}`, ...ended.wire] };
}

function ends(memory: PeerMemory, [code, reason]: Close): Outcome {
  const { greeted, aborted: why } = memory;
  // All else is of no more use.
  const known = { ...knowingNothing(nothing), phase: 'closing' as const, greeted, aborted: why };
  return { memory: known, wire: [closeWord(code, reason)], parent: [] };
}

function quiet(memory: PeerMemory): Outcome {
  return { memory, wire: [], parent: [] };
}

function closed({ greeted, aborted: reason }: PeerMemory, event: PeerEvent): string {
  const by = event.type === 'wire.closed' ? event.by : 'us';
  return `peer.closed ${greeted ? 'greeted' : 'ungreeted'} ${reason === null ? '-' : nameOf(reason)} by ${by}`;
}

function is(left: Version | null, right: Version | null): boolean {
  return left !== null && right !== null && left.hash === right.hash && left.seq === right.seq;
}
