/** Plans as data: read from a file with every mistake named, drawn from a seed, and made smaller. */
import { describe, expect, it } from 'vitest';
import {
  noFaults,
  type Plan,
  parsePlan,
  scriptOf,
  shrink,
  standardPlan,
} from '../../src/simulation/plan/index.ts';
import { scenarios } from '../../src/simulation/scenarios/index.ts';

describe('a plan from a file', () => {
  it('may be that of every scenario, and comes back as it was', () => {
    for (const scenario of scenarios) {
      const { plan } = scriptOf(scenario, 1);
      expect([scenario.name, parsePlan(JSON.stringify(plan))]).toEqual([scenario.name, { plan }]);
    }
  });

  it.each([
    ['no JSON', '[{"at":0,', 'it is not JSON'],
    ['no list', '{}', 'expected array'],
    ['an unknown deed', '[{"at":0,"do":"explode"}]', 'Invalid discriminator value'],
    ['no time', '[{"do":"mend"}]', 'at [0].at'],
    ['a time before the start', '[{"at":-1,"do":"mend"}]', 'at [0].at'],
    ['a node that is no number', '[{"at":0,"do":"crash","node":"n1"}]', 'at [0].node'],
    ['a partition without parts', '[{"at":0,"do":"partition"}]', 'at [0].parts'],
    ['a share above one', '[{"at":0,"do":"break-links","share":2}]', 'at [0].share'],
    ['an unknown lie', '[{"at":0,"do":"lie","node":1,"how":"charm"}]', 'at [0].how'],
    ['an app without a name', '[{"at":0,"do":"install-app","node":1}]', 'at [0].app'],
    [
      'a param that cannot be one',
      '[{"at":0,"do":"map","node":1,"app":"web","param":"a b","to":"hail"}]',
      'is no name of a param or an app',
    ],
    ['an unknown point to die at', '[{"at":0,"do":"crash","node":1,"point":"lunch"}]', 'at [0].point'],
    ['a field nobody knows', '[{"at":0,"do":"mend","node":1}]', 'Unrecognized key: "node"'],
  ])('is refused with %s', (_what, text, problem) => {
    expect(parsePlan(text)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('the plan of a run without a scenario', () => {
  const options = { seed: 3, nodes: 10, publishes: 5, ...noFaults };

  it('publishes as often as it is told, and the same for the same seed', () => {
    const plan = standardPlan(options);
    expect(plan.map((action) => action.do)).toEqual(Array(5).fill('publish'));
    expect(standardPlan(options)).toEqual(plan);
    expect(standardPlan({ ...options, seed: 4 })).not.toEqual(plan);
  });

  it('has the faults that are asked for: links that break with each publish, nodes that come back, a partition that ends', () => {
    const plan = standardPlan({ ...options, breakLinks: 0.05, crashes: 2, parts: 3, valueBytes: 100 });
    const count = (deed: string) => plan.filter((action) => action.do === deed).length;
    expect(['break-links', 'crash', 'start', 'partition', 'mend'].map(count)).toEqual([5, 2, 2, 1, 1]);
    const [parts] = plan.flatMap((action) => (action.do === 'partition' ? [action.parts] : []));
    expect(parts?.flat().toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const [value] = plan.flatMap((action) => (action.do === 'publish' ? [action.value] : []));
    expect(value).toHaveLength(100);
  });
});

describe('a plan that fails', () => {
  const noise: Plan = Array.from({ length: 40 }, (_, at) => ({ at, do: 'publish', value: `${at}` }));
  const plan: Plan = [
    ...noise.slice(0, 17),
    { at: 17, do: 'crash', node: 2 },
    ...noise.slice(18, 30),
    {
      at: 30,
      do: 'partition',
      parts: [
        [0, 1],
        [2, 9],
      ],
    },
    ...noise.slice(31),
  ];
  const has = (some: Plan, deed: string) => some.some((action) => action.do === deed);

  it('is made as small as it can be while it still fails', () => {
    const fails = (nodes: number, some: Plan) => nodes >= 4 && has(some, 'crash') && has(some, 'partition');
    const smallest = shrink({ nodes: 12, plan }, fails);
    expect(smallest.plan).toEqual([
      { at: 17, do: 'crash', node: 2 },
      { at: 30, do: 'partition', parts: [[0, 1], [2]] },
    ]);
    expect(smallest.nodes).toBe(4);
  });

  it('stays as it is when nothing can be left out, within a bounded number of runs', () => {
    let runs = 0;
    const smallest = shrink({ nodes: 3, plan }, (nodes, some) => {
      runs += 1;
      return nodes === 3 && some.length === plan.length;
    });
    expect([smallest.nodes, smallest.plan.length, smallest.runs]).toEqual([3, plan.length, runs]);
    expect(runs).toBeLessThanOrEqual(400);
  });
});
