/** The command line of grove-sim, read and checked. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseAddress } from '../../protocol/index.ts';
import { noFaults, type Plan, parsePlan } from '../plan/index.ts';
import { scenarioNamed, scenarios } from '../scenarios/index.ts';
import type { Job, JobFiles } from './job.ts';

export interface SimOptions {
  readonly job: Job;
  /** Seeds played, from the job's on. */
  readonly seeds: number;
  /** Every scenario with each seed, instead of one after the other. */
  readonly everyScenario: boolean;
  /** Numbers of nodes to compare; empty for one run. */
  readonly growth: readonly number[];
  readonly json: boolean;
  readonly threads: number;
  readonly listsScenarios: boolean;
  /** Where to serve the page that shows the run; null for not at all. */
  readonly inspect: string | null;
}

/** Wrong use, or help that was asked for: `text` is to be shown. */
export class UsageError extends Error {
  readonly isHelp: boolean;

  constructor(text: string, isHelp: boolean) {
    super(text);
    this.isHelp = isHelp;
  }
}

const nodesMax = 20_000;
const runsMax = 1_000_000;
const inspectDefault = '127.0.0.1:0';
const growthDefault = [10, 100, 1_000, 10_000];

/** Throws a `UsageError`. */
export function readOptions(argv: readonly string[]): SimOptions {
  let shown = '';
  const keep = (text: string) => {
    shown += text;
  };
  const command = describe().exitOverride().configureOutput({ writeOut: keep, writeErr: keep });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UsageError(shown.trimEnd(), error.exitCode === 0);
  }
  return toOptions(command.opts<RawOptions>());
}

interface RawOptions {
  readonly nodes?: number;
  readonly seed: number;
  readonly seeds: number;
  readonly publishes: number;
  readonly payloadBytes: number;
  readonly loss: number;
  readonly latency: number;
  readonly breakLinks: number;
  readonly crash: number;
  readonly partition: number;
  readonly scenario?: string;
  readonly scenarios?: boolean;
  readonly plan?: Plan;
  readonly growth?: readonly number[] | true;
  readonly trace?: string;
  readonly states?: boolean;
  readonly mermaid?: string;
  readonly window?: { from: number; to: number };
  readonly plot?: string;
  readonly inspect?: string | true;
  readonly json?: boolean;
  readonly jobs: number;
  readonly shrink: boolean;
}

function describe(): Command {
  return new Command('grove-sim')
    .description(
      'Plays a grove of many nodes in one process: the daemon’s own actors, on a made-up clock, network and disk.',
    )
    .option(
      '--nodes <count>',
      'nodes, the leader included (default: 100, or what the scenario says)',
      whole(1, nodesMax),
    )
    .option('--seed <number>', 'the same seed is the same run', whole(0, 2 ** 32 - 1), 1)
    .option(
      '--seeds <count>',
      'so many runs, from --seed on; without --scenario the scenarios take turns',
      whole(1, runsMax),
      1,
    )
    .option('--publishes <count>', 'changes the leader publishes', whole(0, 10_000), 10)
    .option('--payload-bytes <bytes>', 'bytes of settings beside the list of members', whole(0, 60_000), 0)
    .option('--latency <ms>', 'mean time from one node to another', number(0.1, 10_000), 40)
    .option('--loss <share>', 'probability that a datagram is lost', number(0, 0.9), 0)
    .option('--break-links <share>', 'share of the links that breaks at each publish', number(0, 1), 0)
    .option('--crash <count>', 'nodes that die and start again', whole(0, 10_000), 0)
    .option('--partition <parts>', 'the grove falls apart into so many parts for a while', whole(0, 100), 0)
    .option('--scenario <name>', 'play one of --scenarios, or `all`', scenarioName)
    .option('--scenarios', 'list the scenarios')
    .option('--plan <file>', 'play the actions of a JSON file, as a failing run prints them', planFile)
    .option('--growth [sizes]', `compare sizes, by default ${growthDefault.join(',')}`, sizes)
    .option('--trace <file>', 'write what happened, as JSON lines', newFile)
    .option('--states', 'record changes of state in the trace as well')
    .option('--mermaid <file>', 'write a sequence diagram', newFile)
    .option(
      '--window <from..to>',
      'of the diagram, seconds since the world began (default: after the first publish)',
      windowOf,
    )
    .option('--plot <file>', 'write an SVG: who had which number when, or with --growth the curve', newFile)
    .option('--inspect [addr:port]', "show the run in the inspector's page (default: a free port)", addressOf)
    .option('--json', 'print one JSON object')
    .option('--jobs <count>', 'runs at once', whole(1, 64), availableParallelism())
    .addOption(new Option('--no-shrink', 'leave a failing plan as it is'))
    .addHelpText(
      'after',
      `
Exit codes: 0 all is well, 1 something was violated, 2 wrong use.

Examples:
  grove-sim --nodes 100 --seed 7 --publishes 20
  grove-sim --scenario leader-restored --seeds 50
  grove-sim --nodes 8 --publishes 1 --mermaid publish.mmd
  grove-sim --growth --plot growth.svg
  grove-sim --nodes 8 --publishes 2 --inspect
`,
    );
}

function toOptions(raw: RawOptions): SimOptions {
  const files: JobFiles = {
    trace: raw.trace ?? null,
    states: raw.states ?? false,
    mermaid: raw.mermaid ?? null,
    window: raw.window ?? null,
    plot: raw.plot ?? null,
  };
  const growth = raw.growth === undefined ? [] : raw.growth === true ? growthDefault : raw.growth;
  const inspect = raw.inspect === undefined ? null : raw.inspect === true ? inspectDefault : raw.inspect;
  const writesOne =
    files.trace !== null || files.mermaid !== null || (files.plot !== null && growth.length === 0);
  const everyScenario = raw.scenario === 'all';
  const writesOfMany = writesOne && (raw.seeds > 1 || everyScenario || growth.length > 0);
  if (writesOfMany)
    throw new UsageError(
      '--trace, --mermaid and --plot are of one run: leave --seeds, --growth and --scenario all out',
      false,
    );
  if (inspect !== null && (raw.seeds > 1 || growth.length > 0 || everyScenario))
    throw new UsageError('--inspect shows one run: leave --seeds, --growth and --scenario all out', false);
  return {
    job: {
      seed: raw.seed,
      nodes: raw.nodes ?? null,
      scenario: everyScenario ? null : (raw.scenario ?? null),
      publishes: raw.publishes,
      latencyMs: raw.latency,
      loss: raw.loss,
      payloadBytes: raw.payloadBytes,
      faults: { ...noFaults, breakLinks: raw.breakLinks, crashes: raw.crash, parts: raw.partition },
      plan: raw.plan ?? null,
      files,
      shrinks: raw.shrink,
    },
    seeds: raw.seeds,
    everyScenario,
    growth,
    json: raw.json ?? false,
    threads: raw.jobs,
    listsScenarios: raw.scenarios ?? false,
    inspect,
  };
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
    return value;
  };
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It is a number from ${least} to ${most}.`);
    return value;
  };
}

function scenarioName(text: string): string {
  if (text === 'all' || scenarioNamed(text) !== undefined) return text;
  throw new InvalidArgumentError(`There are: all, ${scenarios.map(({ name }) => name).join(', ')}.`);
}

function addressOf(text: string): string {
  if (parseAddress(text, 0)?.kind === 'loopback') return text;
  throw new InvalidArgumentError(`It is an address of this machine, such as 127.0.0.1:7893.`);
}

function sizes(text: string): number[] {
  return text.split(',').map(whole(1, nodesMax));
}

function windowOf(text: string): { from: number; to: number } {
  const [, from = '', to = ''] = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (from === '' || Number(to) < Number(from))
    throw new InvalidArgumentError('It is like 12.5..14, in seconds.');
  return { from: Number(from) * 1_000, to: Number(to) * 1_000 };
}

/** A plan of the most actions there may be has fewer bytes. */
const planBytesMax = 64 * 2 ** 20;

function planFile(path: string): Plan {
  let text: string;
  try {
    if (statSync(path).size > planBytesMax) throw new Error(`it has more than ${planBytesMax} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
  const read = parsePlan(text);
  if ('plan' in read) return read.plan;
  throw new InvalidArgumentError(`${path} holds no plan: ${read.problem}`);
}

/** A run may take long: that its file cannot be written is said before it. */
function newFile(path: string): string {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
    return path;
  } catch {
    throw new InvalidArgumentError('Its folder is not there, or may not be written to.');
  }
}
