/**
 * What apps cost: how long it takes from setting a param on the leader until the command of an app starts on a member,
 * and what a payload costs a node that has two hundred apps with a thousand mappings.
 */

import { figure, table, verdict } from '../lib/report.mjs';
import { median, quantile, summarise } from '../lib/statistics.mjs';
import { measureCommits } from './commits.mjs';
import { measureStarts } from './starts.mjs';

/** Returns a section of the report. */
export async function benchApps(settings, log) {
  log(`apps: ${settings.changes} changes until a command starts`);
  const startMs = await measureStarts(settings);
  log(`apps: ${settings.commits} commits without and with mappings`);
  const commits = await measureCommits(settings);
  const rows = [
    [
      '`grove param set` → `on_change` starts, median (ms)',
      figure(median(startMs)),
      verdict(median(startMs), { atMost: 60, unit: ' ms' }),
    ],
    ['`grove param set` → `on_change` starts, p99 (ms)', figure(quantile(startMs, 0.99)), ''],
    ['commit of a payload, no mappings, median (ms)', figure(median(commits.without)), ''],
    [
      `the same, ${settings.mappings} mappings, ${commits.touched} of them touched (ms)`,
      figure(median(commits.with)),
      '',
    ],
    ['finding what waits among them, median (ms)', figure(median(commits.finding)), ''],
  ];
  return {
    title: 'Apps',
    tables: [table(['', 'grove', 'target'], rows)],
    notes: [
      `Starts: a leader and a member, each a process of its own; from the request to the leader until the command has read the clock. ${settings.changes} changes, ${settings.gapMs} ms apart.`,
      `Commits: one param of ${commits.params} changes. The database is in memory, so that the disk is not what is measured. ${settings.apps} apps.`,
    ],
    data: { start: summarise(startMs), startMs, commits },
  };
}
