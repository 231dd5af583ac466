/** The last line of `npm test` is what people and machines believe, so a broken run must never look like a good one. */
import { describe, expect, it } from 'vitest';
import { summarise } from '../../scripts/test-summary.mjs';

const file = (status: string, ...tests: readonly string[]) => ({
  status,
  assertionResults: tests.map((outcome) => ({ status: outcome })),
});
const good = {
  numPassedTests: 2,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [file('passed', 'passed', 'passed')],
};

describe('the summary of a test run', () => {
  it('counts what passed, and tests that were skipped or are still to be written', () => {
    expect(summarise(good, true)).toEqual({ passed: 2, failed: 0, skipped: 2 });
  });

  it('counts failed tests once, not their files again', () => {
    const report = { ...good, numFailedTests: 1, testResults: [file('failed', 'passed', 'failed')] };
    expect(summarise(report, false)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it('counts a file that could not be loaded', () => {
    const report = { ...good, testResults: [...good.testResults, file('failed')] };
    expect(summarise(report, false).failed).toBe(1);
  });

  it('counts an error outside any test', () => {
    expect(summarise(good, false).failed).toBe(1);
  });

  it('counts a run without a report and a run without a test as failed', () => {
    expect(summarise(null, true).failed).toBe(1);
    expect(summarise({ ...good, numPassedTests: 0, testResults: [] }, true).failed).toBe(1);
  });
});
