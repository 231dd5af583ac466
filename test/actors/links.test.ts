/** How links between whole nodes begin and end; everything real but network and clock. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandMadePeer } from './hand-made-peer.ts';
import { problemsOf, TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

describe('a node that stops', () => {
  // g[verify gossip.stopping]
  it('tells members that dial it that it stops, not that they are strangers', async () => {
    const leader = grove.node(1);
    await leader.found();
    const peer = new HandMadePeer(grove, 2);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'played' } });
    peer.dial(leader);
    peer.hello(leader);
    const stopped = leader.system.stop();
    grove.advance(20);
    expect(peer.end).toEqual(['peer', 7, 'this node stops']);
    peer.dial(leader);
    expect(peer.end).toEqual(['peer', 7, 'this node stops']);
    await stopped;
    peer.dial(leader);
    expect(peer.end).toEqual(['peer', 7, 'this node stops']);
  });
});

describe('a node whose network changes', () => {
  // g[verify dial.own-addresses]
  it('tells its peers the addresses it has now', async () => {
    const [, other] = (await grove.formed(2)) as [TestNode, TestNode];
    grove.advance(60_000);
    const told: string[] = [];
    other.transport.onSend = (line) => told.push(Buffer.from(line).toString());
    const changed = '192.0.2.9:7891';
    other.transport.addresses = () => [changed];
    other.clock.wallOffsetMs += 60_000;
    grove.advance(30_000);
    expect(told.filter((line) => line.includes(changed))).toHaveLength(1);
  });
});

describe('two nodes that dial each other at once', () => {
  it('tell each other their addresses over one of the two links', async () => {
    const [one, other] = (await grove.formed(2)) as [TestNode, TestNode];
    grove.advance(60_000);
    const told: string[] = [];
    for (const { transport, number } of [one, other]) {
      transport.onSend = (line) => {
        if (Buffer.from(line).includes('"type":"peers"')) told.push(`node ${number}`);
      };
    }
    dialAtOnce(one, other);
    grove.advance(1_000);
    expect([one.told('grove.peer-connected'), other.told('grove.peer-connected')]).toMatchObject([
      { length: 3 },
      { length: 3 },
    ]);
    expect(told.sort()).toEqual(['node 1', 'node 2']);
  });

  // g[verify gossip.duplicate-links]
  it('go on to push over the link that stays, though one was behind and got a payload over both', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    grove.advance(60_000);
    dialAtOnce(leader, member);
    grove.advance(3);
    await leader.set('greeting', 'kia ora');
    grove.advance(5_000);
    expect([member.param('greeting'), leader.transport.links.size]).toEqual(['kia ora', 1]);
    await leader.set('greeting', 'morena');
    grove.advance(10);
    expect(member.param('greeting')).toBe('morena');
  });
});

describe('a second process with the key of a node', () => {
  const minute = 60_000;

  // g[verify gossip.clone]
  it('is reported as soon as the first is back, once, and the two do not push each other out', async () => {
    const [leader, member] = (await grove.formed(3)) as [TestNode, TestNode];
    const clone = new HandMadePeer(grove, 2, 99);
    clone.dial(leader);
    clone.hello(leader);
    grove.advance(5_000);
    expect(leader.told('grove.identity-conflict')).toEqual([{ fp: member.fingerprint }]);
    expect(problemsOf(leader)).toEqual([expect.objectContaining({ code: 'identity-conflict' })]);
    const linksBefore = leader.told('grove.peer-connected').length;
    grove.advance(9 * minute);
    expect(leader.told('grove.identity-conflict')).toHaveLength(1);
    expect(clone.end).toBeNull();
    expect(leader.told('grove.peer-connected').length - linksBefore).toBeLessThan(20);
    clone.hangUp();
    grove.advance(11 * minute);
    expect(problemsOf(leader)).toEqual([]);
    expect(linkOf(leader, member)).toMatchObject({ boot: member.context.input.boot });
  });

  // g[verify gossip.clone]
  it('is reported by the node itself when it comes to that one', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    const clone = new HandMadePeer(grove, 1, 99);
    for (let round = 0; round < 3; round += 1) {
      clone.dial(leader);
      clone.hello(leader);
      expect(clone.end).toEqual(['peer', 5, 'this is the node itself']);
    }
    expect(leader.told('grove.identity-conflict')).toEqual([{ fp: leader.fingerprint }]);
    clone.dial(leader);
    clone.hello(leader, { nonce: Number(leader.context.input.boot) });
    expect(leader.told('grove.identity-conflict')).toHaveLength(1);
  });
});

function linkOf({ context }: TestNode, { fingerprint }: TestNode) {
  return Object.values(context.links).find((link) => link.fingerprint === fingerprint);
}

/** Breaks the link between two nodes, which answer that with a dial each. */
function dialAtOnce(one: TestNode, other: TestNode): void {
  grove.network.cut(one.transport, other.transport);
  grove.network.mend(one.transport, other.transport);
}
