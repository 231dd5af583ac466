/** Notices that the demo is to end: a signal, a reader that went away, a mistake nobody caught, or npm being gone. */
import { Interrupted } from './demo-error.ts';

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const lookEveryMs = 500;
/** Ctrl-C reaches the demo from the terminal, and once more from npm, which passes it on. */
const sameSignalMs = 500;

/** `ended` is called with an `Interrupted`, or with an error nobody caught. A second one, later on, ends the process at once. */
export function watchForInterruption(ended: (reason: unknown) => void): void {
  let firstMs: number | null = null;
  function interrupt(exitCode: number): void {
    const nowMs = performance.now();
    if (firstMs !== null) {
      if (nowMs - firstMs > sameSignalMs) process.exit(exitCode);
      return;
    }
    firstMs = nowMs;
    ended(new Interrupted(exitCode));
  }
  for (const [name, exitCode] of Object.entries(signals)) process.on(name, () => interrupt(exitCode));
  process.stdout.on('error', () => ended(new Interrupted(0)));
  process.on('uncaughtException', ended);
  if (process.env.npm_lifecycle_event !== undefined) watchParent(() => interrupt(signals.SIGTERM));
}

/** npm runs a script through a shell and, told to stop, stops that shell only. */
function watchParent(gone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, lookEveryMs);
  timer.unref();
}
