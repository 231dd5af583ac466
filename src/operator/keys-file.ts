/** `authorized_keys`: one `<fingerprint> <label>` a line, `#` comments. Reading, and taking a line out. */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { replaceFileDurably } from '../files/index.ts';
import { isFingerprint, labelProblem } from '../protocol/index.ts';
import { keysFileBytesMax, operatorKeysMax } from './limits.ts';

export interface KeyLine {
  readonly fingerprint: string;
  readonly label: string;
}

export interface LineProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly problem: string;
}

// i[impl keys.bad-line]
/** What a file holds. Bad lines are left out and named; the others count. */
export function parseKeysFile(text: string): {
  readonly keys: readonly KeyLine[];
  readonly problems: readonly LineProblem[];
} {
  const keys = new Map<string, KeyLine>();
  const problems: LineProblem[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const parsed = parseLine(content);
    if (typeof parsed === 'string') problems.push({ line, problem: parsed });
    else if (keys.has(parsed.fingerprint))
      problems.push({ line, problem: 'this fingerprint is on an earlier line' });
    else if (keys.size >= operatorKeysMax)
      problems.push({ line, problem: `more than ${operatorKeysMax} keys` });
    else keys.set(parsed.fingerprint, parsed);
  }
  return { keys: [...keys.values()], problems };
}

function parseLine(content: string): KeyLine | string {
  const [, fingerprint = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(content) ?? [];
  if (!isFingerprint(fingerprint)) {
    return 'a line is a fingerprint (64 lowercase hex digits), a space and a label';
  }
  const label = rest === '' ? fingerprint.slice(0, 12) : rest;
  const problem = labelProblem(label);
  return problem === null ? { fingerprint, label } : `the label ${problem}`;
}

/** The same text without the lines of `fingerprint`; comments and everything else stay as they are. */
export function withoutKey(text: string, fingerprint: string): string {
  return text
    .split('\n')
    .filter((line) => !new RegExp(`^\\s*${fingerprint}(\\s|$)`).test(line))
    .join('\n');
}

/** The file's text, null when there is no file. Throws when it cannot be read or must not be trusted. */
export function readKeysFile(path: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${path} cannot be read (${(error as Error).message})`, { cause: error });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`${path} is not a file`);
    if ((stat.mode & 0o002) !== 0) {
      throw new Error(`${path} can be written by everybody, so it is not read: run chmod 600 on it`);
    }
    if (stat.size > keysFileBytesMax) throw new Error(`${path} is larger than ${keysFileBytesMax} bytes`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Replaces the file in one step and keeps its mode. */
export function replaceKeysFile(path: string, text: string): void {
  replaceFileDurably(path, Buffer.from(text), statSync(path).mode & 0o777);
}
