/** Runs `seedling-ctl` in this process and catches what it prints. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCtl } from '../../src/cli/index.ts';

export interface CtlRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CtlOptions {
  readonly stdin?: string;
  /** Whether the streams are a terminal. */
  readonly terminal?: boolean;
  readonly env?: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
  /** Called with everything on stdout so far, each time something is added. */
  readonly onStdout?: (text: string) => void;
}

export async function ctl(argv: readonly string[], options: CtlOptions = {}): Promise<CtlRun> {
  let stdout = '';
  let stderr = '';
  const isTTY = options.terminal === true;
  const exitCode = await runCtl(argv, {
    stdout: {
      isTTY,
      write: (text) => {
        stdout += text;
        options.onStdout?.(stdout);
      },
    },
    stderr: {
      isTTY,
      write: (text) => {
        stderr += text;
      },
    },
    stdin: Object.assign(
      (async function* () {
        if (options.stdin !== undefined) yield options.stdin;
      })(),
      { isTTY },
    ),
    env: options.env ?? {},
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { exitCode, stdout, stderr };
}

/** A directory that stands for the user's own, and how to remove it. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ctl-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
