/**
 * Three projects: `fast` runs in this process tree alone; `processes` starts real `seedlingd` processes from dist/; `browser`
 * looks at their pages in a headless Chromium.
 */
import { defineConfig } from 'vitest/config';
import { youngFlag } from './src/simulation/program/heap.ts';

const processTests = 'test/processes/**/*.test.ts';
const browserTests = 'test/browser/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // What is waited for comes when the machine gets to it.
    expect: { poll: { timeout: 40_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [processTests, browserTests],
          // A fifth of the time of those that simulate groves.
          execArgv: [youngFlag],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: [processTests],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [browserTests],
          testTimeout: 120_000,
          // One browser at a time: what it measures is drawn by the processor.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
