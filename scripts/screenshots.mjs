#!/usr/bin/env node
/** `npm run screenshots`: draws docs/images anew, from real nodes in a real browser. Look at every one before committing it. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--if-stale'], {
  cwd: root,
  stdio: 'inherit',
});
if (build.status !== 0) process.exit(build.status ?? 1);
const run = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'browser', 'test/browser/screenshots.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GROVE_SCREENSHOTS: 'keep' },
  },
);
process.exitCode = run.status ?? 1;
