/** A directory of its own for a test, and time that passes faster. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/daemon/system-ports.ts';
import type { Clock } from '../../src/ports/index.ts';

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'grove-apps-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Real time, and delays that are over `times` as soon. */
export function fasterClock(times: number): Clock {
  return {
    ...systemClock,
    setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs / times),
  };
}
