#!/usr/bin/env node
/**
 * `npm test`: format and lint, types, rules, build, tests, in that order. A failing step does not hide the
 * ones after it, but for the build, without which tests would run old code. The last line printed is
 * `N passed, M failed` (`, K skipped`): vitest's own counts, and one failure for every other step that
 * failed. `--fast` runs only the tests that start no processes, as `npm run test:newest-node` does.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { summarise } from './test-summary.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const stepMinutesMax = 22;
const started = process.hrtime.bigint();

process.exitCode = main(process.argv.includes('--fast'));

/** @param {boolean} fastOnly */
function main(fastOnly) {
  let failedSteps = 0;
  let built = true;
  if (!fastOnly) {
    failedSteps += step('format and lint', program('@biomejs/biome', 'biome'), [
      'check',
      '--error-on-warnings',
      '.',
    ]);
    failedSteps += step('types', program('typescript', 'tsc'), ['--noEmit']);
    failedSteps += step('types of the page', program('typescript', 'tsc'), ['-p', 'src/inspector/web']);
    failedSteps += step('types of its tests', program('typescript', 'tsc'), ['-p', 'test/page']);
    failedSteps += step('rules', join(root, 'scripts/spec.mjs'), []);
    built = step('build', join(root, 'scripts/build.mjs'), ['--if-stale']) === 0;
  }
  const tests = built ? runTests(fastOnly) : { passed: 0, failed: 1, skipped: 0 };
  const failed = tests.failed + failedSteps;
  const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : '';
  console.log(`\n${seconds()} s in all`);
  console.log(`${tests.passed} passed, ${failed} failed${skipped}`);
  return failed === 0 ? 0 : 1;
}

/** @param {boolean} fastOnly */
function runTests(fastOnly) {
  const folder = mkdtempSync(join(tmpdir(), 'grove-test-'));
  const report = join(folder, 'report.json');
  const options = [
    'run',
    '--allowOnly=false',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  try {
    const broken = step('tests', program('vitest', 'vitest'), [
      ...options,
      ...(fastOnly ? ['--project=fast'] : []),
    ]);
    return summarise(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null, broken === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs one step with its output shown as it comes.
 * @param {string} title
 * @param {string} script
 * @param {readonly string[]} options
 * @returns {0 | 1} how many steps failed
 */
function step(title, script, options) {
  console.log(`\n── ${title} (after ${seconds()} s)`);
  const run = spawnSync(process.execPath, [script, ...options], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: stepMinutesMax * 60_000,
  });
  if (run.error !== undefined) {
    console.error(`${title}: ${run.error.message}`);
  }
  return run.status === 0 ? 0 : 1;
}

/**
 * The script behind a package's program, run with this very Node rather than the one on the PATH.
 * @param {string} name
 * @param {string} bin
 */
function program(name, bin) {
  const manifest = require.resolve(`${name}/package.json`);
  const entry = require(manifest).bin;
  return join(dirname(manifest), typeof entry === 'string' ? entry : entry[bin]);
}

function seconds() {
  return Math.round(Number(process.hrtime.bigint() - started) / 1e9);
}
