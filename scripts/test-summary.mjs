/** Counts a vitest JSON report. Kept apart from the runner so that a test can show it never reports a broken run as a good one. */

/**
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] }} Report
 */

/**
 * A file that could not be loaded has no failed test, an error outside any test neither, and a run that found
 * no test at all proves nothing: each counts as a failure.
 * @param {Report | null} report null when vitest wrote none
 * @param {boolean} exitedWell vitest's own verdict
 */
export function summarise(report, exitedWell) {
  if (report === null) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + brokenFiles.length;
  const isHollow = failed === 0 && (passed === 0 || !exitedWell);
  return { passed, failed: isHollow ? 1 : failed, skipped };
}
