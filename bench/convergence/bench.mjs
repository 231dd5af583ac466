/**
 * How long until everybody holds a new document: grove beside JavaScript libp2p gossipsub, in turn, for several
 * group sizes; and how long a node that was away needs from the start of its process.
 */

import { publish, restartLast, startCluster, stopCluster } from '../group/cluster.mjs';
import { seededRandom } from '../lib/random.mjs';
import { figure, table, verdict } from '../lib/report.mjs';
import { summarise } from '../lib/statistics.mjs';
import { sleep } from '../lib/time.mjs';

/** The median that grove is to keep, in milliseconds, by group size. */
const targetsMs = { 3: 3, 16: 8, 50: 25 };

/** `settings` are those of the group and of this bench. Returns a section of the report. */
export async function benchConvergence(settings, log) {
  const results = [];
  for (const size of settings.sizes) {
    const bySystem = settings.systems.map((system) => emptyResult(system, size));
    for (let round = 1; round <= settings.rounds; round += 1) {
      for (const result of bySystem) {
        log(`convergence, ${size} nodes, round ${round} of ${settings.rounds}: ${result.system}`);
        const measured = round === 1 ? [measurePublishes, measureRestarts] : [measurePublishes];
        for (const measure of measured) {
          await measure(result, { ...settings, seed: settings.seed + round }).catch((error) => {
            result.failures.push(error.message.split('\n')[0]);
          });
        }
      }
    }
    results.push(...bySystem);
  }
  return section(results, settings);
}

async function measurePublishes(result, settings) {
  const pause = randomPause(settings);
  const cluster = await startCluster(result.system, result.size, settings);
  try {
    let marker = 1;
    await publish(cluster, marker); // the first warms the code up and is not counted
    for (let count = 0; count < settings.publishes; count += 1) {
      await pause();
      marker += 1;
      const tookMs = await publish(cluster, marker);
      if (tookMs === null) result.lost += 1;
      else result.convergeMs.push(tookMs);
    }
  } finally {
    await stopCluster(cluster);
  }
}

/** A group of its own, in which the last node has a process to itself. */
async function measureRestarts(result, settings) {
  const pause = randomPause(settings);
  const cluster = await startCluster(result.system, result.size, { ...settings, lastAlone: true });
  try {
    for (let marker = 1; marker <= settings.restarts; marker += 1) {
      await pause();
      const tookMs = await restartLast(cluster, marker);
      if (tookMs === null) result.neverCaughtUp += 1;
      else result.restartMs.push(tookMs);
    }
  } finally {
    await stopCluster(cluster);
  }
}

function randomPause({ seed, gapMs }) {
  const random = seededRandom(seed);
  return () => sleep(gapMs.min + random() * (gapMs.max - gapMs.min));
}

function emptyResult(system, size) {
  return { system, size, convergeMs: [], lost: 0, restartMs: [], neverCaughtUp: 0, failures: [] };
}

function section(results, settings) {
  const data = results.map((result) => ({
    ...result,
    converge: result.convergeMs.length > 0 ? summarise(result.convergeMs) : null,
    restart: result.restartMs.length > 0 ? summarise(result.restartMs) : null,
  }));
  const rows = data.map(({ system, size, converge, lost, restart, neverCaughtUp }) => [
    `${size} nodes, ${system}`,
    figure(converge?.median),
    figure(converge?.p99),
    figure(converge?.max),
    `${lost} of ${lost + (converge?.count ?? 0)}`,
    figure(restart?.median),
    `${neverCaughtUp} of ${neverCaughtUp + (restart?.count ?? 0)}`,
    system === 'grove' && targetsMs[size] !== undefined
      ? verdict(converge?.median, { atMost: targetsMs[size], unit: ' ms' })
      : '',
  ]);
  const headings = [
    '',
    'median (ms)',
    'p99 (ms)',
    'max (ms)',
    'not everywhere',
    'start → current, median (ms)',
    'never current',
    'target for the median',
  ];
  return {
    title: 'Convergence',
    tables: [table(headings, rows)],
    notes: [
      `From the publish call to the last node that holds the document of ${settings.documentBytes} bytes; ${settings.publishes} publishes in each of ${settings.rounds} rounds, at random gaps of ${settings.gapMs.min}–${settings.gapMs.max} ms; nodes over at most ${settings.processesMax} processes, loopback.`,
      `gossipsub: TCP, noise, yamux, signed messages, each node dials ${settings.linksPerNode} others; libp2p 3 on Node 20 needs \`Promise.withResolvers\`, which is supplied. It holds a message in memory only.`,
      'grove: QUIC, its own choice of links, and its whole signed payload travels: the document and the list of members. The leader has flushed it to disk before the first byte leaves.',
      `“Not everywhere”: a node had not got the document ${settings.applyLimitMs / 1_000} s later. “Never current”: likewise, ${settings.restartLimitMs / 1_000} s after the start.`,
      '“Start → current”: a member was stopped, a document was published, and its process started: the time from the start of the process until it holds that document. gossipsub keeps no state; a newcomer hears of the last few seconds’ messages by gossip, and of older ones never.',
      ...data.flatMap(({ system, size, failures }) =>
        failures.map((failure) => `Failed: ${system}, ${size} nodes: ${failure}`),
      ),
    ],
    data,
  };
}
