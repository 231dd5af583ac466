/**
 * The seam for time. Timers run on a monotonic clock and are what the actor system is handed
 * (`createActor(machine, { clock })`); `now` is the wall clock, which may jump either way.
 */
export interface Clock {
  /** Calls `callback` once, at least `delayMs` milliseconds from now. Never synchronously. */
  setTimeout(callback: (...args: unknown[]) => void, delayMs: number): unknown;
  /** Forgets a timer; unknown or fired handles are ignored. */
  clearTimeout(handle: unknown): void;
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
}
