/** Runs one of the programs in `test/store/programs` as a process of its own, built for plain node. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface ChildProgram {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The lines it prints, in order; ends when it does. */
  readonly lines: AsyncIterableIterator<string>;
  /** Sends SIGKILL and waits until the process is gone. */
  kill(): Promise<void>;
}

export interface BuiltProgram {
  start(...programArguments: readonly string[]): ChildProgram;
  remove(): void;
}

/** Built inside the package, where the program finds its dependencies and the migrations. */
export async function buildProgram(name: string): Promise<BuiltProgram> {
  const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'grove-store-'));
  const program = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: program,
  });
  return {
    start: (...programArguments) => start(program, programArguments),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function start(program: string, programArguments: readonly string[]): ChildProgram {
  const child = spawn(process.execPath, [program, ...programArguments], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'close');
  return {
    process: child,
    pid: child.pid ?? 0,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() as AsyncIterableIterator<string>,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
