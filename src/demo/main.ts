/**
 * `npm start`: three real nodes on this machine, what they do, and then the nodes to play with. Whatever ends it, the
 * nodes are ended and the directory goes.
 */
import { type DemoOptions, parseArguments } from './arguments.ts';
import { DemoError, Interrupted } from './demo-error.ts';
import { DemoNode } from './demo-node.ts';
import { type DemoDirectory, openDirectory } from './directory.ts';
import { watchForInterruption } from './interruption.ts';
import { invitationLines } from './invitation.ts';
import { createLiveWatch } from './live-watch.ts';
import { killAllNodes } from './node-process.ts';
import { createReport, type Report, silentReport } from './report.ts';
import { checkConverged, failureJson, nodeCount, successJson } from './result.ts';
import { type Cast, tellStory } from './story.ts';

const exitFailed = 1;
const exitUsage = 2;

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2));
  if (parsed.kind === 'run') return runDemo(parsed.options);
  (parsed.kind === 'help' ? process.stdout : process.stderr).write(parsed.text);
  return parsed.kind === 'help' ? 0 : exitUsage;
}

async function runDemo(options: DemoOptions): Promise<number> {
  let directory: DemoDirectory;
  try {
    directory = openDirectory(options);
  } catch (error) {
    process.stderr.write(`demo: ${messageOf(error)}\n`);
    return exitUsage;
  }
  // The last word, also of a process that ends without having come to `finally`.
  process.once('exit', () => {
    killAllNodes();
    directory.release();
  });
  const over = new AbortController();
  watchForInterruption((reason) => over.abort(reason));
  const report = options.json ? silentReport : createReport({ write, colours: wantsColours() });
  const { cast, nodes, live } = makeNodes(options, directory, report, over);
  let isTold = false;
  try {
    const result = await tellStory(cast, report, options.publishes);
    checkConverged(result);
    report.agreed(result.members);
    if (options.json) write(`${successJson(result)}\n`);
    isTold = true;
    if (options.once) return 0;
    live.begin();
    report.invitation(invitationLines(cast, directory, process.env.INIT_CWD ?? process.cwd()));
    return await untilOver(over.signal);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    const reason = messageOf(error);
    if (options.json && !isTold) write(`${failureJson(reason)}\n`);
    process.stderr.write(`demo: ${reason}\n`);
    return exitFailed;
  } finally {
    // What still waits for something, a node that starts for one, need not.
    over.abort(new Interrupted(0));
    await Promise.all(nodes.map((node) => node.stop()));
    directory.release();
  }
}

function makeNodes(options: DemoOptions, { path }: DemoDirectory, report: Report, over: AbortController) {
  const live = createLiveWatch(nodeCount, report.seen);
  const make = (name: string) =>
    new DemoNode({
      name,
      directory: path,
      stepMsMax: options.stepMsMax,
      signal: over.signal,
      died: (failure) => over.abort(failure),
      onApplied: live.note,
    });
  const cast: Cast = { leader: make('clinic-1'), second: make('clinic-2'), third: make('clinic-3') };
  return { cast, nodes: [cast.leader, cast.second, cast.third], live };
}

/** Resolves with 0 when somebody asked for the end; throws when a node died. */
function untilOver(signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = (): void => (signal.reason instanceof Interrupted ? resolve(0) : reject(signal.reason));
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** Mistakes of the demo's own are shown with where they happened. */
function messageOf(error: unknown): string {
  if (error instanceof DemoError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function write(text: string): void {
  process.stdout.write(text);
}

function wantsColours(): boolean {
  const { NO_COLOR: noColor = '', TERM: terminal } = process.env;
  return process.stdout.isTTY === true && noColor === '' && terminal !== 'dumb';
}

const exitCode = await main();
// A connection that came about too late to be closed would keep the process.
process.stdout.write('', () => process.exit(exitCode));
