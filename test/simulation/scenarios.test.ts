/** The library of scenarios, each with a seed or two: no check finds anything. More seeds: `grove-sim --scenario … --seeds N`. */
import { describe, expect, it } from 'vitest';
import { type Played, playScenario } from '../../src/simulation/plan/index.ts';
import { scenarioNamed, scenarios } from '../../src/simulation/scenarios/index.ts';

/** Small groves, so that all of them take no more than a minute together. */
const sizes: { readonly [name: string]: number } = {
  'leader-away-for-a-week': 2,
  'publish-storm': 5,
  'thousand-nodes': 20,
};
const nodesDefault = 6;

function played(name: string, seed: number, nodes = sizes[name] ?? nodesDefault): Played {
  const scenario = scenarioNamed(name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const run = playScenario(scenario, { seed, nodes });
  run.world.close();
  return run;
}

describe('a grove comes through', () => {
  it.each(scenarios.map(({ name, about }) => ({ name, about })))('$name: $about', ({ name }) => {
    expect(played(name, 1).violations).toEqual([]);
  });

  it.each([2, 3, 4])('everything at once, with the seed %i', (seed) => {
    expect(played('everything', seed).violations).toEqual([]);
  });

  // The word that a link is over is on its way when the run ends.
  it('an unruly network, up to the last moment', () => {
    expect(played('unruly-network', 69, 15).violations).toEqual([]);
  });
});

describe('a scenario', () => {
  it.each(['everything', 'partition-flapping', 'crash-apps-at-every-step'])(
    'is the same run for the same seed (%s)',
    (name) => {
      const [one, again, other] = [played(name, 7, 5), played(name, 7, 5), played(name, 8, 5)];
      expect(again.hash).toBe(one.hash);
      expect(other.hash).not.toBe(one.hash);
    },
  );

  it('has a name of its own and says in one sentence what happens', () => {
    const names = scenarios.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, about, nodes, nodesMin } of scenarios) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(about).toMatch(/^[A-Z].*\.$/);
      expect(nodes).toBeGreaterThanOrEqual(nodesMin);
    }
  });
});

describe('a member that was off for six minutes while the leader published', () => {
  // g[verify payload.age]
  it('has the payload soon after it is back', () => {
    const { world, violations } = played('six-minutes-offline', 3);
    expect(violations).toEqual([]);
    expect(world.events.get('grove.payload-rejected') ?? 0).toBe(0);
  });

  // g[verify payload.age]
  it('is locked out for good under the strict window, and nobody else is', () => {
    const { world, violations } = played('six-minutes-offline-strict', 3);
    expect(violations).toEqual([]);
    expect(world.violations.map(({ check }) => check)).toEqual(['everybody-current']);
    expect(world.events.get('grove.payload-rejected')).toBeGreaterThan(0);
  });
});
