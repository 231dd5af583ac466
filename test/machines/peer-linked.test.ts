/** Verdicts, refusals and endings of a link whose hellos are exchanged, event by event. */
import { peerMachine } from '../../machines/peer-machine.ts';
import { closeCodes } from '../../src/protocol/index.ts';
import type { AbortReason } from '../../src/protocol/types.ts';
import {
  aborts,
  abortsWith,
  type Case,
  checkCases,
  closes,
  ends,
  everyReason,
  exchanging,
  newsEvents,
  reportsEnd,
  says,
  sends,
  steady,
  textOf,
  theirs,
  wants,
} from './peer-cases.ts';
import {
  after,
  at,
  groveId,
  judged,
  linked,
  other,
  plainHello,
  pushed,
  standing,
  theirFingerprint,
  verified,
  version,
} from './peer-fixture.ts';
import { eventsOf, type Row } from './transition-rows.ts';

const { protocolError, aborted, duplicate, revoked } = closeCodes;

const refusals: readonly AbortReason[] = everyReason.filter(
  (reason) => textOf(reason) !== 'created_in_future',
);

const verdicts: readonly Case[] = [
  // g[verify gossip.prune]
  {
    title: 'asks for announcements after a payload came a second time',
    from: pushed,
    event: judged({ kind: 'duplicate', seq: 6 }),
    value: steady,
    changes: { theirs: theirs(version(6), groveId, 5), weWant: 'hello', told: version(6) },
    rows: [says(version(6), 'hello')],
  },
  {
    title: 'asks for them once',
    from: after(pushed, judged({ kind: 'duplicate', seq: 6 })),
    event: judged({ kind: 'duplicate', seq: 6 }),
    value: steady,
  },
  {
    title: 'does not take a second copy of an older payload for the newest',
    from: after(linked(), verified(version(6)), verified(version(7))),
    event: judged({ kind: 'duplicate', seq: 6 }),
    value: exchanging,
    changes: { weWant: 'hello' },
    rows: [says(version(5), 'hello')],
  },
  {
    title: 'asks nothing of a peer that knows no announcements',
    from: after(pushed, plainHello(version(5))),
    event: judged({ kind: 'duplicate', seq: 6 }),
    value: steady,
    changes: { theirs: theirs(version(6), groveId, 5) },
  },
  {
    title: 'has nothing to say to an older payload',
    from: linked(),
    event: judged({ kind: 'stale', seq: 4 }),
    value: steady,
  },
  // g[verify gossip.fork]
  {
    title: 'answers the losing payload of a fork with the winning one',
    from: linked(version(4), standing(5), { push: 'hello' }),
    event: judged({ kind: 'forked', version: version(5, 'f') }),
    value: exchanging,
    changes: { theirs: theirs(version(5, 'f'), groveId, 4), sent: version(5) },
    rows: [sends(version(5)), wants('hello', true)],
  },
  {
    title: 'does not answer it when the winning one is under way already',
    from: linked(version(4)),
    event: judged({ kind: 'forked', version: version(5, 'f') }),
    value: exchanging,
    changes: { theirs: theirs(version(5, 'f'), groveId, 4) },
  },
  // g[verify gossip.advice]
  {
    title: 'tells the peer when its payload is set aside for its date, and keeps the link',
    from: linked(),
    event: judged({ kind: 'parked', version: version(6), why: 'created_in_future' }),
    value: steady,
    rows: [aborts({ other: 'created_in_future' })],
  },
  {
    title: 'says nothing of a payload that waits for the operator',
    from: linked(),
    event: judged({ kind: 'parked', version: version(6), why: 'seq_jump' }),
    value: steady,
  },
  {
    title: 'says nothing of a payload it refused before',
    from: linked(),
    event: judged({ kind: 'ignored' }),
    value: steady,
  },
  {
    title: 'leaves it to the join what a payload means that does not list the node',
    from: linked(),
    event: judged({ kind: 'unfit', why: 'not-listed', detail: 'not listed' }),
    value: steady,
  },
  // g[verify gossip.abort]
  ...refusals.map((reason) => ({
    title: `tells the peer that its payload is refused as ${textOf(reason)}, and ends`,
    from: linked(),
    event: judged({ kind: 'refused', reason, detail: 'the payload will not do' }),
    ...abortsWith(reason, 'the payload will not do'),
  })),
];

const theirAborts: readonly Case[] = [
  // g[verify gossip.advice]
  {
    title: 'stays when the peer set a payload aside for its date',
    from: pushed,
    event: { type: 'abort', reason: { other: 'created_in_future' } },
    value: exchanging,
  },
  // g[verify gossip.abort]
  ...refusals.map((reason) => ({
    title: `ends when the peer aborts with ${textOf(reason)}`,
    from: linked(),
    event: { type: 'abort' as const, reason },
    value: 'closing',
    changes: { aborted: reason, closing: { code: aborted, reason: 'the peer aborted' } },
    rows: closes(aborted, 'the peer aborted'),
  })),
];

const why = { code: duplicate, reason: 'the other link is kept' };
const retire = { type: 'peer.retire', ...why, replaced: true } as const;
const retiresSoon: Row = { raise: { ...why, type: 'retire.due' }, delay: 1_000 };

const entries = [{ fingerprint: other, addresses: ['192.0.2.9:7891'], last_seen: at }];

const others: readonly Case[] = [
  {
    title: 'passes on the addresses it hears',
    from: linked(),
    event: { type: 'peers', entries },
    value: steady,
    rows: [{ to: 'parent', event: { type: 'peer.hints', fingerprint: theirFingerprint, entries } }],
  },
  {
    title: 'tells the addresses it is given',
    from: linked(),
    event: { type: 'peers.tell', entries },
    value: steady,
    rows: [{ to: 'wire', event: { type: 'peers', entries } }],
  },
  {
    title: 'ends on a malformed line',
    from: linked(),
    event: { type: 'wire.malformed', detail: 'no object with a type' },
    ...ends(protocolError, 'no object with a type'),
  },
  {
    title: 'closes when it is told to',
    from: linked(),
    event: { type: 'peer.close', code: 7, reason: 'this node stops' },
    ...ends(7, 'this node stops'),
  },
  // g[verify gossip.duplicate-links]
  {
    title: 'asks for no more payloads and is retired after a second, so that what is under way arrives',
    from: linked(),
    event: retire,
    value: steady,
    changes: { weWant: 'hello' },
    rows: [says(version(5), 'hello'), retiresSoon],
  },
  // g[verify gossip.duplicate-links]
  {
    title: 'is retired without another word when it asked for announcements before',
    from: after(linked(), judged({ kind: 'duplicate', seq: 5 })),
    event: retire,
    value: steady,
    rows: [retiresSoon],
  },
  // g[verify gossip.duplicate-links]
  {
    title:
      'is retired without a word when the other link leads to another process, which may not bring what this one does',
    from: linked(),
    event: { ...retire, replaced: false },
    value: steady,
    rows: [retiresSoon],
  },
  {
    title: 'is retired without a word to a peer that knows no announcements',
    from: after(linked(), plainHello(version(5))),
    event: retire,
    value: steady,
    rows: [retiresSoon],
  },
  {
    title: 'closes when its retirement is due',
    from: linked(),
    event: { type: 'retire.due', code: duplicate, reason: 'the other link is kept' },
    ...ends(duplicate, 'the other link is kept'),
  },
  {
    title: 'is over when its wire is',
    from: linked(),
    event: { type: 'wire.closed', by: 'peer', code: 0, reason: 'enough other links', at },
    value: 'closed',
    changes: { end: { by: 'peer', code: 0, reason: 'enough other links', at } },
    rows: reportsEnd({ greeted: true, aborted: null, by: 'peer', code: 0, reason: 'enough other links', at }),
  },
];

const gone = ends(revoked, 'seq=6');
// g[verify gossip.revocation]
const revocations: readonly Case[] = [
  {
    title: 'proves the revocation to a peer that holds the number before',
    from: linked(),
    event: { type: 'peer.revoke', version: version(6) },
    ...gone,
    rows: [sends(version(6)), ...closes(revoked, 'seq=6')],
  },
  {
    title: 'proves it to a peer that has the number before under way',
    from: pushed,
    event: { type: 'peer.revoke', version: version(7) },
    ...ends(revoked, 'seq=7'),
    rows: [sends(version(7)), ...closes(revoked, 'seq=7')],
  },
  {
    title: 'tells a peer that lacks the number before nothing but the number',
    from: linked(version(4), standing(5), { push: 'hello' }),
    event: { type: 'peer.revoke', version: version(6) },
    ...gone,
  },
  {
    title: 'proves it once',
    from: after(linked(), verified(version(6))),
    event: { type: 'peer.revoke', version: version(6) },
    ...gone,
  },
];

checkCases(
  'linked',
  [...verdicts, ...theirAborts, ...others, ...revocations],
  eventsOf(peerMachine).filter((type) => !newsEvents.includes(type)),
);
