/** How links between whole nodes begin and end; everything real but network and clock. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandMadePeer } from './hand-made-peer.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

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

/** Breaks the link between two nodes, which answer that with a dial each. */
function dialAtOnce(one: TestNode, other: TestNode): void {
  grove.network.cut(one.transport, other.transport);
  grove.network.mend(one.transport, other.transport);
}
