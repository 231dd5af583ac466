/** Apps in simulated worlds: nodes that die anywhere around a change, disks that fill up, commands that fail. */
import { describe, expect, it } from 'vitest';
import { boundParamsFollow } from '../../src/simulation/checks/bound-params-follow.ts';
import type { CrashPoint } from '../../src/simulation/world/simulated-disk.ts';
import { World } from '../../src/simulation/world/world.ts';
import { appOf } from '../actors/app-fixture.ts';

const points: readonly CrashPoint[] = ['verifying', 'before-commit', 'after-commit', 'sending'];

function worldWithApps(seed: number): World {
  const world = new World({ seed, nodes: 3, checks: [boundParamsFollow()] });
  world.startAll();
  world.run(60_000);
  world.publish('first');
  world.run(5_000);
  for (const node of world.nodes) {
    node.askApp('web', { what: 'create', definition: appOf('web') });
    world.run(100);
    node.askApp('web', { what: 'map', appParam: 'greeting', groveParam: 'greeting' });
    world.run(100);
  }
  return world;
}

describe('a bound param in a simulated world', () => {
  // g[verify actuation.same-transaction] g[verify actuation.restart]
  it.each([1, 2, 3])('follows or is known to wait, whoever dies whenever (seed %i)', (seed) => {
    const world = worldWithApps(seed);
    const { random } = world;
    for (const node of world.nodes)
      node.hookManner = () => ({
        ms: random.between(1, 8_000),
        exitCode: random.between(0, 4) === 0 ? 1 : 0,
      });
    for (let round = 0; round < 24; round += 1) {
      world.publish(`value ${round}`);
      const victim = world.node(1 + (round % 2));
      const point = points[Math.floor(random.between(0, points.length - 0.001))];
      if (round % 4 === 0) victim.diesAt = (reached) => reached === point;
      if (round % 4 === 1) world.later(random.between(0, 9_000), () => victim.crash());
      if (round % 7 === 3) victim.diskIsFull = true;
      world.run(10_000);
      victim.diskIsFull = false;
      victim.diesAt = null;
      victim.start();
    }
    for (const node of world.nodes) node.hookManner = () => ({});
    world.publish('the last');
    world.run(20 * 60_000);
    world.finish();
    expect(world.violations).toEqual([]);
    for (const node of world.nodes) {
      expect(node.store.apps.values('web')).toMatchObject([{ value: 'the last', toldValue: 'the last' }]);
      expect(node.store.apps.operations('web', 1)).toMatchObject([{ state: 'succeeded' }]);
    }
    world.close();
  });

  it('that does neither is found', () => {
    const world = worldWithApps(7);
    const { apps } = world.node(1).store;
    const stray = [{ name: 'greeting', value: 'astray' }];
    const change = { app: 'web', at: '2026-05-07T12:00:00Z', map: null, progress: [], operation: null };
    apps.changeApp({ ...change, values: stray, generation: 9, told: true, durable: true });
    world.publish('second', 'other');
    world.run(5_000);
    expect(world.violations[0]).toMatchObject({
      check: 'bound-params-follow',
      node: 'n1',
      detail: 'greeting of web differs from greeting and does not wait',
    });
    world.close();
  });
});
