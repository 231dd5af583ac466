/** What is sent, announced and asked for on a link whose hellos are exchanged, event by event. */
import { closeCodes } from '../../src/protocol/index.ts';
import type { Version } from '../../src/protocol/types.ts';
import {
  abortsWith,
  announced,
  type Case,
  checkCases,
  ends,
  exchanging,
  newsEvents,
  says,
  sends,
  steady,
  theirs,
  wants,
} from './peer-cases.ts';
import {
  after,
  announce,
  announcedLong,
  fromThem,
  groveId,
  hello,
  judged,
  leader,
  linked,
  linkId,
  long,
  other,
  type PeerEvent,
  plainHello,
  pushed,
  short,
  standing,
  theirFingerprint,
  verified,
  version,
} from './peer-fixture.ts';

const { protocolError } = closeCodes;
const copy: PeerEvent = { type: 'version', payload: { seq: 6 }, signature: '5e'.repeat(64) };
const six = { version: version(6), lineBytes: short };
/** It was told of number 6, asked for it and was sent it. */
const askedOnce = after(announcedLong, hello(version(5)));
const longSix = { version: version(6), lineBytes: long };

function oursAt(claim: Version) {
  return { groveId, leaderFingerprint: leader, role: 'follower', version: claim };
}

const hellos: readonly Case[] = [
  // g[verify message.seq-regression]
  {
    title: 'ends with a peer that claims less than it claimed before',
    from: linked(),
    event: hello(version(4)),
    ...abortsWith('seq_regression'),
  },
  {
    title: 'is steady when the peer holds what it was sent',
    from: pushed,
    event: hello(version(6)),
    value: steady,
    changes: { theirs: theirs(version(6)) },
  },
  // g[verify gossip.announcement]
  {
    title: 'reports what the peer has and would have sent at once were it short',
    from: linked(),
    event: hello(version(6)),
    value: exchanging,
    changes: { theirs: theirs(version(6)) },
    rows: [announced(version(6), 'when-asked')],
  },
  {
    title: 'reports that what is announced on a link without payloads comes over another one',
    from: after(linked(), judged({ kind: 'duplicate', seq: 5 })),
    event: hello(version(6)),
    value: steady,
    changes: { theirs: theirs(version(6)) },
    rows: [announced(version(6), 'over-another')],
  },
  // g[verify gossip.pull]
  {
    title: 'sends what it announced to a peer that asks',
    from: announcedLong,
    event: hello(version(5)),
    value: exchanging,
    changes: { grafted: true, sent: version(6) },
    rows: [sends(version(6)), wants('version', true)],
  },
  {
    title: 'sends the newest when the peer asks for an older one',
    from: after(announcedLong, hello(version(5), { push: 'hello' }), verified(version(7))),
    event: hello(version(5)),
    value: exchanging,
    changes: { theyWant: 'version', grafted: true, sent: version(7) },
    rows: [sends(version(7)), wants('version', true)],
  },
  // g[verify gossip.announce-first]
  {
    title: 'takes an announcement said before its own for no answer to it',
    from: after(linked(), verified(version(7), { lineBytes: long })),
    event: hello(version(6)),
    value: steady,
    changes: { theirs: theirs(version(6)) },
  },
  // g[verify gossip.once]
  {
    title: 'sends no second copy on a hello that crossed the first',
    from: pushed,
    event: hello(version(5)),
    value: exchanging,
    changes: { grafted: true },
  },
  {
    title: 'tells a peer again that asks for what it was told of and sent, and may have lost',
    from: askedOnce,
    event: hello(version(5)),
    value: steady,
    changes: { sent: null },
    rows: [says(version(6))],
  },
  {
    title: 'sends it again to a peer that still asks',
    from: after(askedOnce, hello(version(5))),
    event: hello(version(5)),
    value: exchanging,
    changes: { sent: version(6) },
    rows: [sends(version(6))],
  },
  {
    title: 'sends no second copy to a peer that wants announcements',
    from: askedOnce,
    event: hello(version(5), { push: 'hello' }),
    value: exchanging,
    changes: { theyWant: 'hello', grafted: false },
    rows: [wants('hello', true)],
  },
  {
    title: 'sends nothing to a peer that holds more by now',
    from: after(announcedLong),
    event: hello(version(7), { push: 'version' }),
    value: exchanging,
    changes: { theirs: theirs(version(7)) },
    rows: [announced(version(7), 'when-asked')],
  },
  {
    title: 'knows that a peer holds what it sent us, though it has not stored it yet',
    from: after(linked(), verified(version(6), fromThem)),
    event: hello(version(5)),
    value: steady,
    changes: { grafted: true },
    rows: [wants('version', true)],
  },
  {
    title: 'stops sending payloads to a peer that wants announcements',
    from: linked(),
    event: hello(version(5), { push: 'hello' }),
    value: steady,
    changes: { theyWant: 'hello' },
    rows: [wants('hello')],
  },
  {
    title: 'sends payloads again to a peer that no longer says how it wants them',
    from: after(linked(), hello(version(5), { push: 'hello' })),
    event: plainHello(version(5)),
    value: steady,
    changes: { theyWant: 'version', lacksPush: true },
    rows: [wants('version', true)],
  },
  // g[verify gossip.fork]
  {
    title: 'shows its payload when another one under the same number is announced',
    from: linked(),
    event: hello(version(5, 'f'), { push: 'hello' }),
    value: exchanging,
    changes: { theirs: theirs(version(5, 'f')), theyWant: 'hello', sent: version(5) },
    rows: [sends(version(5)), wants('hello', true)],
  },
  {
    title: 'shows it once',
    from: linked(version(5, 'f')),
    event: hello(version(5, 'f')),
    value: exchanging,
    changes: { grafted: true },
  },
  {
    title: 'ends with a peer that changed its grove',
    from: linked(),
    event: hello(version(6), { grove_id: '00000000-0000-4000-8000-000000000001' }),
    ...abortsWith('grove_mismatch'),
  },
  {
    title: 'ends with a peer that names another fingerprint later',
    from: linked(),
    event: hello(version(5), { our_fingerprint: other }),
    ...ends(protocolError, 'the hello names another fingerprint than the connection proved'),
  },
];

const payloads: readonly Case[] = [
  {
    title: 'has a payload judged',
    from: linked(),
    event: copy,
    value: steady,
    rows: [
      {
        to: 'parent',
        event: { type: 'candidate', linkId, fingerprint: theirFingerprint, boot: '41', message: copy },
      },
    ],
  },
  // g[verify gossip.relay-before-store]
  {
    title: 'hands a verified payload on, and claims nothing about it',
    from: linked(),
    event: verified(version(6)),
    value: exchanging,
    changes: { newest: six, sent: version(6) },
    rows: [sends(version(6)), wants('version', true)],
  },
  {
    title: 'hands the next one on before the peer confirmed the first',
    from: pushed,
    event: verified(version(7)),
    value: exchanging,
    changes: { newest: { version: version(7), lineBytes: short }, sent: version(7) },
    rows: [sends(version(7))],
  },
  // g[verify gossip.branch]
  {
    title: 'hands a long one on at once where the last one was wanted',
    from: pushed,
    event: verified(version(7), { lineBytes: long }),
    value: exchanging,
    changes: { newest: { version: version(7), lineBytes: long }, sent: version(7) },
    rows: [sends(version(7))],
  },
  {
    title: 'sends nothing to a peer that announced it',
    from: linked(version(6)),
    event: verified(version(6)),
    value: steady,
    changes: { newest: six },
  },
  {
    title: 'goes back to no older payload that was judged late',
    from: after(linked(), verified(version(7))),
    event: verified(version(6)),
    value: exchanging,
  },
  // g[verify gossip.prune]
  {
    title: 'sends nothing unasked to a peer that wants announcements',
    from: after(linked(), hello(version(5), { push: 'hello' })),
    event: verified(version(6)),
    value: steady,
    changes: { newest: six },
  },
  // g[verify gossip.announce-first]
  {
    title: 'holds a long payload back until it is stored and announced',
    from: linked(),
    event: verified(version(6), { lineBytes: long }),
    value: steady,
    changes: { newest: longSix },
  },
  {
    title: 'sends even a long payload at once to a peer that knows no announcements',
    from: after(linked(), plainHello(version(5))),
    event: verified(version(6), { lineBytes: long }),
    value: exchanging,
    changes: { newest: longSix, sent: version(6) },
    rows: [sends(version(6))],
  },
  // g[verify gossip.fork]
  {
    title: 'shows a peer with the other payload of a fork the one it moved to',
    from: linked(version(5, 'f'), standing(5, { version: version(5, 'f') })),
    event: verified(version(5)),
    value: exchanging,
    changes: { newest: { version: version(5), lineBytes: short }, sent: version(5) },
    rows: [sends(version(5)), wants('version', true)],
  },
  // g[verify gossip.joiner]
  {
    title: 'follows the first payload of a joining node with the next',
    from: linked(version(0)),
    event: verified(version(6)),
    value: exchanging,
    changes: { newest: six, sent: version(6) },
    rows: [sends(version(6))],
  },
];

const announcements: readonly Case[] = [
  // g[verify gossip.announcement]
  {
    title: 'tells a peer that was sent nothing what is stored here',
    from: after(linked(), hello(version(5), { push: 'hello' }), verified(version(6))),
    event: announce(6),
    value: steady,
    changes: { ours: oursAt(version(6)), told: version(6) },
    rows: [says(version(6))],
  },
  {
    title: 'tells the peer that brought a payload that it holds it too',
    from: after(linked(), verified(version(6), fromThem)),
    event: announce(6),
    value: steady,
    changes: { ours: oursAt(version(6)), told: version(6) },
    rows: [says(version(6))],
  },
  {
    title: 'sends what it was not handed before to a peer that wants payloads',
    from: linked(),
    event: announce(6),
    value: exchanging,
    changes: { ours: oursAt(version(6)), newest: six, sent: version(6) },
    rows: [sends(version(6)), wants('version', true)],
  },
  // g[verify gossip.announce-first]
  {
    title: 'announces a long payload that was held back',
    from: after(linked(), verified(version(6), { lineBytes: long })),
    event: announce(6, long),
    value: steady,
    changes: { ours: oursAt(version(6)), told: version(6) },
    rows: [says(version(6))],
  },
  {
    title: 'tells a peer nothing that has the payload from here',
    from: after(linked(), verified(version(6))),
    event: announce(6),
    value: exchanging,
    changes: { ours: oursAt(version(6)) },
  },
  // g[verify gossip.branch]
  {
    title: 'does not announce a long payload that went out at once',
    from: after(linked(), verified(version(6)), verified(version(7), { lineBytes: long })),
    event: announce(7, long),
    value: exchanging,
    changes: { ours: oursAt(version(7)) },
  },
  {
    title: 'keeps a newer payload at hand while an older one is announced',
    from: after(linked(), verified(version(6)), verified(version(7))),
    event: announce(6),
    value: exchanging,
    changes: { ours: oursAt(version(6)), told: version(6) },
    rows: [says(version(6))],
  },
  { title: 'tells nothing twice', from: linked(), event: announce(5), value: steady },
  // g[verify gossip.pull]
  {
    title: 'asks with a hello, and takes payloads over this link again',
    from: after(linked(), judged({ kind: 'duplicate', seq: 5 }), hello(version(6))),
    event: { type: 'pull' },
    value: exchanging,
    changes: { weWant: 'version' },
    rows: [says(version(5))],
  },
];

// g[verify gossip.swap]
const wishes: readonly Case[] = [
  {
    title: 'is to carry announcements, and says so with its next hello only',
    from: linked(),
    event: { type: 'want', push: 'hello' },
    value: steady,
    changes: { weWant: 'hello', wishUnsaid: true },
  },
  {
    title: 'is to carry payloads again, and says so with its next hello only',
    from: after(linked(), judged({ kind: 'duplicate', seq: 5 })),
    event: { type: 'want', push: 'version' },
    value: steady,
    changes: { weWant: 'version', wishUnsaid: true },
  },
  {
    title: 'goes on carrying payloads to and from a peer that knows no announcements',
    from: after(linked(), plainHello(version(5))),
    event: { type: 'want', push: 'hello' },
    value: steady,
  },
];

checkCases('linked and has news', [...hellos, ...payloads, ...announcements, ...wishes], newsEvents);
