/** Brings about what a run needs: the built program, and what the benches alone depend on, exactly as locked. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = new URL('../', import.meta.url);
const root = new URL('../../', import.meta.url);

/** Runs `npm ci` in bench/ when nothing is installed there, or the lock file is newer. */
export function installBenchDependencies() {
  const installed = new URL('node_modules/.package-lock.json', bench);
  const locked = new URL('package-lock.json', bench);
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs) return;
  process.stderr.write('installing the bench dependencies (npm ci in bench/)\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(bench),
    stdio: ['ignore', 2, 2],
  });
}

/** Builds dist/ when it does not match the sources, so that a run never measures yesterday's program. */
export function buildProgram() {
  const script = fileURLToPath(new URL('scripts/build.mjs', root));
  execFileSync(process.execPath, [script, '--if-stale'], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  });
}
