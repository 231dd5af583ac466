/** How payloads spread among whole nodes, some of them played by the test; everything real but network and clock. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroveStore } from '../../src/ports/index.ts';
import type { FlushFile } from '../../src/store/index.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { forged, HandMadePeer } from './hand-made-peer.ts';
import { lookAtCommits, TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

const longValue = 'x'.repeat(20_000);

/** A grove of `count` nodes and members played by the test, invited by the leader. */
async function groveWith(count: number, ...numbers: number[]) {
  const nodes = await grove.formed(count);
  const [leader] = nodes as [TestNode];
  const played = numbers.map((number) => new HandMadePeer(grove, number));
  for (const { fingerprint } of played)
    await leader.change({ kind: 'invite', member: { fp: fingerprint, label: 'played' } });
  grove.advance(1_000);
  return { nodes, leader, played: played as [HandMadePeer, ...HandMadePeer[]] };
}

/** What a played member was sent since the last call, the numbers of hellos and payloads in order. */
function heard(peer: HandMadePeer): readonly string[] {
  return peer.received.splice(0).flatMap((message) => {
    const { type, our_seq, reason } = message;
    if (type === 'hello') return [`hello ${our_seq}`];
    if (type === 'version') return [`version ${(message.payload as { seq: number }).seq}`];
    return type === 'abort' ? [`abort ${typeof reason === 'string' ? reason : JSON.stringify(reason)}`] : [];
  });
}

describe('a payload', () => {
  // g[verify gossip.relay-before-store]
  it('is handed on by a member that cannot store it, which never claims it', async () => {
    let full = false;
    const wrapStore = (store: GroveStore) =>
      lookAtCommits(store, () => {
        if (full) throw new StoreError('disk_full', 'the disk is full: make room');
      });
    const nodes = await grove.formed(3, (number) => (number === 2 ? { wrapStore } : {}));
    const [leader, between, last] = nodes as [TestNode, TestNode, TestNode];
    grove.network.cut(leader.transport, last.transport);
    grove.advance(1_000);
    const claimed: number[] = [];
    between.transport.onSend = (line) => {
      const { type, our_seq } = JSON.parse(Buffer.from(line).toString('utf8'));
      if (type === 'hello') claimed.push(our_seq);
    };
    full = true;
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([leader.seq, between.seq, last.seq]).toEqual([4, 3, 4]);
    expect(claimed.filter((seq) => seq > 3)).toEqual([]);
    full = false;
    grove.advance(11_000);
    expect(between.seq).toBe(4);
  });

  // g[verify store.flush-beside] g[verify gossip.relay-before-store]
  it('is passed on and not claimed while the disk still works on it', async () => {
    const held: (() => void)[] = [];
    let holds = false;
    const flushFile: FlushFile = (_descriptor, done) =>
      holds ? void held.push(() => done(null)) : done(null);
    const slow = { directory: grove.directory(), flushFile };
    const nodes = await grove.formed(3, (number) => (number === 2 ? slow : {}));
    const [leader, between, last] = nodes as [TestNode, TestNode, TestNode];
    grove.network.cut(leader.transport, last.transport);
    grove.advance(1_000);
    const claimed: number[] = [];
    between.transport.onSend = (line) => {
      const { type, our_seq } = JSON.parse(Buffer.from(line).toString('utf8'));
      if (type === 'hello') claimed.push(our_seq);
    };
    holds = true;
    await leader.set('greeting', 'kia ora');
    await leader.set('greeting', 'haere mai');
    grove.advance(1_000);
    expect([leader.seq, between.seq, last.seq, held.length]).toEqual([5, 3, 4, 1]);
    expect(claimed.filter((seq) => seq > 3)).toEqual([]);
    const applied = () => between.told('grove.payload-applied').map(({ seq }) => seq);
    expect(applied()).not.toContain(4);
    held.shift()?.();
    grove.advance(1_000);
    expect([between.seq, last.seq, held.length, applied().includes(4)]).toEqual([4, 5, 1, true]);
    // It leaves while the next one is on its way: leaving waits for the disk, and nothing comes back afterwards.
    expect(await between.leave()).toMatchObject({ ok: true });
    held.shift()?.();
    grove.advance(1_000);
    expect([between.state, between.store.membership()]).toEqual(['outside', null]);
    const types = between.events.map(({ type }) => type);
    expect(types.lastIndexOf('grove.payload-applied')).toBeLessThan(types.indexOf('grove.left'));
    expect(applied().at(-1)).toBe(5);
    expect(between.store.floor(leader.context.standing?.groveId ?? '', leader.fingerprint)?.seqMax).toBe(5);
    holds = false;
    expect(await between.join(last)).toMatchObject({ ok: true, value: { seq: 5 } });
    expect(between.failures).toEqual([]);
  });

  // g[verify gossip.announce-first] g[verify gossip.pull] g[verify gossip.once]
  it('that is long is announced and sent when asked for, and a second time only to who asks on', async () => {
    const { leader, played } = await groveWith(1, 2);
    const [peer] = played;
    peer.dial(leader);
    peer.hello(leader);
    heard(peer);
    await leader.set('greeting', longValue);
    grove.advance(1_000);
    expect(heard(peer)).toEqual(['hello 3']);
    const before = { our_seq: 2, our_payload_hash: 'ab'.repeat(32) };
    peer.hello(leader, before);
    expect(heard(peer)).toEqual(['version 3']);
    peer.hello(leader, before);
    grove.advance(5_000);
    expect(heard(peer)).toEqual(['hello 3']);
    peer.hello(leader, before);
    expect(heard(peer)).toEqual(['version 3']);
  });

  // g[verify gossip.joiner]
  // g[verify gossip.announce-first]
  it('that is short is announced first too when the operator says so', async () => {
    const leader = grove.node(1, { announceFirstBytes: 100 });
    await leader.found();
    const peer = new HandMadePeer(grove, 2);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'played' } });
    peer.dial(leader);
    peer.hello(leader);
    heard(peer);
    await leader.set('greeting', 'kia ora');
    grove.advance(10);
    expect(heard(peer)).toEqual(['hello 3']);
    peer.hello(leader, { our_seq: 2, our_payload_hash: 'ab'.repeat(32) });
    expect(heard(peer)).toEqual(['version 3']);
  });

  it('that is long goes to a joining node at once', async () => {
    const { leader, played } = await groveWith(1, 2);
    const [peer] = played;
    await leader.set('greeting', longValue);
    peer.dial(leader);
    const grove_id = '00000000-0000-0000-0000-000000000000';
    peer.hello(leader, { grove_id, our_seq: 0, our_payload_hash: '' });
    expect(heard(peer)).toEqual(['hello 3', 'version 3']);
  });

  // g[verify gossip.prune]
  it('that comes a second time turns its link to announcements, until it is asked for over it', async () => {
    const { nodes, played } = await groveWith(2, 3);
    const [peer] = played;
    const member = nodes[1] as TestNode;
    peer.dial(member);
    peer.hello(member);
    const held = member.store.membership()?.signed;
    peer.say({ type: 'version', ...held });
    const prunes = peer.received.filter(({ push }) => push === 'hello');
    expect(prunes).toHaveLength(1);

    const { message, hash } = forged(member, { seq: 4 });
    peer.received.splice(0);
    peer.hello(member, { our_seq: 4, our_payload_hash: hash });
    expect(peer.received).toEqual([]);
    grove.advance(60);
    expect(peer.received).toEqual([expect.objectContaining({ our_seq: 3, push: 'version' })]);
    peer.say(message);
    expect(member.seq).toBe(4);
  });

  // g[verify gossip.announcement]
  it('is announced after a moment to whoever was not sent it', async () => {
    const { leader, played } = await groveWith(1, 2, 3);
    const [told, sent] = played as [HandMadePeer, HandMadePeer];
    for (const peer of played) peer.dial(leader);
    told.hello(leader, { push: 'hello' });
    sent.hello(leader);
    for (const peer of played) heard(peer);
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([heard(told), heard(sent)]).toEqual([['hello 4'], ['version 4']]);
  });

  // g[verify gossip.advice]
  it('that a member sets aside for its date is no reason to end the link', async () => {
    const { leader, played } = await groveWith(1, 2);
    const [peer] = played;
    peer.dial(leader);
    peer.hello(leader);
    await leader.set('greeting', 'kia ora');
    grove.advance(100);
    peer.say({ type: 'abort', reason: { other: 'created_in_future' } });
    heard(peer);
    await leader.set('greeting', 'mōrena');
    grove.advance(1_000);
    expect([heard(peer), peer.end]).toEqual([['version 4'], null]);
  });

  // g[verify gossip.advice] g[verify gossip.refused]
  it('from the future is set aside, which its sender is told once, and not asked for again', async () => {
    const { leader, nodes, played } = await groveWith(2, 3);
    const [peer] = played;
    const member = nodes[1] as TestNode;
    grove.network.cut(leader.transport, member.transport);
    const { message, hash } = forged(member, { seq: 4, created_at: '2027-01-01T00:00:00Z' });
    peer.dial(member);
    peer.hello(member);
    heard(peer);
    peer.say(message);
    peer.say(message);
    peer.hello(member, { our_seq: 4, our_payload_hash: hash });
    grove.advance(10_000);
    expect([heard(peer), peer.end]).toEqual([['abort {"other":"created_in_future"}'], null]);
    expect(member.seq).toBe(3);
  });
});

describe('a fork', () => {
  // g[verify gossip.fork]
  it('ends with the smaller hash on every member, though their leader is away and links are few', async () => {
    const { leader, nodes, played } = await groveWith(4, 5);
    const [, first, second, third] = nodes as [TestNode, TestNode, TestNode, TestNode];
    const [peer] = played;
    await leader.stop();
    grove.network.cut(first.transport, third.transport);
    grove.advance(1_000);
    const forks = ['one', 'two'].map((value) =>
      forged(first, { seq: 6, params: [{ name: 'greeting', kind: 'text', value }] }),
    );
    const [smaller, larger] = forks.sort((left, right) => (left.hash < right.hash ? -1 : 1));
    peer.dial(first);
    peer.hello(first);
    peer.say(larger?.message ?? {});
    grove.advance(1_000);
    expect([first, second, third].map(({ hash }) => hash)).toEqual(Array(3).fill(larger?.hash));
    peer.say(smaller?.message ?? {});
    peer.say(larger?.message ?? {});
    grove.advance(1_000);
    const hashes = forks.map(({ hash }) => hash);
    for (const node of [first, second, third]) {
      expect(node.hash).toBe(smaller?.hash);
      expect(node.told('grove.fork-detected')).toEqual([expect.objectContaining({ seq: 6, hashes })]);
    }
  });

  // g[verify gossip.fork]
  it('is shown to whoever sends the losing payload', async () => {
    const { leader, nodes, played } = await groveWith(2, 3);
    const [peer] = played;
    const member = nodes[1] as TestNode;
    grove.network.cut(leader.transport, member.transport);
    const forks = ['one', 'two'].map((value) =>
      forged(member, { seq: 4, params: [{ name: 'greeting', kind: 'text', value }] }),
    );
    const [smaller, larger] = forks.sort((left, right) => (left.hash < right.hash ? -1 : 1));
    peer.dial(member);
    peer.hello(member);
    peer.say(smaller?.message ?? {});
    expect(member.hash).toBe(smaller?.hash);
    peer.hangUp();
    peer.dial(member);
    peer.hello(member, { our_seq: 3, our_payload_hash: 'ab'.repeat(32), push: 'hello' });
    heard(peer);
    peer.say(larger?.message ?? {});
    expect(heard(peer)).toEqual(['version 4']);
  });
});

describe('a member that is revoked', () => {
  // g[verify gossip.revocation]
  it('is sent the proof when it held the number before, and only the number when it did not', async () => {
    const { leader, played } = await groveWith(1, 2, 3);
    const [level, behind] = played as [HandMadePeer, HandMadePeer];
    for (const peer of played) peer.dial(leader);
    level.hello(leader);
    behind.hello(leader, { our_seq: 2, our_payload_hash: 'ab'.repeat(32), push: 'hello' });
    for (const peer of played) heard(peer);
    await leader.change({ kind: 'revoke', fp: level.fingerprint });
    grove.advance(2_000);
    expect([heard(level), level.end]).toEqual([['version 4'], ['peer', 4, 'seq=4']]);
    heard(behind);
    await leader.change({ kind: 'revoke', fp: behind.fingerprint });
    grove.advance(2_000);
    expect([heard(behind), behind.end]).toEqual([[], ['peer', 4, 'seq=5']]);
  });

  // g[verify gossip.trust]
  it('is let in no more, and told why', async () => {
    const { leader, played } = await groveWith(1, 2);
    const [peer] = played;
    const stranger = new HandMadePeer(grove, 9);
    await leader.change({ kind: 'revoke', fp: peer.fingerprint });
    peer.dial(leader);
    stranger.dial(leader);
    expect([peer.end, stranger.end]).toEqual([
      ['peer', 4, 'seq=3'],
      ['peer', 1, 'not a member of this grove'],
    ]);
  });
});

describe('a member that hears it is revoked', () => {
  // g[verify gossip.suspicion]
  it('believes two others or the leader, not one, and a greeting takes the word back', async () => {
    const { leader, nodes, played } = await groveWith(2, 3, 4);
    const [one, two] = played as [HandMadePeer, HandMadePeer];
    const member = nodes[1] as TestNode;
    const isSuspicious = () => JSON.stringify(member.state).includes('suspectedRevoked');
    const accuse = (peer: HandMadePeer) => {
      peer.dial(member);
      peer.hello(member);
      peer.hangUp(4, 'seq=9');
    };
    accuse(one);
    accuse(one);
    expect(isSuspicious()).toBe(false);
    accuse(two);
    expect(isSuspicious()).toBe(true);
    one.dial(member);
    one.hello(member);
    expect(isSuspicious()).toBe(false);
    expect(leader.seq).toBe(member.seq);
  });
});

describe('two links to one member', () => {
  // g[verify gossip.duplicate-links]
  it('become one after a second, the newer when it dials again', async () => {
    const { leader, played } = await groveWith(1, 2);
    const [peer] = played;
    peer.dial(leader);
    peer.hello(leader);
    const first = Object.keys(leader.context.links);
    peer.dial(leader);
    peer.hello(leader);
    expect(Object.keys(leader.context.links)).toHaveLength(2);
    grove.advance(2_000);
    expect(Object.keys(leader.context.links)).toHaveLength(1);
    expect(Object.keys(leader.context.links)).not.toEqual(first);
    heard(peer);
    peer.say({ type: 'version', ...leader.store.membership()?.signed });
    expect(heard(peer)).toEqual(['hello 2']);
  });

  // g[verify gossip.duplicate-links]
  it('of opposite directions are settled to one by both of them', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    grove.network.cut(leader.transport, member.transport);
    grove.advance(1_000);
    grove.network.mend(leader.transport, member.transport);
    for (const node of [leader, member])
      node.system.supervisor.getSnapshot().children.dialLoop?.send({ type: 'wake' });
    grove.advance(10);
    expect([leader, member].map(({ context }) => Object.keys(context.links).length)).toEqual([2, 2]);
    grove.advance(3_000);
    expect([leader, member].map(({ context }) => Object.keys(context.links).length)).toEqual([1, 1]);
    expect([leader, member].map(({ transport }) => transport.links.size)).toEqual([1, 1]);
  });
});

describe('two machines with one key', () => {
  // g[verify gossip.clone]
  it('give themselves away by boot numbers that take turns; a restart does not', async () => {
    const { leader, played } = await groveWith(1, 2);
    const [peer] = played;
    for (const nonce of [7, 8, 9]) {
      peer.dial(leader);
      peer.hello(leader, { nonce });
    }
    expect(leader.told('grove.identity-conflict')).toEqual([]);
    peer.dial(leader);
    peer.hello(leader, { nonce: 8 });
    expect(leader.told('grove.identity-conflict')).toEqual([{ fp: peer.fingerprint }]);
  });

  // g[verify gossip.once]
  it('do not count as one: what the first brings, the second is sent', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const clone = new HandMadePeer(grove, 1, 99);
    clone.dial(member);
    clone.hello(member, { our_role: 'leader' });
    await leader.set('greeting', 'kia ora', { force: true });
    grove.advance(20);
    const news = clone.received.filter(({ type }) => type === 'version');
    expect(news).toEqual([
      expect.objectContaining({ payload: expect.objectContaining({ seq: leader.seq }) }),
    ]);
    expect([member.seq, clone.end]).toEqual([leader.seq, null]);
  });
});
