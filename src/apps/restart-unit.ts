/** Restarting or reloading a systemd unit: one run of `systemctl`. */
import type { ActionFailure, ActionOutcome, HookEnd, HookRunner, RestartRequest } from '../ports/index.ts';
import { failed } from './action-failure.ts';

// i[impl app.restart]
export function restartUnit(
  runner: HookRunner,
  { id, restart }: RestartRequest,
  done: (outcome: ActionOutcome<HookEnd>) => void,
): () => void {
  const { action, unit, timeout_ms } = restart;
  const words = `systemctl ${action} ${unit}`;
  const run = {
    id,
    // What follows `--` is no option, and nobody is there to type a password.
    command: ['systemctl', '--no-ask-password', action, '--', unit],
    environment: {},
    stdin: new Uint8Array(),
    timeoutMs: timeout_ms,
    workingDirectory: null,
    secrets: [],
  };
  return runner.run(run, {
    started: () => undefined,
    cannotStart: ({ kind, message }) =>
      done(failed(kind === 'shutting_down' ? kind : 'cannot_start', message)),
    ended: (end) => {
      const failure = failureOf(end, timeout_ms);
      done(
        failure === null ? { ok: true, result: end } : failed(failure.kind, `${words} ${failure.message}`),
      );
    },
  });
}

function failureOf(end: HookEnd, timeoutMs: number): ActionFailure | null {
  if (end.timedOut) return { kind: 'timeout', message: `took longer than ${timeoutMs} ms` };
  if (end.exitCode === 0) return null;
  const how =
    end.exitCode === null ? `was ended by ${end.signal ?? 'nothing'}` : `exited with ${end.exitCode}`;
  const said = end.output.trim().split('\n', 1)[0] ?? '';
  return { kind: 'exit', message: said === '' ? how : `${how}: ${said}` };
}
