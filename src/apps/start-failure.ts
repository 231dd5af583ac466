/** Why a command could not be started, in words an operator can act on. */
import { existsSync, statSync } from 'node:fs';
import type { HookRun, HookStartFailure } from '../ports/index.ts';
import {
  hookRunIdPattern,
  hookStartBytesMax,
  hookStartStringBytesMax,
  printable,
} from '../protocol/index.ts';

const shownCharactersMax = 256;

/** What is wrong with a run before the system is asked; null when nothing is. */
export function refuseRun(
  run: HookRun,
  environment: { readonly [name: string]: string },
): HookStartFailure | null {
  const { command } = run;
  if (command[0] === undefined || command[0] === '')
    return { kind: 'bad_command', message: 'the command is empty: name a program' };
  if (!hookRunIdPattern.test(run.id))
    return { kind: 'bad_command', message: `${show(run.id)} is no id of a run` };
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const strings = [...command, ...variables, run.workingDirectory ?? ''];
  if (strings.some((text) => text.includes('\0')))
    return { kind: 'bad_command', message: 'the command, its environment or its directory holds a NUL' };
  return tooBig(strings);
}

// i[impl app.start-failure]
/** A reason of the system, as Node reports it. */
export function startFailure(error: unknown, run: HookRun): HookStartFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const program = show(run.command[0] ?? '');
  const directory = run.workingDirectory;
  if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(code) && directory !== null && !isDirectory(directory)) {
    const message = `the working directory ${show(directory)} does not exist, or is closed to the node`;
    return { kind: 'bad_directory', message };
  }
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'not_found', message: notFound(run.command[0] ?? '', program) };
    case 'EACCES':
    case 'EPERM':
    case 'ENOEXEC':
      return {
        kind: 'not_permitted',
        message: `${program} may not be executed by the node: check its mode (chmod +x) and owner`,
      };
    case 'E2BIG':
      return {
        kind: 'too_big',
        message: `${program} cannot be started: its arguments and environment are more than this system takes, raise the stack limit (ulimit -s)`,
      };
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
      return {
        kind: 'no_resources',
        message: `${program} cannot be started: the system has no process, memory or file left (${code})`,
      };
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'other', message: `${program} cannot be started: ${show(reason)}` };
    }
  }
}

function notFound(path: string, program: string): string {
  if (!path.includes('/')) return `there is no program ${program} in PATH: name it with its full path`;
  return existsSync(path)
    ? `${program} cannot be started: the interpreter its first line names does not exist`
    : `there is no program ${program}`;
}

// i[impl app.start-bounds]
function tooBig(strings: readonly string[]): HookStartFailure | null {
  const sizes = strings.map((text) => Buffer.byteLength(text));
  // A pointer of 8 bytes and a NUL for each: as the kernel counts.
  const bytes = sizes.reduce((sum, size) => sum + size + 9, 0);
  if (bytes <= hookStartBytesMax && sizes.every((size) => size <= hookStartStringBytesMax)) return null;
  return {
    kind: 'too_big',
    message: `arguments and environment have ${bytes} bytes: at most ${hookStartBytesMax} in all, ${hookStartStringBytesMax} in one`,
  };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function show(text: string): string {
  return printable(text, shownCharactersMax);
}
