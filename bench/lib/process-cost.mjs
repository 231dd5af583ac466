/** What this process costs while it is left alone: CPU, wake-ups, resident memory. Linux. */
import { readFileSync } from 'node:fs';
import { milliseconds, nowNs, sleep } from './time.mjs';

/** Measures for `forMs`; the one timer of its own is negligible. */
export async function idleCost(forMs) {
  const before = { atNs: nowNs(), cpu: process.cpuUsage(), wakeUps: mainThreadWakeUps() };
  await sleep(forMs);
  const elapsedMs = milliseconds(before.atNs, nowNs());
  const { user, system } = process.cpuUsage(before.cpu);
  return {
    cpuPercentOfCore: ((user + system) / 1_000 / elapsedMs) * 100,
    wakeUpsPerSecond: ((mainThreadWakeUps() - before.wakeUps) * 1_000) / elapsedMs,
    residentMegabytes: process.memoryUsage.rss() / 1e6,
  };
}

/** How often the main thread went to sleep, and so was woken, since the process started. */
function mainThreadWakeUps() {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
}
