/**
 * Whether a file is flushed in the call or beside the event loop: waiting for a quick disk costs less than two threads that
 * wake each other.
 */
import { fdatasync, fdatasyncSync } from 'node:fs';
import type { Clock } from '../ports/clock.ts';

/** Flushes what was written to a file before the call, and tells once, maybe within the call. */
export type FlushFile = (descriptor: number, done: (error: Error | null) => void) => void;

export interface FlushSystem {
  /** Returns when the file is flushed; throws what went wrong. */
  flush(descriptor: number): void;
  /** Calls back when it is. */
  flushBeside: FlushFile;
}

/** A flush that takes no longer than this, in milliseconds, is waited for: to hand it over and hear of it costs as much. */
export const quickFlushMs = 2;
/** After a slow one this many go beside the event loop before the disk is tried again. */
export const besideAfterSlow = 15;

const system: FlushSystem = { flush: fdatasyncSync, flushBeside: fdatasync };

// g[impl store.flush-beside]
/** Flushes in the call as long as the disk is quick, and beside the event loop for a while once it was not. */
export function flushByDisk(
  clock: Pick<Clock, 'monotonicMs'>,
  { flush, flushBeside }: FlushSystem = system,
): FlushFile {
  let besideLeft = 0;
  return (descriptor, done) => {
    if (besideLeft > 0) {
      besideLeft -= 1;
      flushBeside(descriptor, done);
      return;
    }
    const began = clock.monotonicMs();
    try {
      flush(descriptor);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (clock.monotonicMs() - began > quickFlushMs) besideLeft = besideAfterSlow;
    done(null);
  };
}
