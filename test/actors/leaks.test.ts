/** What is left behind by links that come and go: nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HandMadePeer } from './hand-made-peer.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

/** What a node holds on to. */
function held(node: TestNode) {
  const { children, context } = node.system.supervisor.getSnapshot();
  return {
    children: Object.keys(children).length,
    links: Object.keys(context.links).length,
    open: node.system.linkCount(),
    transport: node.transport.links.size,
    boots: Object.values(context.boots).flat().length,
  };
}

/** Timers for a round, a look at the world and a save come and go by themselves. */
const timersAtRestMax = 8;

describe('a thousand links', () => {
  it.each([
    ['that are closed by the peer after the greeting', true, (peer: HandMadePeer) => peer.hangUp()],
    ['that are closed by the peer before it', false, (peer: HandMadePeer) => peer.hangUp()],
    ['that break off', true, (peer: HandMadePeer) => breakOff(peer)],
    ['that end in a malformed line', true, (peer: HandMadePeer) => peer.say({ nonsense: true })],
    [
      'that end in an abort',
      true,
      (peer: HandMadePeer) => peer.say({ type: 'abort', reason: 'grove_mismatch' }),
    ],
  ])('%s leave no actor, no timer and no link', async (_title, greets, end) => {
    const [leader, node] = (await grove.formed(2)) as [TestNode, TestNode];
    const peer = new HandMadePeer(grove, 3);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'third' } });
    const cycle = () => {
      peer.dial(node);
      if (greets) peer.hello(node);
      end(peer);
      grove.advance(10_000);
    };
    for (let count = 0; count < 10; count += 1) cycle();
    grove.advance(3_600_000);
    const steady = held(node);
    for (let count = 0; count < 1_000; count += 1) cycle();
    grove.advance(3_600_000);
    expect(held(node)).toEqual(steady);
    expect(grove.manual.pending).toBeLessThanOrEqual(timersAtRestMax);
    expect(node.told('grove.peer-connected').length > 1_000).toBe(greets);
    expect([node.failures, node.context.restarts]).toEqual([[], 0]);
  });

  it('between two nodes leave none on either side', async () => {
    const nodes = (await grove.formed(2)) as [TestNode, TestNode];
    const [one, other] = nodes;
    const cycle = () => {
      grove.network.cut(one.transport, other.transport);
      grove.advance(100);
      grove.network.mend(one.transport, other.transport);
      grove.advance(60_000);
    };
    for (let count = 0; count < 10; count += 1) cycle();
    grove.advance(600_000);
    const steady = nodes.map(held);
    for (let count = 0; count < 200; count += 1) cycle();
    grove.advance(600_000);
    expect(nodes.map(held)).toEqual(steady);
    expect(grove.manual.pending).toBeLessThanOrEqual(timersAtRestMax);
    expect(steady.map(({ links }) => links)).toEqual([1, 1]);
  });

  it('joins and leaves leave nothing either', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const cycle = async () => {
      await member.leave();
      await member.join(leader);
      grove.advance(60_000);
    };
    for (let count = 0; count < 3; count += 1) await cycle();
    grove.advance(600_000);
    const steady = [leader, member].map(held);
    for (let count = 0; count < 100; count += 1) await cycle();
    grove.advance(600_000);
    expect([leader, member].map(held)).toEqual(steady);
    expect(grove.manual.pending).toBeLessThanOrEqual(timersAtRestMax);
  });
});

function breakOff(peer: HandMadePeer): void {
  for (const link of peer.transport.links) link.breakOff('the cable was pulled');
}
