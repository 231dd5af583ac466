/** What `seedlingd` does: configuration, one node, one line when it is ready, and a clean stop. */
import { ConfigurationError, readConfiguration } from './configuration.ts';
import { createLog } from './log.ts';
import { type GroveNode, startNode } from './node.ts';
import type { StopSignals } from './stop-signals.ts';

/** As the command line's: 1 the node refused or failed, 2 wrong usage. */
const exitFailed = 1;
const exitUsage = 2;

/** A stop that takes longer is cut short: peers are told by then, or are not there. */
const stopMsMax = 10_000;

// i[impl daemon.refusals]
/** Everything expected that keeps a node from starting has a message for the operator: address in use, directory in use, … */
export function runDaemon(stops: StopSignals): Promise<void> {
  return run(stops).catch((error: unknown) => {
    process.stderr.write(`seedlingd: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(exitFailed);
  });
}

async function run(stops: StopSignals): Promise<void> {
  const configuration = configure();
  if (configuration === null) return;
  const log = createLog(configuration.logLevel, { terminal: process.stderr.isTTY === true });
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'internal mistake: the node stops, and should be started again');
    process.exit(exitFailed);
  });

  /** A stop that is asked for while the node still starts waits until there is something to stop. */
  const life: { node: GroveNode | null; exitCode: number | null } = { node: null, exitCode: null };

  // i[impl daemon.stop]
  function stop(exitCode: number): void {
    if (life.exitCode !== null) return;
    life.exitCode = exitCode;
    setTimeout(() => process.exit(exitCode), stopMsMax).unref();
    if (life.node !== null) closeAndExit(life.node, exitCode);
  }
  function closeAndExit(node: GroveNode, exitCode: number): void {
    node.close().then(
      () => process.exit(exitCode),
      (error) => {
        log.error({ err: error }, 'the node did not stop cleanly');
        process.exit(exitFailed);
      },
    );
  }
  stops.become(() => stop(0));

  const node = await startNode({ ...configuration, log, failed: () => stop(exitFailed) });
  life.node = node;
  if (life.exitCode !== null) return closeAndExit(node, life.exitCode);

  // i[impl daemon.ready]
  const { fingerprint, listening, inspector } = node;
  process.stdout.write(`ready fingerprint=${fingerprint} listen=${listening.join(',')}\n`);
  log.info({ fingerprint, listen: listening, dataDir: configuration.dataDir }, 'ready');
  if (inspector !== null) {
    // The token goes to a person's terminal, and into no log that others may read.
    const url = process.stderr.isTTY === true ? inspector.signInUrl : inspector.url;
    log.info({ url }, 'the page is served: seedling-ctl inspect prints its address with the token');
  }
  // i[impl daemon.problems]
  for (const { code, message } of node.control.status().problems) log.warn({ code }, message);
}

/** Null when help was asked for, and shown. */
function configure() {
  try {
    return readConfiguration(process.argv.slice(2), process.env, process.getuid?.());
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (error.shown) {
      process.stdout.write(`${error.message}\n`);
      return null;
    }
    process.stderr.write(`seedlingd: ${error.message}\n`);
    process.exit(exitUsage);
  }
}
