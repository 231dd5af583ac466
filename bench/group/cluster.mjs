/** A running group of one system over a few processes: started, joined, linked, and asked to publish. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../lib/child.mjs';
import { milliseconds, nowNs, sleep, until, within } from '../lib/time.mjs';

const workerModule = new URL('worker.mjs', import.meta.url);
const linkLimitMs = 120_000;

/** Starts `size` nodes over at most `processesMax` processes and waits until every node has its links. */
export async function startCluster(system, size, settings) {
  const directory = await mkdtemp(join(tmpdir(), 'grove-bench-'));
  const workers = [];
  const cluster = { system, size, settings, directory, workers, tickets: [] };
  try {
    for (const indexes of spread(size, settings)) workers.push(startWorker(cluster, indexes));
    const infos = (await Promise.all(workers.map((worker) => worker.child.call('started')))).flat();
    infos.sort((a, b) => a.index - b.index);
    cluster.tickets = await workers[0].child.call('found', { infos: infos.map(({ info }) => info) });
    for (const { child, indexes } of workers) {
      for (const index of indexes) {
        if (cluster.tickets[index] !== null)
          await child.call('join', { index, ticket: cluster.tickets[index] });
      }
    }
    const enough = Math.min(size - 1, Math.ceil(settings.linksPerNode / 2));
    await until(async () => (await linkCounts(cluster)).every((links) => links >= enough), {
      limitMs: linkLimitMs,
      what: `${size} nodes of ${system} have ${enough} links each`,
    });
    await sleep(settings.settleMs);
    return cluster;
  } catch (error) {
    await stopCluster(cluster);
    throw error;
  }
}

/** Milliseconds from the publish call until the last other node held the document, or null when one never did. */
export async function publish(cluster, marker) {
  const everywhere = Promise.all(cluster.workers.map((worker) => worker.applied(marker)));
  everywhere.catch(() => {});
  const { calledNs } = await cluster.workers[0].child.call('publish', { marker });
  try {
    const times = (await within(everywhere, cluster.settings.applyLimitMs, `document ${marker}`)).flat();
    return Math.max(...times.map((atNs) => milliseconds(calledNs, atNs)));
  } catch {
    return null;
  }
}

/**
 * Takes the last node, which has a process to itself, out of the group; publishes; starts it again. Returns the
 * milliseconds from the start of its process until it held the current document, or null when it never did.
 */
export async function restartLast(cluster, marker) {
  const index = cluster.size - 1;
  const position = cluster.workers.findIndex(({ indexes }) => indexes.length === 1 && indexes[0] === index);
  if (position === -1) throw new Error('the last node shares its process');
  const [previous] = cluster.workers.splice(position, 1);
  await previous.child.stop();
  const published = await publish(cluster, marker);
  const startNs = nowNs();
  const restarted = startWorker(cluster, [index], cluster.tickets[index]);
  cluster.workers.push(restarted);
  const [atNs] = await within(
    restarted.applied(marker),
    cluster.settings.restartLimitMs,
    'the restart',
  ).catch(() => [null]);
  if (published === null) throw new Error('the group itself did not get the document');
  return atNs === null ? null : milliseconds(startNs, atNs);
}

export async function linkCounts(cluster) {
  return (await Promise.all(cluster.workers.map((worker) => worker.child.call('linkCounts')))).flat();
}

export async function stopCluster(cluster) {
  await Promise.all(cluster.workers.map((worker) => worker.child.stop()));
  await rm(cluster.directory, { recursive: true, force: true });
}

/** Which nodes go into which process. Node 0 is in the first; with `lastAlone`, the last node is alone in the last. */
function spread(size, { processesMax, lastAlone = false }) {
  const shared = lastAlone ? size - 1 : size;
  const count = Math.min(lastAlone ? processesMax - 1 : processesMax, shared);
  const groups = Array.from({ length: count }, () => []);
  for (let index = 0; index < shared; index += 1) groups[index % count].push(index);
  return lastAlone ? [...groups, [size - 1]] : groups;
}

function startWorker({ system, settings, directory }, indexes, ticket) {
  const nodes = indexes.map((index) => ({ index, directory: join(directory, `${index}`), ticket }));
  const child = new Child(workerModule, { args: [JSON.stringify({ system, settings, nodes })] });
  const arrived = new Map();
  const waiting = new Map();
  child.onEvent(({ marker, times }) => {
    arrived.set(marker, times);
    waiting.get(marker)?.(times);
  });
  return {
    child,
    indexes,
    /** Resolves with the moments at which this process's nodes, the publisher apart, held document `marker`. */
    applied(marker) {
      if (indexes.every((index) => index === 0)) return Promise.resolve([]);
      const times = arrived.get(marker);
      return times === undefined
        ? new Promise((resolve) => waiting.set(marker, resolve))
        : Promise.resolve(times);
    },
  };
}
