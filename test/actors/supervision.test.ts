/** Actors that fail: each is replaced and the node goes on, until it happens too often. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroveStore, Signer } from '../../src/ports/index.ts';
import { lookAtCommits, operator, TestGrove, type TestNode, until } from './test-grove.ts';

let grove: TestGrove;
/** How often the mistake of a test still happens. */
let mistakes = 0;
beforeEach(() => {
  grove = new TestGrove();
  mistakes = 0;
});
afterEach(() => grove.close());

function mistake(): void {
  if (mistakes === 0) return;
  mistakes -= 1;
  throw new Error('a mistake of ours');
}

function mistakenCommit(store: GroveStore): GroveStore {
  return lookAtCommits(store, mistake);
}

function mistaken(method: 'savePeers' | 'formerMembers' | 'parked') {
  return (store: GroveStore): GroveStore => ({
    ...store,
    [method]: (...parameters: never[]) => {
      mistake();
      return (store[method] as (...given: never[]) => unknown)(...parameters);
    },
  });
}

function mistakenSigner(signer: Signer): Signer {
  return {
    ...signer,
    sign: (message) => {
      mistake();
      return signer.sign(message);
    },
  };
}

/** Every node has what the leader published last, and none gave up. */
async function expectGoesOn(nodes: readonly TestNode[], more: { restarts: number }): Promise<void> {
  const [leader] = nodes as [TestNode];
  grove.advance(40_000);
  const answer = await leader.set('greeting', 'still here');
  expect(answer).toMatchObject({ ok: true });
  grove.advance(5_000);
  expect(nodes.map((node) => [node.param('greeting'), node.failures])).toEqual(
    nodes.map(() => ['still here', []]),
  );
  expect(Math.max(...nodes.map((node) => node.context.restarts))).toBe(more.restarts);
}

describe('an actor that fails is replaced', () => {
  // g[verify membership.supervision]
  it('when it is the applier, which then takes what comes next', async () => {
    const nodes = await grove.formed(2, (number) => (number === 2 ? { wrapStore: mistakenCommit } : {}));
    const [leader, member] = nodes as [TestNode, TestNode];
    mistakes = 1;
    await leader.set('greeting', 'lost');
    grove.advance(1_000);
    expect([member.seq, member.context.restarts, mistakes]).toEqual([2, 1, 0]);
    await expectGoesOn(nodes, { restarts: 1 });
  });

  // g[verify membership.supervision] g[verify leader.failed-publish]
  it('when it is the publisher, whose changes are answered', async () => {
    const nodes = await grove.formed(2, (number) => (number === 1 ? { wrapSigner: mistakenSigner } : {}));
    const [leader] = nodes as [TestNode];
    mistakes = 1;
    expect(await leader.set('greeting', 'lost')).toEqual({
      ok: false,
      reason: {
        code: 'internal',
        message:
          'publishing failed inside the node: read `grove status` to see whether the change is in, then try again',
      },
    });
    expect([leader.context.publishing, leader.settled.length, new Set(leader.settled).size]).toEqual([
      [],
      3,
      3,
    ]);
    const started = grove.manual.now();
    expect(await leader.set('greeting', 'next')).toMatchObject({ ok: true });
    expect(grove.manual.now() - started).toBeLessThan(1_000);
    await expectGoesOn(nodes, { restarts: 1 });
  });

  // g[verify membership.supervision]
  it('when it is the actor of one link, which is closed and comes back', async () => {
    const nodes = await grove.formed(3);
    const [leader, member] = nodes as [TestNode, TestNode];
    mistakes = 1;
    member.transport.onSend = mistake;
    await leader.set('greeting', 'one');
    grove.advance(1_000);
    expect([mistakes, member.context.restarts]).toEqual([0, 0]);
    await expectGoesOn(nodes, { restarts: 0 });
    expect(nodes.map((node) => Object.keys(node.context.links).length)).toEqual([2, 2, 2]);
  });

  // g[verify membership.supervision]
  it('when it is the dial loop, which learns again who is linked', async () => {
    const nodes = await grove.formed(2);
    const [leader, member] = nodes as [TestNode, TestNode];
    const { dialLoop } = member.system.supervisor.getSnapshot().children;
    dialLoop?.send({ type: 'hints', from: leader.fingerprint, entries: null } as never);
    expect(member.context.restarts).toBe(1);
    const dials = member.transport.dials;
    grove.advance(600_000);
    expect(member.transport.dials).toBe(dials);
    grove.network.cut(leader.transport, member.transport);
    grove.advance(1_000);
    grove.network.mend(leader.transport, member.transport);
    await expectGoesOn(nodes, { restarts: 0 });
  });

  // g[verify membership.supervision]
  it('when it is the bookkeeper, who saves the next rows', async () => {
    const nodes = await grove.formed(2, (number) =>
      number === 2 ? { wrapStore: mistaken('savePeers') } : {},
    );
    const [leader, member] = nodes as [TestNode, TestNode];
    grove.advance(120_000);
    mistakes = 1;
    const cut = () => {
      grove.network.cut(leader.transport, member.transport);
      grove.advance(5_000);
      grove.network.mend(leader.transport, member.transport);
      grove.advance(120_000);
      return member.store.peers().find(({ fingerprint }) => fingerprint === leader.fingerprint)?.lastSeenAt;
    };
    const before = cut();
    expect(mistakes).toBe(0);
    expect(cut()).not.toBe(before);
    await expectGoesOn(nodes, { restarts: 0 });
  });

  // g[verify membership.supervision]
  it('when it is the endpoint, which trusts the members again and closes no link', async () => {
    const nodes = await grove.formed(2, (number) =>
      number === 1 ? { wrapStore: mistaken('formerMembers') } : {},
    );
    const [leader] = nodes as [TestNode];
    const third = grove.node(3);
    mistakes = 1;
    await leader.change({ kind: 'invite', member: third.member });
    expect([mistakes, leader.context.restarts]).toEqual([0, 1]);
    grove.advance(1_000);
    expect([leader.told('grove.peer-disconnected'), leader.transport.links.size]).toEqual([[], 1]);
    expect(await third.join(leader)).toMatchObject({ ok: true });
    await expectGoesOn([...nodes, third], { restarts: 1 });
  });

  // g[verify membership.supervision]
  it('when it is the endpoint, of which no timer stays', async () => {
    const node = grove.node(1, { wrapStore: mistaken('formerMembers') });
    mistakes = 1;
    await node.found();
    expect([mistakes, node.context.restarts]).toEqual([0, 1]);
    await node.stop();
    grove.advance(60_000);
    expect(grove.manual.pending).toBe(0);
  });

  // g[verify gossip.trust]
  it('but not the endpoint when former members cannot be read: they are strangers then', async () => {
    const unread = Object.assign(new Error('the file cannot be read'), { name: 'StoreError', code: 'io' });
    const formerMembers = () => {
      throw unread;
    };
    const node = grove.node(1, { wrapStore: (store) => ({ ...store, formerMembers }) });
    await node.found();
    expect([node.context.restarts, node.warnings]).toEqual([
      0,
      ['former members are refused as strangers: they could not be read'],
    ]);
  });

  // g[verify membership.supervision]
  it('is forgiven after a minute', async () => {
    const nodes = await grove.formed(2, (number) => (number === 2 ? { wrapStore: mistakenCommit } : {}));
    const [leader, member] = nodes as [TestNode, TestNode];
    for (let count = 0; count < 12; count += 1) {
      mistakes = 1;
      await leader.set('greeting', `${count}`);
      grove.advance(30_000);
    }
    expect([member.failures, member.state]).toEqual([[], { member: { following: 'trusted' } }]);
  });
});

describe('a node whose actors fail time and again', () => {
  // g[verify membership.supervision]
  it('gives up, says so once, closes its links and refuses every request with the reason', async () => {
    const [leader, member] = (await grove.formed(2, (number) =>
      number === 2 ? { wrapStore: mistakenCommit } : {},
    )) as [TestNode, TestNode];
    mistakes = 100;
    for (let count = 0; count < 8; count += 1) {
      await leader.set('greeting', `${count}`);
      grove.advance(1_000);
    }
    const detail = 'applier failed again after 5 restarts: a mistake of ours';
    expect([member.state, member.failures]).toEqual(['failed', [detail]]);
    grove.advance(120_000);
    expect([member.context.links, member.transport.links.size, leader.context.links]).toEqual([{}, 0, {}]);
    const dials = member.transport.dials;
    grove.advance(600_000);
    expect(member.transport.dials).toBe(dials);
    const refused = {
      ok: false,
      reason: { code: 'internal', message: `the node cannot go on and must be restarted: ${detail}` },
    };
    expect([await member.set('greeting', 'x'), await member.leave(), await member.found()]).toEqual([
      refused,
      refused,
      refused,
    ]);
  });
});

describe('a node that stops', () => {
  // g[verify membership.stop]
  it('answers what is asked then and afterwards', async () => {
    const node = grove.node(1);
    await node.found();
    const stopped = node.system.stop();
    const during = node.set('greeting', 'x');
    await until(grove, stopped);
    const after = await node.set('greeting', 'x');
    expect([await during, after].map((answer) => (answer.ok ? 'ok' : answer.reason.code))).toEqual([
      'operation_in_progress',
      'operation_in_progress',
    ]);
  });

  // g[verify membership.stop]
  it('saves what it learned about addresses, links or no links', async () => {
    const directory = grove.directory();
    const [leader, member] = (await grove.formed(2, (number) => (number === 1 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    await member.stop();
    grove.advance(61_000);
    const row = () => leader.store.peers().find(({ fingerprint }) => fingerprint === member.fingerprint);
    const before = row()?.lastConnectedAt;
    const again = grove.node(2);
    await again.join(leader);
    grove.advance(1_000);
    await again.stop();
    grove.advance(1_000);
    await until(grove, leader.system.stop());
    expect(row()?.lastConnectedAt).not.toBe(before);
  });

  // g[verify membership.stop]
  it('closes its links with its reason, and no timer stays', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    await member.stop();
    grove.advance(1_000);
    expect(leader.told('grove.peer-disconnected')).toEqual([
      { fp: member.fingerprint, reason: 'shutting_down: this node stops' },
    ]);
    await leader.stop();
    grove.advance(5_000);
    expect(grove.manual.pending).toBe(0);
  });

  it('settles a request that nobody can answer any more', async () => {
    const directory = grove.directory();
    const [first, second] = (await grove.formed(2, (number) => (number === 1 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    await first.stop();
    await second.stop();
    const leader = grove.node(1, { directory });
    const waiting = leader.system.request({
      type: 'publish',
      requestId: 'waits for members',
      change: { kind: 'republish' },
      expectSeq: null,
      force: false,
      actor: operator,
    });
    await leader.stop();
    expect(await waiting).toMatchObject({ ok: false, reason: { code: 'operation_in_progress' } });
  });
});
