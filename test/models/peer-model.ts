/** Links to a member with short and with long payloads, with two under one number, while joining, and to odd peers. */
import { peerMachine } from '../../machines/index.ts';
import type { PeerContext } from '../../machines/peer-context.ts';
import type { HelloEvent, PayloadVerified } from '../../machines/peer-events.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Moment } from './model.ts';
import {
  announce,
  fromSupervisor,
  fromWire,
  grove,
  hellos,
  judged,
  type PeerMachine,
  type PeerPossible,
  payload,
  peerInput,
  retire,
  retireOther,
  standing,
  strangeHellos,
  verdicts,
  verified,
} from './peer-alphabet.ts';
import { beginPeer, judgePeer, type PeerMemory } from './peer-oracle.ts';

export type { PeerEvent, PeerStart } from './peer-alphabet.ts';

/** What a link of one start hears of: claims of the peer, and payloads that come from elsewhere. */
interface Cast {
  readonly claims: readonly string[];
  readonly payloads: readonly string[];
  /** Payloads of the peer's that are judged as the other one under its number. */
  readonly forks: readonly string[];
}

const casts: { readonly [start: string]: Cast } = {
  'short payloads': { claims: ['e4', 'e5', 'e6'], payloads: ['e6'], forks: [] },
  'long payloads': { claims: ['L4', 'L5', 'L6'], payloads: ['L6'], forks: [] },
  'long payloads and a joiner': { claims: ['', 'L5'], payloads: ['L6'], forks: [] },
  'a link that comes back': { claims: ['e5', 'e6'], payloads: ['e6'], forks: [] },
  'two under one number': { claims: ['e5', 'a5'], payloads: ['a5'], forks: ['f5'] },
  joining: { claims: ['', 'e5'], payloads: ['e5'], forks: [] },
  'one of two links': { claims: ['e5', 'e6'], payloads: [], forks: [] },
  'joining a known grove': { claims: ['e5'], payloads: [], forks: [] },
  'the leader': { claims: ['e5'], payloads: [], forks: [] },
  ourselves: { claims: ['e5'], payloads: [], forks: [] },
};

/** A walk has all of it. */
const everything: Cast = {
  claims: ['', 'e4', 'e5', 'a5', 'e6', 'L7', 'e8'],
  payloads: ['e5', 'a5', 'e6', 'L7', 'e8'],
  forks: ['f5', 'f6'],
};

function alphabet({ start, memory, surroundings, reach }: Moment<PeerMachine, PeerMemory>): PeerPossible[] {
  const { claims, payloads, forks } = reach === 'walk' ? everything : (casts[start.name] ?? everything);
  const { seq } = memory.newest;
  const isPlain = reach === 'walk' || !/payloads|number/.test(start.name);
  const isRetiring = surroundings.planned.some(({ id }) => id === 'retire');
  return [
    ...hellos(claims, memory.claimed),
    // In the graph once is enough for what goes the same way whatever the payloads are.
    ...(isPlain ? strangeHellos : []),
    ...fromWire,
    ...fromSupervisor,
    ...(isRetiring || (reach === 'graph' && start.name !== 'one of two links') ? [] : [retire, retireOther]),
    ...payloads.flatMap((name) => verified(name)),
    // What is held may be announced again: on a link that was told at once.
    ...(memory.stored.seq > 0 ? [announce(memory.stored.hash)] : []),
    ...payloads
      .filter((name) => payload(name).seq >= memory.stored.seq && name !== memory.stored.hash)
      .map((name) => announce(name)),
    ...(isPlain && memory.phase === 'linked' ? verdicts : verdicts.slice(0, 1)),
    ...[seq - 1, seq].map((number) => judged({ kind: 'duplicate', seq: number })),
    // Ours is kept: theirs is the other one under the number we hold.
    ...forks
      .filter((name) => payload(name).seq === seq)
      .map((name) => judged({ kind: 'forked', version: payload(name) })),
  ];
}

const pin = { leaderFingerprint: 'leader', leaderKey: null, groveId: null, acceptRollback: false };

/** One with the key of the peer. */
function comesFromAnotherProcess({
  context,
  event,
}: {
  context: PeerContext;
  event: PayloadVerified;
}): boolean {
  return event.fingerprint === context.fingerprint && event.boot !== context.theirs?.boot;
}

/** It claims what it claimed before, and lacks a long payload that it was not told of. */
function asksBeforeAnnouncement({ context, event }: { context: PeerContext; event: HelloEvent }): boolean {
  const { theirs, newest, told, sent } = context;
  const isAskedAgain = event.push === 'version' && event.our_seq === theirs?.claimedSeq;
  const isHeldBack = newest.version.hash === 'L6' && told?.hash !== 'L6' && sent === null;
  return isAskedAgain && isHeldBack && theirs.version.seq < newest.version.seq;
}

export const peerModel: Model<PeerMachine, PeerMemory> = {
  machine: peerMachine,
  starts: [
    { name: 'short payloads', input: peerInput('e5') },
    { name: 'long payloads', input: peerInput('L5') },
    {
      name: 'long payloads and a joiner',
      input: peerInput('L5'),
      only: /^(hello|verified .* another|announce|pull)/,
    },
    {
      name: 'a link that comes back',
      input: peerInput('e5', { push: 'hello' }),
      only: /^(hello|verified|announce|pull|judged dup)/,
    },
    { name: 'two under one number', input: peerInput('e5') },
    { name: 'joining', input: peerInput(null, { pin }) },
    { name: 'one of two links', input: peerInput('e5') },
    {
      name: 'joining a known grove',
      input: peerInput(null, { pin: { ...pin, groveId: grove } }),
      only: /^hello/,
    },
    {
      name: 'the leader',
      input: peerInput(null, {
        fingerprint: 'them',
        standing: { ...standing('e5'), leaderFingerprint: 'them' },
      }),
      only: /^hello|closed/,
    },
    { name: 'ourselves', input: peerInput('e5', { ownFingerprint: 'them' }), only: /^hello|^after/ },
  ],
  alphabet,
  view: ({ context, value }) => {
    const {
      ours,
      newest,
      theirs,
      told,
      sent,
      aborted,
      weWant: ourWish,
      wishUnsaid: unsaid,
      grafted,
    } = context;
    if (typeof value === 'string' && value !== 'greeting') return { phase: value, aborted };
    return {
      phase: typeof value === 'string' ? value : 'linked',
      theirs: theirs?.version ?? null,
      boot: theirs?.boot ?? null,
      underWay: typeof value === 'string' ? null : value.linked === 'exchanging',
      stored: ours.version,
      newest: newest.version,
      told,
      sent,
      wish: context.lacksPush ? 'none' : context.theyWant,
      ourWish,
      unsaid,
      grafted,
      aborted,
    };
  },
  matters: () => null,
  oracle: {
    begin: (start, { rows }) => beginPeer(start, rows),
    judge: judgePeer,
    view: ({
      phase,
      theirs,
      boot,
      stored: held,
      newest,
      told,
      sent,
      wish,
      ourWish,
      unsaid,
      grafted,
      aborted,
    }) => {
      if (phase === 'closing' || phase === 'closed') return { phase, aborted };
      const isSame = theirs?.hash === newest.hash && theirs.seq === newest.seq;
      const isSent = sent?.hash === newest.hash && sent.seq === newest.seq;
      const comes = theirs !== null && theirs.seq > newest.seq;
      const travels = (comes && ourWish === 'version') || (!comes && isSent && !isSame);
      const underWay = phase === 'linked' ? travels : null;
      return {
        phase,
        theirs,
        boot,
        underWay,
        stored: held,
        newest,
        told,
        sent,
        wish,
        ourWish,
        unsaid,
        grafted,
        aborted,
      };
    },
  },
  statesMax: 5_000,
  endings:
    /^(abort (?!.*created)|malformed|closed|revoke|close|retire|planned retire|after|hello (of|under|as|falls)|judged refused)/,
  unreachable: {},
  mutants: [
    {
      mistake: 'a payload is handed on before the peer said hello',
      machine: redefined(peerMachine, (root) => {
        root.on['payload.verified'] = { actions: 'handOn' };
      }),
      complaint: /should say ""/,
    },
    {
      mistake: 'what one process brought is taken to be held by another with its key',
      machine: redefined(peerMachine, (root) => {
        state(root, 'linked').on['payload.verified'] = [
          { guard: comesFromAnotherProcess, actions: 'rememberNewest' },
          { actions: 'handOn' },
        ];
      }),
      complaint: /should say "version/,
    },
    {
      mistake: 'a refused candidate leaves the link open',
      machine: peerMachine.provide({ guards: { candidateIsRefused: () => false } }),
      complaint: /should say "abort/,
    },
    {
      mistake: 'a closing link still hands payloads on',
      machine: redefined(peerMachine, (root) => {
        state(root, 'closing').on['payload.verified'] = { actions: 'handOn' };
      }),
      complaint: /should/,
    },
    {
      mistake: 'a hello of another grove is taken',
      machine: peerMachine.provide({ guards: { helloIsRefused: () => false } }),
      complaint: /should say/,
    },
    {
      mistake: 'the end is reported twice',
      machine: redefined(peerMachine, (root) => {
        state(root, 'closed').entry = ['reportClosed', 'reportClosed'];
      }),
      complaint: /should tell "peer.closed/,
    },
    {
      mistake: 'a silent peer is waited for',
      machine: redefined(peerMachine, (root) => {
        state(root, 'greeting').after = {};
      }),
      complaint: /five seconds/,
    },
    {
      mistake: 'advice ends the link',
      machine: peerMachine.provide({ guards: { abortIsAdvice: () => false } }),
      complaint: /should say ""/,
    },
    {
      mistake: 'candidates are not passed on',
      machine: peerMachine.provide({ actions: { submitCandidate: () => undefined } }),
      complaint: /should tell "candidate"/,
    },
    {
      mistake: 'a revoked peer is closed without a word',
      machine: peerMachine.provide({ actions: { revoke: () => undefined } }),
      complaint: /should say "(version r6, )?close 4 seq=6/,
    },
    {
      mistake: 'a link is steady while the peer has not claimed what it was sent',
      machine: redefined(peerMachine, (root) => {
        state(root, 'linked.steady').always = [];
      }),
      complaint: /"underWay":false.*should know .*"underWay":true/,
    },
    {
      mistake: 'a changed wish is said at once',
      machine: redefined(peerMachine, (root) => {
        state(root, 'linked').on.want = { actions: ['want', 'sayHello'] };
      }),
      complaint: /says "hello e5 \w+" to the wire, should say ""/,
    },
    {
      mistake: 'a changed wish is forgotten',
      machine: redefined(peerMachine, (root) => {
        state(root, 'linked').on.want = {};
      }),
      complaint: /"ourWish":"version".*should know .*"ourWish":"hello"/,
    },
    {
      mistake: 'a link to be retired still asks for payloads',
      machine: redefined(peerMachine, (root) => {
        state(root, 'linked').on['peer.retire'] = { actions: 'planRetirement' };
      }),
      complaint: /says "" to the wire, should say "hello e5 hello"/,
    },
    {
      mistake: 'a link to be retired asks for announcements and stays',
      machine: redefined(peerMachine, (root) => {
        state(root, 'linked').on['peer.retire'] = { actions: 'wantAnnouncements' };
      }),
      complaint: /plans its end/,
    },
    {
      mistake: 'a peer that asks again for payloads is to wait for the announcement of a long one',
      machine: redefined(peerMachine, (root) => {
        const { hello } = state(root, 'linked').on;
        state(root, 'linked').on.hello = [{ guard: asksBeforeAnnouncement }, ...(hello as unknown[])];
      }),
      complaint: /says "" to the wire, should say "version L6"/,
    },
  ],
};
