/** The transport's seam to time. Real time by default; tests count and steer it. */

export interface TransportTimers {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Monotonic milliseconds since an arbitrary start. */
  monotonicMs(): number;
}

export const systemTimers: TransportTimers = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  monotonicMs: () => performance.now(),
};

export interface CountedTimers extends TransportTimers {
  /** Timers set and neither fired nor cleared. */
  active(): number;
}

/** Wraps timers so that an endpoint can say how many it holds. */
export function countTimers(timers: TransportTimers): CountedTimers {
  const active = new Set<unknown>();
  return {
    setTimeout: (callback, delayMs) => {
      const handle = timers.setTimeout(() => {
        active.delete(handle);
        callback();
      }, delayMs);
      active.add(handle);
      return handle;
    },
    clearTimeout: (handle) => {
      active.delete(handle);
      timers.clearTimeout(handle);
    },
    monotonicMs: () => timers.monotonicMs(),
    active: () => active.size,
  };
}
