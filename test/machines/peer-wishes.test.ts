/** Wishes that change while a link is up: what a peer gets that asks again, and when it hears what is wanted of it. */
import {
  announced,
  type Case,
  checkCases,
  exchanging,
  says,
  sends,
  steady,
  theirs,
  wants,
} from './peer-cases.ts';
import {
  after,
  announce,
  fromThem,
  groveId,
  hello,
  judged,
  leader,
  linked,
  long,
  type PeerEvent,
  verified,
  version,
} from './peer-fixture.ts';

const longSix = { version: version(6), lineBytes: long };
const wantsAnnouncements: PeerEvent = { type: 'want', push: 'hello' };
const wantsPayloads: PeerEvent = { type: 'want', push: 'version' };
const pruned = judged({ kind: 'duplicate', seq: 5 });

// g[verify gossip.graft]
const grafts: readonly Case[] = [
  {
    title: 'takes a wish for payloads that claims nothing new for a graft',
    from: linked(),
    event: hello(version(5)),
    value: steady,
    changes: { grafted: true },
    rows: [wants('version', true)],
  },
  {
    title: 'takes a wish for payloads that claims a newer one for an announcement',
    from: linked(version(4)),
    event: hello(version(5)),
    value: steady,
    changes: { theirs: theirs(version(5)) },
  },
  {
    title: 'takes a wish for announcements that claims nothing new for no graft',
    from: after(linked(), hello(version(5))),
    event: hello(version(5), { push: 'hello' }),
    value: steady,
    changes: { grafted: false, theyWant: 'hello' },
    rows: [wants('hello')],
  },
  // g[verify gossip.announce-first]
  {
    title: 'sends a long payload that is not announced yet to a peer that asks again with nothing new',
    from: after(linked(), verified(version(6), { lineBytes: long })),
    event: hello(version(5)),
    value: exchanging,
    changes: { grafted: true, sent: version(6) },
    rows: [sends(version(6)), wants('version', true)],
  },
  {
    title: 'sends it to a peer that asks again after it asked for announcements',
    from: after(linked(), hello(version(5), { push: 'hello' }), verified(version(7), { lineBytes: long })),
    event: hello(version(6)),
    value: exchanging,
    changes: { theirs: theirs(version(6)), theyWant: 'version', grafted: true, sent: version(7) },
    rows: [sends(version(7)), wants('version', true)],
  },
  // g[verify gossip.branch]
  {
    title: 'sends the next long payload at once to a peer that asked again with nothing new',
    from: after(linked(), hello(version(5))),
    event: verified(version(6), { lineBytes: long }),
    value: exchanging,
    changes: { newest: longSix, sent: version(6) },
    rows: [sends(version(6))],
  },
];

function oursAt(seq: number) {
  return { groveId, leaderFingerprint: leader, role: 'follower', version: version(seq) };
}

// g[verify gossip.swap]
const swaps: readonly Case[] = [
  {
    title: 'tells the peer that brought a payload with the announcement of it to bring no more',
    from: after(linked(), verified(version(6), fromThem), wantsAnnouncements),
    event: announce(6),
    value: steady,
    changes: { ours: oursAt(6), told: version(6), wishUnsaid: false },
    rows: [says(version(6), 'hello')],
  },
  {
    title: 'tells the peer that announced it sooner with the announcement of it to bring the next',
    from: after(linked(), pruned, hello(version(6)), verified(version(6)), wantsPayloads),
    event: announce(6),
    value: steady,
    changes: { ours: oursAt(6), told: version(6), wishUnsaid: false },
    rows: [says(version(6))],
  },
  {
    title: 'says a new wish even to a peer that has the payload from us',
    from: after(linked(), verified(version(6)), wantsAnnouncements),
    event: announce(6),
    value: exchanging,
    changes: { ours: oursAt(6), told: version(6), wishUnsaid: false },
    rows: [says(version(6), 'hello')],
  },
  {
    title: 'expects what is announced over another link once it is to carry announcements',
    from: after(linked(), wantsAnnouncements),
    event: hello(version(6)),
    value: steady,
    changes: { theirs: theirs(version(6)) },
    rows: [announced(version(6), 'over-another')],
  },
  {
    title: 'expects what is announced only when it asks, once it is to carry payloads again',
    from: after(linked(), pruned, wantsPayloads),
    event: hello(version(6)),
    value: exchanging,
    changes: { theirs: theirs(version(6)) },
    rows: [announced(version(6), 'when-asked')],
  },
];

checkCases(
  'linked and whose ends change their wishes',
  [...grafts, ...swaps],
  ['announce', 'hello', 'payload.verified'],
);
