/** One `seedlingd` as a process of its own: started, watched, ended by its pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DemoError } from './demo-error.ts';
import { waitFor } from './waiting.ts';

const program = fileURLToPath(new URL('../daemon/seedlingd.js', import.meta.url));
const guard = new URL('./stop-with-parent.js', import.meta.url).href;

/** A node that has not ended by then is killed. */
const stopMsMax = 5_000;
const tailLinesMax = 10;
const tailBytesMax = 16_384;

export interface NodeProcess {
  readonly fingerprint: string;
  /** `ip:port` it listens on. */
  readonly address: string;
  /** Ends it in an orderly way; kills it when it does not. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly listen: string;
  readonly startMsMax: number;
  readonly signal: AbortSignal;
  /** Called when it ends without having been asked to. */
  readonly died: (failure: DemoError) => void;
}

/** Resolves when the node is ready. Throws `DemoError` with the end of its log. */
export async function startNodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  const { name, logFile } = options;
  const child = spawnNode(options);
  let isAsked = false;
  const gone = new Promise<void>((resolve) => {
    // `exit` does not come for what could not be started.
    child.once('error', () => resolve());
    child.once('exit', (code, signalName) => {
      const how = signalName === null ? `with exit code ${code}` : `by ${signalName}`;
      if (!isAsked) options.died(new DemoError(`${name} ended by itself, ${how}.\n${logTail(logFile)}`));
      resolve();
    });
  });

  async function stop(): Promise<void> {
    isAsked = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
    await gone;
    clearTimeout(timer);
  }

  try {
    const ready = await waitFor(readyLine(child, name), {
      msMax: options.startMsMax,
      signal: options.signal,
      late: () => `${name} was not ready within ${options.startMsMax / 1_000} s.\n${logTail(logFile)}`,
    });
    return { ...ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const running = new Set<ChildProcess>();

/** Kills whatever still runs, at once: for the last moment of this process. */
export function killAllNodes(): void {
  for (const child of running) child.kill('SIGKILL');
}

function spawnNode({ dataDir, logFile, listen }: NodeProcessOptions): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(
      process.execPath,
      ['--import', guard, program, '--data-dir', dataDir, '--listen', listen],
      // In a group of its own, a node is not hit by the terminal's Ctrl-C: the demo ends it in its turn.
      { stdio: ['pipe', 'pipe', log], detached: true, env: environment() },
    );
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  } finally {
    closeSync(log);
  }
}

/** The person's own settings for a node of theirs are not for these. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SEEDLING_')));
}

function readyLine(
  child: ChildProcess,
  name: string,
): Promise<{ readonly fingerprint: string; readonly address: string }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new DemoError(`${name} could not be started: ${cause.message}`, { cause })),
    );
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, fingerprint, address] = /^ready fingerprint=([0-9a-f]{64}) listen=(\S+)$/.exec(line) ?? [];
      if (fingerprint !== undefined && address !== undefined) resolve({ fingerprint, address });
    });
  });
}

/** The last lines of a log, under a heading. */
export function logTail(path: string): string {
  const lines = endOf(path).trimEnd().split('\n').slice(-tailLinesMax);
  return [`The end of its log, ${path}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function endOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, tailBytesMax));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
