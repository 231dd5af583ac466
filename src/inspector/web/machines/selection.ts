/** What the machines view looks at: which timeline, which actor or machine, and which moment of it. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { liveTimeline } from '../data/live.ts';
import type { Timeline } from '../data/timeline.ts';

export const timeline = signal<Timeline>(liveTimeline);
export const selectedActor = signal<string | null>(null);
/** Shown while no actor is picked. */
export const selectedMachine = signal('supervisor');
/** The entry looked at; null: the newest, as they come. */
export const cursor = signal<number | null>(null);
/** The newest entry when following ended: what comes later waits until it goes on. */
export const haltedAt = signal<number | null>(null);

export function openTimeline(opened: Timeline): void {
  timeline.value = opened;
  selectedActor.value = null;
  follow();
}

export function lookAt(n: number): void {
  haltedAt.value ??= timeline.value.lastN();
  cursor.value = n;
}

export function follow(): void {
  cursor.value = null;
  haltedAt.value = null;
}

/** The number of the entry that is looked at now. */
export function cursorN(): number {
  return cursor.value ?? timeline.value.lastN();
}

/** Draws the component again after the timeline or the cursor changed, at most every so many milliseconds. */
export function useTimeline(everyMs: number): Timeline {
  const shown = timeline.value;
  const moment = cursor.value;
  const [, draw] = useState(0);
  useEffect(() => {
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const run = (): void => {
      timer = null;
      last = performance.now();
      draw((count) => count + 1);
    };
    // What came between drawing and listening.
    run();
    const stop = shown.onChange(() => {
      const wait = last + everyMs - performance.now();
      if (wait <= 0 && timer === null) run();
      else timer ??= setTimeout(run, wait);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [shown, everyMs, moment]);
  return shown;
}
