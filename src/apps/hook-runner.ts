/** The daemon's hook runner: child processes behind the port. */
import type { Clock, HookHandler, HookRun, HookRunner } from '../ports/index.ts';
import { memoryDirectoryDefault } from './hook-input-file.ts';
import { HookProcess } from './hook-process.ts';
import { killMarked, runVariable } from './leftover-processes.ts';
import { type Environment, scrubEnvironment } from './scrubbed-environment.ts';
import { refuseRun } from './start-failure.ts';

export interface HookRunnerOptions {
  readonly clock: Clock;
  /** The node's own; only what is harmless of it reaches a command. */
  readonly environment: Environment;
  /** Tells the runs of this node from those of others on the machine: its fingerprint. Letters, digits and hyphens. */
  readonly node: string;
  /** A file system in memory, where standard input may lie; anywhere else it is a socket. */
  readonly memoryDirectory?: string;
}

export function createHookRunner({
  clock,
  environment,
  node,
  memoryDirectory = memoryDirectoryDefault,
}: HookRunnerOptions): HookRunner {
  const scrubbed = scrubEnvironment(environment);
  const running = new Set<HookProcess>();
  let closed: (() => void)[] | null = null;

  const settle = (): void => {
    if (closed === null || running.size > 0) return;
    const waiting = closed;
    closed = [];
    for (const done of waiting) done();
  };

  return {
    run(run: HookRun, handler: HookHandler) {
      const mark = `${node}/${run.id}`;
      const seen = { ...scrubbed, ...run.environment, [runVariable]: mark };
      const refused =
        closed === null
          ? refuseRun(run, seen)
          : ({ kind: 'shutting_down', message: 'the node is stopping' } as const);
      if (refused !== null) {
        const timer = clock.setTimeout(() => handler.cannotStart(refused), 0);
        return () => clock.clearTimeout(timer);
      }
      const process: HookProcess = new HookProcess(run, handler, {
        clock,
        environment: seen,
        memoryDirectory,
        mark,
        gone: () => {
          running.delete(process);
          settle();
        },
      });
      running.add(process);
      return () => process.cancel();
    },

    stopLeftover(id, done) {
      clock.setTimeout(() => done(killMarked(`${node}/${id}`)), 0);
    },

    close(done) {
      closed = [...(closed ?? []), done];
      for (const process of running) process.cancel();
      clock.setTimeout(settle, 0);
    },
  };
}
