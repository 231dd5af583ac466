/** Makes one run and writes the files that were asked for. */
import { writeFileSync } from 'node:fs';
import {
  type Plan,
  type Played,
  type PlayOptions,
  play,
  playScenario,
  scriptOf,
  shrink,
  standardPlan,
} from '../plan/index.ts';
import { mermaidOf, type Window } from '../report/mermaid.ts';
import { spreadPlot } from '../report/plots.ts';
import { resultOf } from '../report/result.ts';
import { watchStates } from '../report/state-watch.ts';
import { traceFormat, traceLine, writeTrace } from '../report/trace-file.ts';
import { scenarioNamed } from '../scenarios/index.ts';
import { stretchTo } from '../world/stretch.ts';
import type { Failure, Job, JobDone, JobProgress } from './job.ts';

const nodesDefault = 100;
/** Publishes that make the tree, before those that count: the first one takes three times as long. */
const warmUp = 1;
const tellEveryMs = 200;
/** Lines of the trace that are shown before a violation. */
const traceLinesMax = 40;
/** Milliseconds of a diagram nobody chose a window for. */
const windowMs = 1_500;

export function runJob(job: Job, tell: (progress: JobProgress) => void): JobDone {
  const started = performance.now();
  const keepsTrace = job.files.trace !== null || job.files.mermaid !== null;
  const played = playJob(job, { keepsTrace, progress: throttled(tell) });
  const wallMs = performance.now() - started;
  const result = resultOf(played, { scenario: job.scenario, wallMs, rssBytes: process.memoryUsage.rss() });
  writeFiles(job, played);
  const failure = job.shrinks && result.violations.length > 0 ? shrinkJob(job, played) : null;
  played.world.close();
  return { kind: 'done', result, failure };
}

type Watch = Pick<PlayOptions, 'keepsTrace' | 'progress'>;

function playJob(job: Job, watch: Watch, smaller: { nodes?: number; plan?: Plan } = {}): Played {
  const { seed } = job;
  const prepare: PlayOptions['prepare'] = (world) => {
    if (job.files.states) world.inspector = watchStates(world);
  };
  const plan = smaller.plan ?? job.plan ?? null;
  const nodes = smaller.nodes ?? job.nodes;
  const options = { seed, prepare, ...watch, ...(plan === null ? {} : { plan }) };
  const scenario = job.scenario === null ? null : scenarioNamed(job.scenario);
  if (scenario === undefined) throw new Error(`there is no scenario ${job.scenario}: see --scenarios`);
  if (scenario !== null) return playScenario(scenario, { ...options, ...(nodes === null ? {} : { nodes }) });
  const count = nodes ?? nodesDefault;
  stretchTo(count);
  return play({
    ...options,
    nodes: count,
    warmUp,
    fillerBytes: job.payloadBytes,
    conditions: { latencyMs: job.latencyMs, loss: job.loss },
    plan: plan ?? standardPlan({ seed, nodes: count, publishes: job.publishes, ...job.faults }),
  });
}

/** The plan as it was played, made smaller while the first violation's check still fails. */
function shrinkJob(job: Job, played: Played): Failure {
  const [first] = played.violations;
  const nodes = played.world.nodes.length;
  const fails = (count: number, plan: Plan): boolean => {
    const again = playJob(job, {}, { nodes: count, plan });
    again.world.close();
    return again.violations.some(({ check }) => check === first?.check);
  };
  const smallest = shrink({ nodes, plan: planOf(job, nodes) }, fails);
  const last = playJob(job, { keepsTrace: true }, { nodes: smallest.nodes, plan: smallest.plan });
  const at = last.violations[0]?.at ?? last.world.time.now;
  const lines = last.world.trace.records.filter((record) => record.at <= at).slice(-traceLinesMax);
  last.world.close();
  return { ...smallest, trace: lines.map(traceLine) };
}

function planOf(job: Job, nodes: number): Plan {
  if (job.plan !== null) return job.plan;
  const scenario = job.scenario === null ? undefined : scenarioNamed(job.scenario);
  if (scenario !== undefined) return scriptOf(scenario, job.seed, nodes).plan;
  return standardPlan({ seed: job.seed, nodes, publishes: job.publishes, ...job.faults });
}

function writeFiles(job: Job, played: Played): void {
  const { trace, mermaid, plot } = job.files;
  const { world, settledAt, hash } = played;
  if (trace !== null) {
    const { records, dropped } = world.trace;
    writeTrace(
      trace,
      {
        format: traceFormat,
        nodes: world.nodes.length,
        seed: job.seed,
        scenario: job.scenario,
        trace_hash: hash,
        records: records.length,
        dropped,
      },
      records,
    );
  }
  if (mermaid !== null)
    writeFileSync(mermaid, mermaidOf(world.trace.records, job.files.window ?? windowOf(played)));
  if (plot !== null) writeFileSync(plot, spreadPlot({ ...played, settledAt }));
}

/** What follows the first publish of the plan. */
function windowOf({ world, settledAt }: Played): Window {
  const first = world.spreads.all.find(({ publishedAt }) => publishedAt >= settledAt);
  const from = first?.askedAt ?? settledAt;
  return { from, to: from + windowMs };
}

function throttled(tell: (progress: JobProgress) => void): NonNullable<PlayOptions['progress']> {
  let last = Number.NEGATIVE_INFINITY;
  return (world, phase) => {
    const now = performance.now();
    if (now - last < tellEveryMs && phase !== 'done') return;
    last = now;
    tell({ kind: 'progress', phase, virtualMs: world.time.now, steps: world.time.steps });
  };
}
