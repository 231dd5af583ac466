/** The program `grove-sim`, as a person or a script calls it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../dist/src/simulation/program/grove-sim.js', import.meta.url));

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sim(...argv: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...argv], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grove-sim-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a run', () => {
  it('is the same twice, reaches everybody, and prints one JSON object and nothing else', async () => {
    const argv = ['--nodes', '12', '--seed', '7', '--publishes', '3', '--json'];
    const [one, other] = [await sim(...argv), await sim(...argv)];
    expect([one.exitCode, one.stderr]).toEqual([0, '']);
    const result = JSON.parse(one.stdout);
    expect(result).toMatchObject({ nodes: 12, seed: 7, reached_all: true, violations: [] });
    expect(result.publishes).toHaveLength(3);
    expect(JSON.parse(other.stdout).trace_hash).toBe(result.trace_hash);
  });

  it('leaves the files that were asked for', async () => {
    const [trace, mermaid, plot] = ['trace.jsonl', 'publish.mmd', 'spread.svg'].map((name) =>
      join(folder, name),
    );
    const files = ['--trace', `${trace}`, '--states', '--mermaid', `${mermaid}`, '--plot', `${plot}`];
    const { exitCode, stdout } = await sim('--nodes', '4', '--publishes', '1', ...files);
    expect(exitCode).toBe(0);
    const [head = '', ...records] = readFileSync(`${trace}`, 'utf8').trimEnd().split('\n');
    const told = JSON.parse(head);
    expect(told).toMatchObject({ format: 'grove-trace/1', nodes: 4, records: records.length });
    expect(stdout).toContain(told.trace_hash);
    expect(readFileSync(`${mermaid}`, 'utf8')).toMatch(/^sequenceDiagram\n {2}participant n0\n/);
    expect(readFileSync(`${plot}`, 'utf8')).toMatch(/^<svg /);
  });

  it('plays the actions of a file', async () => {
    const plan = join(folder, 'plan.json');
    writeFileSync(
      plan,
      JSON.stringify([
        { at: 0, do: 'publish', value: 'x' },
        { at: 9, do: 'crash', node: 1 },
      ]),
    );
    const { exitCode, stdout } = await sim('--nodes', '3', '--plan', plan, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).publishes).toHaveLength(1);
  });
});

describe('many runs', () => {
  it('take scenarios in turn, one seed each', async () => {
    const { exitCode, stdout } = await sim('--seeds', '3', '--nodes', '4', '--json');
    const { runs, failed, scenarios } = JSON.parse(stdout);
    expect([exitCode, runs, failed, scenarios.length]).toEqual([0, 3, 0, 3]);
  });

  it('of several sizes are a table', async () => {
    const { exitCode, stdout } = await sim('--growth', '3,6', '--publishes', '2');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ +nodes +median +worst +allowed/m);
    expect(stdout).toMatch(/^ +6 /m);
  });
});

describe('wrong use', () => {
  it.each([
    ['no number', ['--nodes', 'many'], 'whole number from 1'],
    ['a scenario that is none', ['--scenario', 'sunshine'], 'cold-start'],
    ['a plan that is none', ['--plan', program], 'holds no plan'],
    ['a plan that is not there', ['--plan', '/nowhere/plan.json'], 'cannot be read'],
    ['a file that cannot be written', ['--trace', '/nowhere/trace'], 'Its folder is not there'],
    ['a trace of many runs', ['--seeds', '2', '--trace', 'trace.jsonl'], 'are of one run'],
    ['a diagram of a growth', ['--growth', '3', '--mermaid', 'growth.mmd'], 'are of one run'],
    ['an unknown option', ['--weather', 'rain'], "unknown option '--weather'"],
  ])('such as %s ends with 2 and says what to do', async (_what, argv, message) => {
    const { exitCode, stdout, stderr } = await sim(...argv);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('is not to ask for help, or for the list of scenarios', async () => {
    expect(await sim('--help')).toMatchObject({ exitCode: 0, stderr: '' });
    const { exitCode, stdout } = await sim('--scenarios', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: 'everything' }));
  });
});
