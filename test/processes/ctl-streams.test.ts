/** The command line as a program whose output goes nowhere: its exit code still says what happened. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ctlProgram } from './support.ts';

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
