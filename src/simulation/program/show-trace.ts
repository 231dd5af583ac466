/** `--inspect`: the trace of a run in the inspector's page, until the program is interrupted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveTrace } from '../../inspector/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { JobFiles } from './job.ts';

/** Of this process; the world's own clock has stopped by then. */
const clock: Clock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** The files of a run that is to be shown: a trace with changes of state, in a folder of its own unless one was named. */
export function filesToShow(files: JobFiles): { readonly files: JobFiles; readonly remove: () => void } {
  if (files.trace !== null) return { files: { ...files, states: true }, remove: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'grove-sim-'));
  const trace = join(folder, 'trace.ndjson');
  return {
    files: { ...files, trace, states: true },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Says where the page is, and resolves when the program is to end. */
export async function showTrace(traceFile: string, address: string): Promise<void> {
  const fault = (fields: object, message: string): void => {
    process.stderr.write(`grove-sim: ${message} ${JSON.stringify(fields)}\n`);
  };
  const log = { warn: fault, error: fault };
  const page = await serveTrace({ traceFile, address, hosts: [], tls: null, clock, log });
  process.stderr.write(`The run is shown at ${page.signInUrl} until you interrupt this.\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await page.close();
}
