/** `oi.address`: where commands on this machine find the node. A full disk delays it, and keeps nothing else from working. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileDurably } from '../files/index.ts';
import { addressFileName, type Problem } from '../operator/index.ts';
import type { Clock } from '../ports/index.ts';
import type { NodeLog } from './node.ts';

/** How long after a write that failed the next one is tried. */
export const addressFileRetryMs = 5_000;

export interface AddressFile {
  /** While it could not be written. */
  problems(): readonly Problem[];
  /** Gives up writing it, and removes it. */
  remove(): void;
}

export interface AddressFileOptions {
  readonly dataDir: string;
  readonly listening: readonly string[];
  readonly clock: Clock;
  readonly log: NodeLog;
}

// i[impl daemon.address-file]
/** Written when this returns, or a problem until it is. */
export function writeAddressFile({ dataDir, listening, clock, log }: AddressFileOptions): AddressFile {
  const path = join(dataDir, addressFileName);
  const bytes = Buffer.from(`${listening.join('\n')}\n`);
  let problem: Problem | null = null;
  let retry: unknown = null;

  function attempt(): void {
    try {
      replaceFileDurably(path, bytes, 0o600);
    } catch (error) {
      problem = { code: 'no-address-file', message: describe(path, error) };
      retry = clock.setTimeout(attempt, addressFileRetryMs);
      return;
    }
    if (problem !== null) log.info({ path }, 'the addresses of this node could be written now');
    problem = null;
  }

  attempt();
  return {
    problems: () => (problem === null ? [] : [problem]),
    remove: () => {
      clock.clearTimeout(retry);
      // What is there otherwise is not ours.
      if (problem === null) rmSync(path, { force: true });
    },
  };
}

function describe(path: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `${path} cannot be written, so that seedling-ctl on this machine does not find this node (${reason}): make room on its disk, or make the directory writable. It is tried again every ${addressFileRetryMs / 1_000} s`;
}
