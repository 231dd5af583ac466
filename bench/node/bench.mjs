/**
 * What a node costs: the time a leader takes to make a publish durable, and what nodes of a small, linked group
 * cost while nothing happens. Each node has a process to itself.
 */

import { startCluster, stopCluster } from '../group/cluster.mjs';
import { figure, table, verdict } from '../lib/report.mjs';
import { median, quantile, summarise } from '../lib/statistics.mjs';
import { milliseconds, sleep } from '../lib/time.mjs';

const size = 3;

/** `settings` are those of the group and of this bench. Returns a section of the report. */
export async function benchNode(settings, log) {
  const idle = {};
  let durableMs = [];
  const failures = [];
  for (const system of settings.systems) {
    log(`node: ${system}, idle for ${settings.idleMs / 1_000} s`);
    const cluster = await startCluster(system, size, settings).catch((error) => {
      failures.push(`${system}: ${error.message.split('\n')[0]}`);
      return null;
    });
    if (cluster === null) continue;
    try {
      if (system === 'grove') durableMs = await publishRepeatedly(cluster, settings, log);
      await sleep(settings.settleMs);
      const costs = await Promise.all(
        cluster.workers.map(({ child }) => child.call('idleCost', { forMs: settings.idleMs })),
      );
      idle[system] = worstOf(costs);
    } catch (error) {
      failures.push(`${system}: ${error.message.split('\n')[0]}`);
    } finally {
      await stopCluster(cluster);
    }
  }
  return section({ durableMs, idle, failures }, settings);
}

/** Milliseconds from the publish call of the leader until it returns: the payload is signed and flushed to disk. */
async function publishRepeatedly(cluster, settings, log) {
  log(`node: ${settings.publishes} publishes`);
  const samples = [];
  for (let marker = 1; marker <= settings.publishes; marker += 1) {
    await sleep(settings.publishGapMs);
    const { calledNs, returnedNs } = await cluster.workers[0].child.call('publish', { marker });
    samples.push(milliseconds(calledNs, returnedNs));
  }
  return samples;
}

/** The dearest of the nodes, figure by figure: a promise about a node is one about each. */
function worstOf(costs) {
  const keys = ['cpuPercentOfCore', 'wakeUpsPerSecond', 'residentMegabytes'];
  return Object.fromEntries(keys.map((key) => [key, Math.max(...costs.map((cost) => cost[key]))]));
}

function section({ durableMs, idle, failures }, settings) {
  const known = durableMs.length > 0;
  const { grove, gossipsub } = idle;
  const rows = [
    [
      'publish → durable on the leader, median (ms)',
      '–',
      figure(known ? median(durableMs) : null),
      verdict(known ? median(durableMs) : null, { atMost: 3, unit: ' ms' }),
    ],
    ['publish → durable on the leader, p99 (ms)', '–', figure(known ? quantile(durableMs, 0.99) : null), ''],
    [
      'idle: share of one core (%)',
      figure(gossipsub?.cpuPercentOfCore),
      figure(grove?.cpuPercentOfCore),
      verdict(grove?.cpuPercentOfCore, { atMost: 0.3, unit: ' %' }),
    ],
    [
      'idle: wake-ups of the main thread (/s)',
      figure(gossipsub?.wakeUpsPerSecond),
      figure(grove?.wakeUpsPerSecond),
      verdict(grove?.wakeUpsPerSecond, { atMost: 1, unit: '/s' }),
    ],
    [
      'idle: resident memory (MB)',
      figure(gossipsub?.residentMegabytes),
      figure(grove?.residentMegabytes),
      verdict(grove?.residentMegabytes, { atMost: 90, unit: ' MB' }),
    ],
  ];
  return {
    title: 'One node',
    tables: [table(['', 'gossipsub', 'grove', 'target'], rows)],
    notes: [
      `A group of ${size} linked nodes, each in a process of its own. Publishes: ${settings.publishes}, each a document of ${settings.documentBytes} bytes, until the call returns.`,
      `Idle: over ${settings.idleMs / 1_000} s in which nothing is published; the dearest of the ${size} nodes. Wake-ups are voluntary context switches of the main thread; the share counts all threads.`,
      ...failures.map((failure) => `Failed: ${failure}`),
    ],
    data: { durable: known ? summarise(durableMs) : null, durableMs, idle, failures },
  };
}
