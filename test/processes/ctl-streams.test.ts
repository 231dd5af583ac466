/** The command line as a program whose output goes nowhere, or whose home takes nothing: its exit code says what happened. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ctlProgram, startChild, within } from './support.ts';

/** Linux' file that takes nothing: every write fails as on a full disk. */
const full = '/dev/full';

describe.skipIf(process.platform !== 'linux')('output that cannot be written', () => {
  // i[verify ctl.exit-codes]
  it('of an answer is an error, and said', async () => {
    const { code, stderr } = await run(['--version'], 'stdout');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: the answer cannot be written: ENOSPC/);
  });

  // i[verify ctl.exit-codes]
  it('of an error leaves the exit code as it is', async () => {
    expect(await run(['no-such-command'], 'stderr')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe.skipIf(process.platform !== 'linux')('a home where no directory can be made', () => {
  // i[verify ctl.exit-codes]
  it('is named, with the variable that gives another, and nothing waits', async () => {
    const argv = ['--host', '127.0.0.1:9', '--accept-new', 'ping'];
    const child = startChild(ctlProgram, argv, { HOME: '/proc' });
    // A program that is busy for ever heeds no other signal.
    const ended = await within(child.exited, 'its end').finally(() => child.process.kill('SIGKILL'));
    expect(ended).toEqual({ code: 3, signal: null });
    expect(child.stderr.join('\n')).toMatch(
      /^error: your own key \/proc\/.* set XDG_STATE_HOME to a directory/,
    );
  });
});

async function run(argv: readonly string[], broken: 'stdout' | 'stderr') {
  const file = openSync(full, 'w');
  const stdio =
    broken === 'stdout' ? (['ignore', file, 'pipe'] as const) : (['ignore', 'pipe', file] as const);
  const child = spawn(process.execPath, [ctlProgram, ...argv], { stdio: [...stdio] });
  closeSync(file);
  const [stdout, stderr, code] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    }),
  ]);
  return { stdout, stderr, code };
}
