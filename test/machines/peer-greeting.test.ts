/** A link whose first hello is said and theirs awaited, event by event. */
import { describe, expect, it } from 'vitest';
import { peerMachine } from '../../machines/peer-machine.ts';
import { closeCodes } from '../../src/protocol/index.ts';
import {
  abortsWith,
  announced,
  type Case,
  checkCases,
  closes,
  ends,
  everyReason,
  exchanging,
  greeted,
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
  greeting,
  groveId,
  hello,
  joining,
  linkId,
  long,
  other,
  own,
  peerInput,
  plainHello,
  standing,
  verified,
  version,
} from './peer-fixture.ts';
import { begin, type Row, walk } from './transition-rows.ts';

const { protocolError, aborted, duplicate, revoked } = closeCodes;
const answered: Row = { cancel: 'helloTimeout' };

const stored = { ...standing(6), lineBytes: long };
const storedMeanwhile = walk(peerMachine, greeting(), verified(version(6), { lineBytes: long }), {
  type: 'announce',
  standing: stored,
});

// g[verify gossip.hello]
describe('a new link', () => {
  it('opens its wire, says what is stored and waits five seconds for an answer', () => {
    const { value, rows } = begin(peerMachine, peerInput(standing(5)));
    expect(value).toBe('greeting');
    expect(rows).toEqual([
      { spawn: 'wire', input: { linkId: 'link-1' } },
      says(version(5)),
      { after: 'helloTimeout', delay: 5_000 },
    ]);
  });

  // g[verify gossip.joiner]
  it('claims nothing while joining, not even the grove the invite names', () => {
    const pin = { leaderFingerprint: other, leaderKey: null, groveId, acceptRollback: false };
    const { rows } = begin(peerMachine, { ...joining, pin });
    expect(rows[1]).toEqual(says(version(0)));
  });
});

const hellos: readonly Case[] = [
  {
    title: 'is steady at once when both hold the same',
    from: greeting(),
    event: hello(version(5)),
    value: steady,
    changes: { theirs: theirs(version(5)) },
    rows: [answered, greeted(version(5))],
  },
  {
    title: 'sends the newer payload',
    from: greeting(),
    event: hello(version(4)),
    value: exchanging,
    changes: { theirs: theirs(version(4)), sent: version(5) },
    rows: [answered, greeted(version(4)), sends(version(5)), wants('version', true)],
  },
  // g[verify gossip.announce-first]
  {
    title: 'leaves a long payload to its announcement',
    from: greeting({ ...standing(5), lineBytes: long }),
    event: hello(version(4)),
    value: steady,
    changes: { theirs: theirs(version(4)) },
    rows: [answered, greeted(version(4))],
  },
  {
    title: 'sends even a long payload to a peer that knows no announcements',
    from: greeting({ ...standing(5), lineBytes: long }),
    event: plainHello(version(4)),
    value: exchanging,
    changes: { theirs: theirs(version(4)), lacksPush: true, sent: version(5) },
    rows: [answered, greeted(version(4)), sends(version(5)), wants('version', true)],
  },
  {
    title: 'leaves the payload to its announcement when the peer wants it so',
    from: greeting(),
    event: hello(version(4), { push: 'hello' }),
    value: steady,
    changes: { theirs: theirs(version(4)), theyWant: 'hello' },
    rows: [answered, greeted(version(4)), wants('hello')],
  },
  // g[verify gossip.announcement]
  {
    title: 'reports that the peer is ahead, whose payload comes by itself if it is short',
    from: greeting(),
    event: hello(version(6)),
    value: exchanging,
    changes: { theirs: theirs(version(6)) },
    rows: [answered, greeted(version(6)), announced(version(6), 'over-this-link')],
  },
  {
    title: 'reports that the peer is ahead, whose payload was not wanted over this link',
    from: begin(peerMachine, peerInput(standing(5), { push: 'hello' })).snapshot,
    event: hello(version(6)),
    value: steady,
    changes: { theirs: theirs(version(6)) },
    rows: [answered, greeted(version(6)), announced(version(6), 'over-another')],
  },
  // g[verify gossip.fork]
  {
    title: 'shows its payload to a peer with another one under the same number',
    from: greeting({ ...standing(5), lineBytes: long }),
    event: hello(version(5, 'f'), { push: 'hello' }),
    value: exchanging,
    changes: { theirs: theirs(version(5, 'f')), theyWant: 'hello', sent: version(5) },
    rows: [answered, greeted(version(5, 'f')), sends(version(5)), wants('hello', true)],
  },
  // g[verify gossip.joiner]
  {
    title: 'sends a joining node the payload, however long',
    from: greeting({ ...standing(5), lineBytes: long }),
    event: hello(version(0)),
    value: exchanging,
    changes: { theirs: theirs(version(0), '00000000-0000-0000-0000-000000000000'), sent: version(5) },
    rows: [answered, greeted(version(0)), sends(version(5)), wants('version', true)],
  },
  {
    title: 'joins through a member, whose payload comes by itself',
    from: greeting(null),
    event: hello(version(5)),
    value: exchanging,
    changes: { theirs: theirs(version(5)) },
    rows: [answered, greeted(version(5)), announced(version(5), 'over-this-link')],
  },
  {
    title: 'has nothing to say to another joining node',
    from: greeting(null),
    event: hello(version(0)),
    value: steady,
    changes: { theirs: theirs(version(0), '00000000-0000-0000-0000-000000000000') },
    rows: [answered, greeted(version(0))],
  },
  // g[verify gossip.announcement]
  {
    title: 'announces what was stored while the greeting was under way',
    from: storedMeanwhile,
    event: hello(version(5)),
    value: steady,
    changes: { theirs: theirs(version(5)), told: version(6) },
    rows: [answered, greeted(version(5)), says(version(6))],
  },
  {
    title: 'refuses a peer of another grove',
    from: greeting(),
    event: hello(version(5), { grove_id: '00000000-0000-4000-8000-000000000001' }),
    ...abortsWith('grove_mismatch', undefined, [answered]),
  },
  {
    title: 'refuses a peer that claims to lead and does not',
    from: greeting(),
    event: hello(version(5), { our_role: 'leader' }),
    ...abortsWith('leader_mismatch', undefined, [answered]),
  },
  {
    title: 'refuses a peer without a common protocol version',
    from: greeting(),
    event: hello(version(5), { protocol_version: 0 }),
    ...abortsWith({ other: 'unsupported_protocol_version' }, undefined, [answered]),
  },
  {
    title: 'ends with a peer that names another fingerprint than it proved',
    from: greeting(),
    event: hello(version(5), { our_fingerprint: other }),
    ...ends(protocolError, 'the hello names another fingerprint than the connection proved', [answered]),
  },
  {
    title: 'ends when it led back to the node itself',
    from: begin(peerMachine, peerInput(standing(5), { fingerprint: own })).snapshot,
    event: hello(version(5), { our_fingerprint: own, nonce: '7' }),
    ...ends(duplicate, 'this is the node itself', [answered]),
  },
  {
    title: 'ends with, and reports, another process that has its own key',
    from: begin(peerMachine, peerInput(standing(5), { fingerprint: own })).snapshot,
    event: hello(version(5), { our_fingerprint: own, nonce: '4711' }),
    ...ends(duplicate, 'this is the node itself', [
      answered,
      { to: 'parent', event: { type: 'peer.cloned', linkId, fingerprint: own, at } },
    ]),
  },
];

// g[verify gossip.hello]
const unexpected: readonly Case[] = [
  {
    title: 'ends on a payload before the hello',
    from: greeting(),
    event: { type: 'version', payload: {}, signature: '5e'.repeat(64) },
    ...ends(protocolError, 'version before hello', [answered]),
  },
  {
    title: 'ends on addresses before the hello',
    from: greeting(),
    event: { type: 'peers', entries: [] },
    ...ends(protocolError, 'peers before hello', [answered]),
  },
  {
    title: 'ends on a malformed line',
    from: greeting(),
    event: { type: 'wire.malformed', detail: 'no object with a type' },
    ...ends(protocolError, 'no object with a type', [answered]),
  },
  // g[verify gossip.abort]
  ...everyReason.map((reason) => ({
    title: `ends when the peer aborts with ${textOf(reason)}`,
    from: greeting(),
    event: { type: 'abort' as const, reason },
    value: 'closing',
    changes: { aborted: reason, closing: { code: aborted, reason: 'the peer aborted' } },
    rows: [answered, ...closes(aborted, 'the peer aborted')],
  })),
];

const news: readonly Case[] = [
  {
    title: 'keeps a verified payload for when the peer has said what it holds',
    from: greeting(),
    event: verified(version(6)),
    value: 'greeting',
    changes: { newest: { version: version(6), lineBytes: 1_000 } },
  },
  {
    title: 'goes back to no older payload that was judged late',
    from: after(greeting(), verified(version(7))),
    event: verified(version(6)),
    value: 'greeting',
  },
  {
    title: 'keeps what was stored to itself until the greeting is done',
    from: greeting(),
    event: { type: 'announce', standing: stored },
    value: 'greeting',
    changes: {
      newest: { version: version(6), lineBytes: long },
      ours: { groveId, leaderFingerprint: stored.leaderFingerprint, role: 'follower', version: version(6) },
    },
  },
  { title: 'asks for nothing', from: greeting(), event: { type: 'pull' }, value: 'greeting' },
  {
    title: 'keeps to the wish its hello told',
    from: greeting(),
    event: { type: 'want', push: 'hello' },
    value: 'greeting',
  },
  {
    title: 'tells no addresses',
    from: greeting(),
    event: { type: 'peers.tell', entries: [] },
    value: 'greeting',
  },
  {
    title: 'waits for no verdict',
    from: greeting(),
    event: { type: 'candidate.judged', linkId: 'link-1', outcome: { kind: 'stale', seq: 4 } },
    value: 'greeting',
  },
];

const endings: readonly Case[] = [
  {
    title: 'closes when it is told to',
    from: greeting(),
    event: { type: 'peer.close', code: 7, reason: 'this node stops' },
    ...ends(7, 'this node stops', [answered]),
  },
  // g[verify gossip.duplicate-links]
  {
    title: 'is retired after a second, and says nothing before',
    from: greeting(),
    event: { type: 'peer.retire', code: duplicate, reason: 'the other link is kept', replaced: true },
    value: 'greeting',
    rows: [
      { raise: { type: 'retire.due', code: duplicate, reason: 'the other link is kept' }, delay: 1_000 },
    ],
  },
  {
    title: 'closes when its retirement is due',
    from: greeting(),
    event: { type: 'retire.due', code: duplicate, reason: 'the other link is kept' },
    ...ends(duplicate, 'the other link is kept', [answered]),
  },
  {
    title: 'tells a revoked peer that never said hello the number and nothing else',
    from: greeting(),
    event: { type: 'peer.revoke', version: version(6) },
    ...ends(revoked, 'seq=6', [answered]),
  },
  {
    title: 'is over when its wire is',
    from: greeting(),
    event: { type: 'wire.closed', by: 'transport', code: null, reason: 'timed out', at },
    value: 'closed',
    changes: { end: { by: 'transport', code: null, reason: 'timed out', at } },
    rows: [
      answered,
      ...reportsEnd({
        greeted: false,
        aborted: null,
        by: 'transport',
        code: null,
        reason: 'timed out',
        at,
      }),
    ],
  },
];

checkCases('greeting', [...hellos, ...unexpected, ...news, ...endings]);
