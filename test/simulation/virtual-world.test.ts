/** What simulated worlds are made of: time, what the network does to lines, cuts, idle links, and where processes die. */
import { describe, expect, it } from 'vitest';
import { calmConditions, datagramsOf, roundsNeeded, travel } from '../../src/simulation/world/conditions.ts';
import { SeededRandom } from '../../src/simulation/world/seeded-random.ts';
import type { CrashPoint } from '../../src/simulation/world/simulated-disk.ts';
import { noNode, VirtualTime } from '../../src/simulation/world/virtual-time.ts';
import { World } from '../../src/simulation/world/world.ts';

describe('virtual time', () => {
  it('takes what is due by its time, and first come first served at one time', () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    const due = (at: number, name: string) =>
      time.schedule(at, noNode, () => void seen.push(`${name} ${time.now}`));
    due(20, 'third');
    due(10, 'first');
    due(10, 'second');
    time.cancel(due(5, 'called off'));
    // What is asked for within a step begins at that step's moment.
    time.schedule(15, noNode, () => void due(0, 'within'));
    while (time.step(100) !== null);
    expect(seen).toEqual(['first 10', 'second 10', 'within 15', 'third 20']);
    expect([time.now, time.waiting]).toEqual([100, 0]);
  });

  it('keeps its order whatever order many things were asked for in', () => {
    const time = new VirtualTime();
    const random = new SeededRandom(1, 'order');
    const seen: { readonly at: number; readonly count: number }[] = [];
    for (let count = 0; count < 2_000; count += 1) {
      const at = random.below(500);
      const due = time.schedule(at, noNode, () => void seen.push({ at, count }));
      if (count % 3 === 0) time.cancel(due);
    }
    while (time.step(1_000) !== null);
    expect(seen).toHaveLength(1_333);
    // Some four of them are due at each moment: those come as they were asked for.
    expect(seen).toEqual([...seen].sort((left, right) => left.at - right.at || left.count - right.count));
  });
});

describe('a line on a lossy network', () => {
  it('takes as many rounds as chance has it, by the arithmetic of loss', () => {
    expect(roundsNeeded(1, 0.3, 0.69)).toBe(1);
    expect(roundsNeeded(1, 0.3, 0.71)).toBe(2);
    expect(roundsNeeded(1, 0.3, 0.92)).toBe(3);
    // Ten datagrams are all there at once with probability 0.7^10, about 0.028.
    expect(roundsNeeded(10, 0.3, 0.027)).toBe(1);
    expect(roundsNeeded(10, 0.3, 0.029)).toBe(2);
  });

  it('needs 1 / (1 - loss) rounds on average', () => {
    const random = new SeededRandom(2, 'loss');
    const draws = 20_000;
    let rounds = 0;
    for (let count = 0; count < draws; count += 1) rounds += roundsNeeded(1, 0.3, random.fraction());
    expect(rounds / draws).toBeCloseTo(1 / 0.7, 1);
  });

  it('costs the datagrams that are sent again or come twice', () => {
    const random = new SeededRandom(3, 'bytes');
    expect([datagramsOf(1), datagramsOf(1_200), datagramsOf(1_201)]).toEqual([1, 1, 2]);
    const line = { bytes: 12_000, latencyMs: 40 };
    expect(travel({ ...calmConditions, jitter: 0 }, line, random)).toEqual({ delayMs: 40, datagrams: 10 });
    expect(travel({ ...calmConditions, duplication: 0.5 }, line, random).datagrams).toBe(15);
    expect(travel({ ...calmConditions, loss: 0.5 }, line, random).datagrams).toBe(20);
  });
});

/** Two nodes that are linked. */
function pair(): World {
  const world = new World({ seed: 4, nodes: 2 });
  world.startAll();
  world.run(20_000);
  expect(world.network.linkCount).toBe(1);
  return world;
}

const linksOf = (world: World) => world.nodes.map(({ process }) => process?.transport.links.size);

describe('the links of a world', () => {
  it('are counted by each node for itself, both ends of one link too', () => {
    const world = new World({ seed: 1, nodes: 8 });
    world.startAll();
    world.run(5_000);
    const names = world.nodes.map(({ process }) => [...(process?.transport.links ?? [])].map(({ id }) => id));
    for (const own of names) expect(new Set(own).size).toBe(own.length);
    // Seven links each, and a few that were surplus: counted together they would have come to 28 and more.
    const numbers = names.flat().map((name) => Number(name.slice(1)));
    expect(numbers).toHaveLength(8 * 7);
    expect(Math.max(...numbers)).toBeLessThan(16);
    world.close();
  });
});

describe('a cut', () => {
  it('shorter than links live delays what was sent, and breaks nothing', () => {
    const world = pair();
    world.network.cut(() => true);
    world.publish('while it lasts');
    world.run(20_000);
    expect(world.nodes.map(({ version }) => version?.seq)).toEqual([2, 1]);
    world.network.mendAll();
    world.run(1_000);
    expect(world.nodes.map(({ version }) => version?.seq)).toEqual([2, 2]);
    expect(world.events.get('grove.peer-disconnected')).toBeUndefined();
    world.close();
  });

  it('longer than that ends the link at both ends, each by its own time-out', () => {
    const world = pair();
    world.network.cut(() => true);
    world.run(29_900);
    expect(linksOf(world)).toEqual([1, 1]);
    world.run(200);
    expect(linksOf(world)).toEqual([0, 0]);
    world.close();
  });

  it('of one way ends the link for who hears nothing, and then for the other', () => {
    const world = pair();
    world.network.cut((from) => from === 0);
    world.publish('unheard');
    world.run(30_100);
    expect(linksOf(world)).toEqual([1, 0]);
    expect(world.node(1).version?.seq).toBe(1);
    world.run(30_000);
    expect(linksOf(world)).toEqual([0, 0]);
    world.close();
  });
});

describe('a process that dies', () => {
  const points: readonly [CrashPoint, number, number | null][] = [
    // Where, at which node; the number on that disk afterwards.
    ['signing', 0, 1],
    ['before-commit', 0, 1],
    ['after-commit', 0, 2],
    ['sending', 0, 2],
    ['verifying', 1, 1],
    ['before-commit', 1, 1],
    ['after-commit', 1, 2],
  ];

  it.each(points)('at %s (node %i) leaves %i on the disk and says nothing more', (point, number, seq) => {
    const world = pair();
    const node = world.node(number);
    node.diesAt = (reached) => reached === point;
    const sent = world.traffic.versionsSent[number];
    world.publish('the last thing it did');
    world.run(1_000);
    expect(node.process).toBeNull();
    expect(node.onDisk?.seq).toBe(seq);
    expect(node.store.membership()?.current).toEqual(node.onDisk);
    expect(world.traffic.versionsSent[number]).toBe(sent);
    // It starts from that disk, and the grove agrees in the end.
    node.start();
    world.run(60_000);
    const [leader, follower] = world.nodes.map(({ version }) => version?.hash);
    expect(follower).toBe(leader);
    world.close();
  });
});
