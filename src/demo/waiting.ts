/** Waiting with an end: a time limit, and a signal for whatever makes further waiting pointless. */
import { DemoError } from './demo-error.ts';

export interface WaitLimits {
  readonly msMax: number;
  readonly signal: AbortSignal;
  /** What to say when the time is up. */
  readonly late: () => string;
}

/** Rejects with the signal's reason as soon as it is aborted, and with a `DemoError` after `msMax`. */
export async function waitFor<Result>(wanted: Promise<Result>, limits: WaitLimits): Promise<Result> {
  const { msMax, signal, late } = limits;
  let forget = (): void => {};
  const givenUp = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    const timer = setTimeout(() => reject(new DemoError(late())), msMax);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    forget = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([wanted, givenUp]);
  } finally {
    forget();
  }
}
