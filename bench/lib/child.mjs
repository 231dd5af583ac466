/**
 * Child processes that answer calls and report events, over Node's IPC with structured clones (so that
 * bigint moments and byte arrays travel as they are). `Child` is the coordinator's side, `serve` the child's.
 */
import { fork } from 'node:child_process';
import { within } from './time.mjs';

const stderrCharactersMax = 4_000;

export class Child {
  #process;
  #pending = new Map();
  #nextId = 1;
  #stderr = '';
  #gone;
  #handler = () => {};

  /** Starts `module` (a file URL). Options: `args`, `execArgv`, `env`. */
  constructor(module, { args = [], execArgv = [], env = {} } = {}) {
    this.#process = fork(module, args, {
      execArgv,
      env: { ...process.env, ...env },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr.setEncoding('utf8');
    this.#process.stderr.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-stderrCharactersMax);
    });
    this.#process.on('message', (message) => this.#receive(message));
    this.#gone = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        const error = new Error(
          `the child ended (${signal ?? code}): ${this.#stderr.trim() || 'it said nothing'}`,
        );
        for (const { reject } of this.#pending.values()) reject(error);
        this.#pending.clear();
        resolve();
      });
    });
  }

  get pid() {
    return this.#process.pid;
  }

  /** Calls a method of the child and waits for its answer. */
  call(method, params = {}, limitMs = 120_000) {
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#process.send({ id, method, params }, (error) => {
        if (error !== null) reject(error);
      });
    });
    return within(answer, limitMs, `${method} of child ${this.pid}`);
  }

  /** What the child reports on its own. One handler. */
  onEvent(handler) {
    this.#handler = handler;
  }

  /** Lets the child end, and kills it when it has not within `limitMs`. */
  async stop(limitMs = 5_000) {
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), limitMs);
    await this.#gone;
    clearTimeout(timer);
  }

  #receive(message) {
    if (message.event !== undefined) {
      this.#handler(message.event);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if (message.error === undefined) pending.resolve(message.result);
    else pending.reject(new Error(message.error));
  }
}

/**
 * Answers calls with `methods` (objects of async functions) until the coordinator lets go, then runs
 * `close`, if there is one, and ends the process. Returns the function that reports an event.
 */
export function serve(methods, close = async () => {}) {
  process.on('message', async ({ id, method, params }) => {
    try {
      reply({ id, result: await methods[method](params) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => {
    Promise.resolve(close()).finally(() => process.exit(0));
  });
  return (event) => reply({ event });
}

function reply(message) {
  if (process.connected) process.send(message, () => {});
}
