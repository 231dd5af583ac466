/** Apps in scenarios: what their commands saw and when, and that the checks notice when it goes wrong. */
import { describe, expect, it } from 'vitest';
import type { GrovePorts } from '../../actors/index.ts';
import { type Played, playScenario } from '../../src/simulation/plan/index.ts';
import { scenarioNamed } from '../../src/simulation/scenarios/index.ts';
import { spreadTimes } from '../../src/simulation/world/spread.ts';
import type { World } from '../../src/simulation/world/world.ts';

function played(name: string, options: { seed?: number; ports?: (ports: GrovePorts) => GrovePorts }): Played {
  const scenario = scenarioNamed(name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const { seed = 1, ports } = options;
  const prepare = (world: World) => {
    if (ports !== undefined) world.mistakes = { ports: (_node, own) => ports(own) };
  };
  const run = playScenario(scenario, { seed, nodes: 3, keepsTrace: true, prepare });
  run.world.close();
  return run;
}

/** When this node's commands began, and the greeting they saw. */
function commandsOf({ world }: Played, node: string): { at: number; greeting: unknown }[] {
  return world.trace.records
    .filter((record) => record.node === node && record.event === 'runs')
    .map(({ at, detail }) => ({ at, greeting: JSON.parse(detail.slice(detail.indexOf('{'))).greeting }));
}

function found({ violations }: Played): readonly string[] {
  return [...new Set(violations.map(({ check }) => check))];
}

describe('an app of a simulated node', () => {
  // g[verify actuation.deferral]
  it.each([1, 2, 3])(
    'whose command is slow runs it for the first and the last of five publishes (seed %i)',
    (seed) => {
      const run = played('apps-slow-command', { seed });
      expect(run.violations).toEqual([]);
      for (const node of ['n1', 'n2']) {
        const greetings = commandsOf(run, node).map(({ greeting }) => greeting);
        expect(greetings).toEqual(['the first 1', 'value 1', 'value 5']);
      }
    },
  );

  // g[verify mapping.create]
  it('follows a param only once the grove has it', () => {
    const run = played('apps-map-too-early', {});
    expect(run.violations).toEqual([]);
    const answers = run.world.trace.records.filter(({ detail }) => detail.startsWith('map web'));
    const tooEarly = answers.filter(({ detail }) => detail.includes('the grove has no param hail'));
    // Both at first, and the one that is cut off once more.
    expect([tooEarly.length, answers.length - tooEarly.length]).toEqual([3, 2]);
    for (const node of ['n1', 'n2']) expect(commandsOf(run, node).at(-1)?.greeting).toBe('the last');
  });

  // g[verify actuation.isolated] g[verify actuation.retry]
  it('whose command fails tries again with growing pauses, and no payload waits for it', () => {
    const run = played('apps-failing-command', { seed: 2 });
    expect(run.violations).toEqual([]);
    for (const node of ['n1', 'n2']) {
      const tries = commandsOf(run, node).filter(({ greeting }) => greeting === 'the one that fails 1');
      const pauses = tries.slice(1).map(({ at }, index) => Math.round(at - (tries[index]?.at ?? 0)));
      expect(tries.length).toBeGreaterThan(1);
      const took = (pauses[0] ?? 0) - 1_000;
      expect(pauses.map((pause) => pause - took)).toEqual(pauses.map((_, index) => 1_000 * 2 ** index));
    }
    const spreads = run.world.spreads.all.slice(-22).map(spreadTimes);
    expect(spreads.map(({ reached, expected }) => reached === expected)).toEqual(Array(22).fill(true));
    expect(Math.max(...spreads.map(({ all_ms }) => all_ms ?? Number.NaN))).toBeLessThan(500);
  });

  it('that was away takes the newest value when it is back, and nothing in between', () => {
    const run = played('apps-member-away', {});
    expect(run.violations).toEqual([]);
    const [away] = ['n1', 'n2'].filter((node) => commandsOf(run, node).length < 9);
    const greetings = commandsOf(run, away ?? '').map(({ greeting }) => greeting);
    expect(greetings).toEqual(['the first 1', 'cut off 2', 'switched off 2', 'gone 2', 'back 1', 'back 2']);
  });
});

describe('what goes wrong with apps is found', () => {
  it('when what a killed node left running is not stopped', () => {
    const run = played('crash-apps-at-every-step', {
      seed: 3,
      ports: (ports) => ({
        ...ports,
        runner: {
          run: (...given) => ports.runner.run(...given),
          close: (done) => ports.runner.close(done),
          stopLeftover: (_id, done) => void ports.clock.setTimeout(() => done(0), 1),
        },
      }),
    });
    expect(found(run)).toContain('one-command-an-app');
  });

  it('when a node that starts forgets what was not told', () => {
    const run = played('crash-apps-at-every-step', {
      ports: (ports) => {
        const apps = { ...ports.store.apps, untoldApps: () => [], interruptOperations: () => [] };
        return { ...ports, store: { ...ports.store, apps } };
      },
    });
    expect(found(run)).toContain('bound-params-follow');
  });

  it('when a change of the grove is never taken', () => {
    const run = played('apps-follow', {
      ports: (ports) => ({
        ...ports,
        store: { ...ports.store, apps: { ...ports.store.apps, pendingOf: () => [] } },
      }),
    });
    expect(found(run)).toContain('bound-params-follow');
  });

  it('when a command does not see the newest values, though it is written down that it did', () => {
    let before: Uint8Array | null = null;
    const run = played('apps-follow', {
      ports: (ports) => ({
        ...ports,
        runner: {
          stopLeftover: (...given) => ports.runner.stopLeftover(...given),
          close: (done) => ports.runner.close(done),
          run: (one, handler) => {
            const stdin = before ?? one.stdin;
            before = one.stdin;
            return ports.runner.run({ ...one, stdin }, handler);
          },
        },
      }),
    });
    expect(run.violations.map(({ detail }) => detail).join()).toMatch(/saw other values/);
  });
});
