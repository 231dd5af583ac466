/** One of the three nodes as the story sees it: a process that can be stopped and started, told and asked things. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runCtl } from '../cli/index.ts';
import type { Json } from '../protocol/types.ts';
import { DemoError } from './demo-error.ts';
import { type Applied, beforeAllEvents, type EventWatch, watchEvents } from './event-watch.ts';
import { logTail, type NodeProcess, startNodeProcess } from './node-process.ts';
import { waitFor } from './waiting.ts';

export interface DemoNodeOptions {
  readonly name: string;
  /** Holds the node's data directory and its log. */
  readonly directory: string;
  /** How long anything the node is asked for may take. */
  readonly stepMsMax: number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  readonly died: (failure: DemoError) => void;
  readonly onApplied: (node: DemoNode, applied: Applied) => void;
}

export class DemoNode {
  readonly name: string;
  readonly dataDir: string;
  readonly #options: DemoNodeOptions;
  readonly #logFile: string;
  #process: Promise<NodeProcess> | null = null;
  #watch: EventWatch | null = null;
  /** The same again after a restart, as on a real machine. */
  #listen = '127.0.0.1:0';
  #lastEventId = beforeAllEvents;
  #fingerprint = '';

  constructor(options: DemoNodeOptions) {
    this.name = options.name;
    this.dataDir = join(options.directory, options.name);
    this.#logFile = join(options.directory, `${options.name}.log`);
    this.#options = options;
  }

  get fingerprint(): string {
    return this.#fingerprint;
  }

  get address(): string {
    return this.#listen;
  }

  /** Resolves when the process is ready and its events are read. */
  async start(): Promise<void> {
    const { name, signal, stepMsMax, died, onApplied } = this.#options;
    this.#process = startNodeProcess({
      name,
      dataDir: this.dataDir,
      logFile: this.#logFile,
      listen: this.#listen,
      startMsMax: stepMsMax,
      signal,
      died,
    });
    const { address, fingerprint } = await this.#process;
    this.#listen = address;
    this.#fingerprint = fingerprint;
    const watch = watchEvents(this.dataDir, this.#lastEventId, (applied) => onApplied(this, applied));
    this.#watch = await this.#inTime(watch, 'has not answered');
  }

  /** Resolves when the process is gone. Never rejects: it is also how a failed demo ends. */
  async stop(): Promise<void> {
    const [watch, starting] = [this.#watch, this.#process];
    this.#watch = null;
    this.#process = null;
    if (watch !== null) {
      this.#lastEventId = watch.lastId();
      watch.close().catch(() => {});
    }
    // One that could not be started has been ended already.
    const nodeProcess = await starting?.catch(() => null);
    await nodeProcess?.stop();
  }

  /** Resolves with the moment this node had `seq` or something newer, in monotonic milliseconds. */
  applied(seq: number): Promise<number> {
    return this.#inTime(this.#watched().applied(seq), `has not applied seq ${seq}`);
  }

  /** Resolves with what the command of the node's app wrote last, once it was told of `seq`. */
  async told(seq: number): Promise<string> {
    await this.#inTime(this.#watched().told(seq), `has not told its app of seq ${seq}`);
    return this.signLines.at(-1) ?? '';
  }

  /** What the command of the node's app has written: a line each time it ran. */
  get signLines(): readonly string[] {
    return existsSync(this.signFile) ? readFileSync(this.signFile, 'utf8').split('\n').slice(0, -1) : [];
  }

  get signFile(): string {
    return resolve(this.dataDir, 'sign.txt');
  }

  linked(others: readonly DemoNode[]): Promise<void> {
    const names = others.map(({ name }) => name).join(' and ');
    const fingerprints = others.map(({ fingerprint }) => fingerprint);
    return this.#inTime(this.#watched().linked(fingerprints), `has no link to ${names}`);
  }

  ask(method: string): Promise<Json> {
    return this.#inTime(this.#watched().ask(method), `has not answered ${method}`);
  }

  /** Runs `seedling-ctl --data-dir … WORDS` in this process and resolves with the node's answer. */
  async run(words: readonly string[]): Promise<Json> {
    let answer = '';
    let refusal = '';
    const { signal } = this.#options;
    const running = runCtl(['--data-dir', this.dataDir, '--json', ...words], {
      stdout: { write: (text) => (answer += text) },
      stderr: { write: (text) => (refusal += text) },
      stdin: noInput(),
      env: {},
      signal,
    });
    const exitCode = await this.#inTime(running, `has not done ${words.slice(0, 3).join(' ')}`);
    if (exitCode === 0) return JSON.parse(answer);
    throw new DemoError(`seedling-ctl ${words.join(' ')} failed on ${this.name}: ${refusal.trim()}`);
  }

  #watched(): EventWatch {
    if (this.#watch === null) throw new Error(`${this.name} does not run`);
    return this.#watch;
  }

  #inTime<Result>(wanted: Promise<Result>, failing: string): Promise<Result> {
    const { stepMsMax: msMax, signal } = this.#options;
    const late = () => `${this.name} ${failing} within ${msMax / 1_000} s.\n${logTail(this.#logFile)}`;
    return waitFor(wanted, { msMax, signal, late });
  }
}

async function* noInput(): AsyncGenerator<string> {}
