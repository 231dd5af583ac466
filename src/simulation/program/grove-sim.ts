#!/usr/bin/env node
/** The program `grove-sim`: runs, their results for a person or a program, and progress while they last. */
import { writeFileSync } from 'node:fs';
import { growthPlot } from '../report/plots.ts';
import type { RunResult } from '../report/result.ts';
import { growthText, runText, violationLine } from '../report/text.ts';
import { scenarios } from '../scenarios/index.ts';
import type { Failure, JobDone } from './job.ts';
import { jobsOf } from './jobs.ts';
import { readOptions, type SimOptions, UsageError } from './options.ts';
import { JobBrokenError, runAll } from './pool.ts';
import { Progress } from './progress.ts';
import { filesToShow, showTrace } from './show-trace.ts';

const exitViolated = 1;
const exitUsage = 2;

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options.listsScenarios) {
    process.stdout.write(options.json ? `${JSON.stringify(scenarioList())}\n` : scenarioText());
    return 0;
  }
  if (options.inspect !== null) return inspected(options, options.inspect);
  return run(options);
}

/** One run, and then its trace in the inspector's page. */
async function inspected(options: SimOptions, address: string): Promise<number> {
  const { files, remove } = filesToShow(options.job.files);
  try {
    const exitCode = await run({ ...options, job: { ...options.job, files } });
    if (files.trace !== null) await showTrace(files.trace, address);
    return exitCode;
  } finally {
    remove();
  }
}

async function run(options: SimOptions): Promise<number> {
  const jobs = jobsOf(options);
  const progress = new Progress(process.stderr, jobs.length);
  const done = await runAll(jobs, {
    // Ten thousand nodes want all the memory there is.
    threads: options.growth.length > 0 ? 1 : options.threads,
    progress: (told) => progress.tell(told),
    done: ({ result, failure }) => {
      progress.done(result);
      if (jobs.length > 1 && failure !== null && !options.json) progress.say(failureText(result, failure));
    },
  });
  progress.clear();
  report(options, done);
  return done.some(({ result }) => result.violations.length > 0) ? exitViolated : 0;
}

function report(options: SimOptions, done: readonly JobDone[]): void {
  const results = done.map(({ result }) => result);
  const { plot } = options.job.files;
  if (options.growth.length > 0 && plot !== null) writeFileSync(plot, growthPlot(results));
  const [only] = done;
  if (done.length === 1 && only !== undefined && options.growth.length === 0) {
    const { result, failure } = only;
    const json = failure === null ? result : { ...result, smallest_failure: failure };
    process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${runText(result)}\n`);
    if (failure !== null && !options.json) process.stdout.write(failureText(result, failure));
    return;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(summaryOf(results, done))}\n`);
  else process.stdout.write(options.growth.length > 0 ? `${growthText(results)}\n` : seedsText(results));
}

/** Many runs as one object: all of them where sizes are compared, else those that failed. */
function summaryOf(results: readonly RunResult[], done: readonly JobDone[]) {
  const failed = done.filter(({ result }) => result.violations.length > 0);
  return {
    runs: results.length,
    failed: failed.length,
    violations: failed.flatMap(({ result }) => result.violations).length,
    scenarios: [...new Set(results.map(({ scenario }) => scenario))],
    results,
    failures: failed.map(({ result, failure }) => ({
      seed: result.seed,
      scenario: result.scenario,
      nodes: failure?.nodes ?? result.nodes,
      violations: result.violations,
      plan: failure?.plan ?? null,
    })),
  };
}

function seedsText(results: readonly RunResult[]): string {
  const failed = results.filter(({ violations }) => violations.length > 0);
  const steps = results.reduce((sum, result) => sum + result.steps, 0);
  const lines = failed.flatMap(({ scenario, seed, violations }) =>
    violations.map((one) => `${scenario ?? 'plan'}, seed ${seed}: ${violationLine(one)}`),
  );
  return [...lines, `${results.length} runs, ${steps} steps, ${failed.length} with violations`, ''].join(
    '\n',
  );
}

function failureText(
  { scenario, seed, violations }: RunResult,
  { nodes, plan, trace, runs }: Failure,
): string {
  const first = violations[0];
  return [
    '',
    `${scenario ?? 'plan'}, seed ${seed}: ${first === undefined ? '' : violationLine(first)}`,
    `Smallest plan that still fails (${runs} runs): ${nodes} nodes`,
    ...plan.map((action) => `  ${JSON.stringify(action)}`),
    'The last of what happened before:',
    ...trace.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function scenarioList() {
  return scenarios.map(({ name, about, nodes, nodesInTurn = nodes, nodesMin }) => {
    return { name, about, nodes, nodes_in_turn: nodesInTurn, nodes_min: nodesMin };
  });
}

function scenarioText(): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return scenarios.map(({ name, about }) => `${name.padEnd(width)}  ${about}\n`).join('');
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (error instanceof UsageError) {
      (error.isHelp ? process.stdout : process.stderr).write(`${error.message}\n`);
      process.exitCode = error.isHelp ? 0 : exitUsage;
      return;
    }
    const message =
      error instanceof JobBrokenError ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`grove-sim: ${message}\n`);
    process.exitCode = exitViolated;
  },
);
