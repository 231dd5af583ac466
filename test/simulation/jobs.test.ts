/** Runs as a command line asks for them: one, many seeds of one scenario, or scenarios in turn. */
import { describe, expect, it } from 'vitest';
import { jobsOf } from '../../src/simulation/program/jobs.ts';
import { readOptions } from '../../src/simulation/program/options.ts';
import { scenarios } from '../../src/simulation/scenarios/index.ts';

function jobs(...argv: readonly string[]) {
  return jobsOf(readOptions(argv)).map(({ scenario, seed, nodes }) => ({ scenario, seed, nodes }));
}

describe('the runs of grove-sim', () => {
  it('are of one scenario with as many nodes as it says, when it is named', () => {
    const two = [7, 8].map((seed) => ({ scenario: 'thousand-nodes', seed, nodes: null }));
    expect(jobs('--scenario', 'thousand-nodes', '--seed', '7', '--seeds', '2')).toEqual(two);
  });

  it('are of every scenario in turn, the large one with fewer nodes, when none is named', () => {
    const found = jobs('--seeds', `${scenarios.length + 1}`);
    expect(found.map(({ scenario }) => scenario)).toEqual(
      [...scenarios, scenarios[0]].map((one) => one?.name),
    );
    expect(found.filter(({ nodes }) => nodes !== null)).toEqual([
      expect.objectContaining({ scenario: 'thousand-nodes', nodes: 60 }),
    ]);
  });

  it('are of every scenario with every seed, as large as was asked, when all are named', () => {
    const found = jobs('--scenario', 'all', '--seeds', '2', '--nodes', '9');
    expect(found).toHaveLength(2 * scenarios.length);
    expect(new Set(found.map(({ nodes }) => nodes))).toEqual(new Set([9]));
  });

  it('are of no scenario with one seed and none named', () => {
    expect(jobs('--seed', '3', '--nodes', '5')).toEqual([{ scenario: null, seed: 3, nodes: 5 }]);
  });
});
