/** Real `seedlingd` processes from dist/ in directories of their own, operated through the real command line and client. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runCtl } from '../../src/cli/index.ts';
import {
  type ClosableOperatorClient,
  connectOperator,
  type EventLine,
  type OperatorClient,
  readLocalOperatorKey,
  readNodeAddresses,
  readNodeFingerprint,
} from '../../src/operator/index.ts';
import type { Json } from '../../src/protocol/types.ts';

/** What a test waits for at most. Nothing here takes a tenth of it on an idle machine. */
export const deadlineMs = 40_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LogLine {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Daemon {
  readonly process: ChildProcess;
  readonly dataDir: string;
  readonly fingerprint: string;
  /** Bound addresses, the first one first. */
  readonly listening: readonly [string, ...string[]];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The lines of stderr that are JSON objects. */
  log(): readonly LogLine[];
  readonly exited: Promise<Exit>;
  /** Runs `seedling-ctl --data-dir … --json` and reads its answer. Throws when it fails. */
  ask(...argv: readonly string[]): Promise<Json>;
  /** The same for a command that may fail. */
  ctl(...argv: readonly string[]): Promise<CtlRun>;
  follow(since?: string | null): Promise<Watch>;
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface CtlRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running reader of a node's events, and the operator connection it uses. */
export interface Watch {
  readonly client: ClosableOperatorClient;
  readonly events: readonly EventLine[];
  /** Resolves with the first event that fits, past ones included. */
  event(fits: (event: EventLine) => boolean, what: string): Promise<EventLine>;
  /** Asks again after every event until `check` gives something else than null. */
  until<Result>(check: () => Promise<Result | null>, what: string): Promise<Result>;
  close(): Promise<void>;
}

/** Where a test's nodes live, and everything that has to end with it. */
export interface Place {
  readonly path: string;
  directory(name: string): string;
  /** Starts a node and waits for its ready line. Throws, with what it printed, when it ends instead. */
  start(name: string, options?: StartOptions): Promise<Daemon>;
  /** Runs `seedlingd` with these arguments until it ends by itself. */
  run(argv: readonly string[], env?: Environment): Promise<Exit & { stdout: string; stderr: string }>;
  follow(daemon: Daemon, since?: string | null): Promise<Watch>;
  /** Kills what is still running and removes the directories. */
  clear(): Promise<void>;
}

type Environment = { readonly [name: string]: string };

export interface StartOptions {
  /** Default: any port of loopback. */
  readonly listen?: readonly string[];
  /** More arguments. */
  readonly argv?: readonly string[];
  readonly env?: Environment;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
export const daemonProgram = join(root, 'dist/src/daemon/seedlingd.js');
export const ctlProgram = join(root, 'dist/src/cli/seedling-ctl.js');

export function createPlace(): Place {
  const path = mkdtempSync(join(tmpdir(), 'grove-processes-'));
  const children = new Set<Child>();
  const watches = new Set<Watch>();
  const directory = (name: string): string => join(path, name);

  function launch(argv: readonly string[], env: Environment = {}): Child {
    const child = startChild(daemonProgram, argv, env);
    children.add(child);
    void child.exited.then(() => children.delete(child));
    return child;
  }

  const place: Place = {
    path,
    directory,
    start: async (name, { listen = ['127.0.0.1:0'], argv = [], env } = {}) => {
      const dataDir = directory(name);
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      const listens = listen.flatMap((address) => ['--listen', address]);
      const child = launch(['--data-dir', dataDir, ...listens, ...argv], env);
      const ready = await child.firstLine();
      const match = /^ready fingerprint=([0-9a-f]{64}) listen=(\S+)$/.exec(ready ?? '');
      const [, fingerprint = '', addresses = ''] = match ?? [];
      const [first = '', ...others] = addresses.split(',');
      if (match === null) {
        throw new Error(`seedlingd said ${ready ?? 'nothing'} instead of ready: ${child.stderr.join('\n')}`);
      }
      return daemonOn(child, dataDir, fingerprint, [first, ...others], place);
    },
    run: async (argv, env) => {
      const child = launch(argv, env);
      const exit = await child.exited;
      return { ...exit, stdout: child.stdout.join('\n'), stderr: child.stderr.join('\n') };
    },
    follow: async (daemon, since = null) => {
      const watch = await watchEvents(daemon.dataDir, since);
      watches.add(watch);
      return watch;
    },
    clear: async () => {
      for (const child of children) child.process.kill('SIGKILL');
      await Promise.all([...children].map(({ exited }) => exited));
      await Promise.all([...watches].map((watch) => watch.close()));
      rmSync(path, { recursive: true, force: true });
    },
  };
  return place;
}

function daemonOn(
  child: Child,
  dataDir: string,
  fingerprint: string,
  listening: readonly [string, ...string[]],
  place: Place,
): Daemon {
  const run = (argv: readonly string[]) => ctl(['--data-dir', dataDir, ...argv]);
  const daemon: Daemon = {
    process: child.process,
    dataDir,
    fingerprint,
    listening,
    stdout: child.stdout,
    stderr: child.stderr,
    log: () => child.stderr.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : [])),
    exited: child.exited,
    ask: async (...argv) => {
      const { exitCode, stdout, stderr } = await run(['--json', ...argv]);
      if (exitCode !== 0) throw new Error(`seedling-ctl ${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
      return JSON.parse(stdout) as Json;
    },
    ctl: (...argv) => run(argv),
    follow: (since) => place.follow(daemon, since),
    stop: (signal = 'SIGTERM') => {
      child.process.kill(signal);
      return child.exited;
    },
  };
  return daemon;
}

/** The command line in this process, with nothing of this process's environment. */
export async function ctl(argv: readonly string[]): Promise<CtlRun> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCtl(argv, {
    stdout: {
      isTTY: false,
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      isTTY: false,
      write: (text) => {
        stderr += text;
      },
    },
    stdin: Object.assign((async function* () {})(), { isTTY: false }),
    env: {},
  });
  return { exitCode, stdout, stderr };
}

export interface Child {
  readonly process: ChildProcess;
  readonly stdout: string[];
  readonly stderr: string[];
  readonly exited: Promise<Exit>;
  /** Undefined when it ended without one. */
  firstLine(): Promise<string | undefined>;
}

/** A Node process with an environment of its own, whose lines are kept. */
export function startChild(
  program: string,
  argv: readonly string[],
  env: Environment = {},
  input: 'none' | 'later' = 'none',
): Child {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH, HOME: tmpdir(), ...env },
  });
  if (input === 'none') child.stdin.end();
  const stdout: string[] = [];
  const stderr: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', reject);
  });
  const first = new Promise<void>((resolve) => lines.once('line', () => resolve()));
  return {
    process: child,
    stdout,
    stderr,
    exited,
    firstLine: async () => {
      await within(Promise.race([first, exited]), 'a first line of output');
      return stdout[0];
    },
  };
}

async function watchEvents(dataDir: string, since: string | null): Promise<Watch> {
  const client = await connectLocally(dataDir);
  const events: EventLine[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const subscribed = await client.subscribe(since, (event) => {
    events.push(event);
    wake();
  });
  if (!subscribed.ok) throw new Error(subscribed.reason.message);

  async function until<Result>(check: () => Promise<Result | null>): Promise<Result> {
    for (;;) {
      const seen = events.length;
      const result = await check();
      if (result !== null) return result;
      if (events.length === seen) await new Promise<void>((resolve) => waiting.add(resolve));
    }
  }

  return {
    client,
    events,
    until: (check, what) => within(until(check), what, () => events.slice(-8)),
    event: (fits, what) =>
      within(
        until(async () => events.find(fits) ?? null),
        what,
        () => events.slice(-8),
      ),
    close: () => client.dispose(),
  };
}

/** For what no event reports: asks again as soon as it was answered, until `check` gives something else than null. */
export async function askUntil<Result>(
  client: OperatorClient,
  method: string,
  check: (answer: Json) => Result | null,
  what: string,
): Promise<Result> {
  let over = false;
  let last: unknown = null;
  async function ask(): Promise<Result> {
    for (;;) {
      const answer = await client.request(method);
      if (!answer.ok || over) throw new Error(answer.ok ? 'too late' : answer.reason.message);
      last = answer.value;
      const result = check(answer.value);
      if (result !== null) return result;
    }
  }
  return within(ask(), what, () => last).finally(() => {
    over = true;
  });
}

export function connectLocally(dataDir: string): Promise<ClosableOperatorClient> {
  const [address = ''] = readNodeAddresses(dataDir);
  return connectOperator({
    address,
    fingerprint: readNodeFingerprint(dataDir),
    identity: readLocalOperatorKey(dataDir),
  });
}

/** Fails with what was waited for, and with what was seen instead, when it does not come in time. */
export function within<Result>(
  promise: Promise<Result>,
  what: string,
  seen: () => unknown = () => '',
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} did not come within ${deadlineMs} ms ${JSON.stringify(seen())}`)),
      deadlineMs,
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
