/** The two plots: who had which number when, in one run; and how the effort grows with the grove, over several. */
import type { Played } from '../plan/play.ts';
import type { RunResult } from './result.ts';
import { plotSvg, type Series } from './svg.ts';

/** Curves drawn; a longer run shows its last ones. */
const curvesMax = 12;
/** Points of one curve: enough for any screen. */
const pointsMax = 200;

/** For each publish, how many nodes have it, over the time since the leader stored it. */
export function spreadPlot({ world, settledAt }: Played): string {
  const spreads = world.spreads.all.filter(({ publishedAt }) => publishedAt >= settledAt).slice(-curvesMax);
  const series = spreads.map(({ seq, appliedAt, publishedAt }): Series => {
    const times = [...appliedAt]
      .filter((at) => !Number.isNaN(at))
      .map((at) => Math.max(0, at - publishedAt))
      .sort((left, right) => left - right);
    const every = Math.max(1, Math.ceil(times.length / pointsMax));
    const points = times
      .map((at, index): [number, number] => [at, index + 1])
      .filter((_, index) => index % every === 0 || index === times.length - 1);
    return { name: `number ${seq}`, points };
  });
  return plotSvg({
    title: `Who has it when: ${world.nodes.length} nodes, seed ${world.seed}`,
    subtitle: `Links take ${world.network.conditions.latencyMs} ms on average`,
    x: { label: 'milliseconds since the leader stored it' },
    y: { label: 'nodes that have it in force' },
    series,
  });
}

/** How long and how much, against the number of nodes. */
export function growthPlot(results: readonly RunResult[]): string {
  const by = (value: (result: RunResult) => number | null): [number, number][] =>
    results.flatMap((result): [number, number][] => {
      const found = value(result);
      return found === null ? [] : [[result.nodes, found]];
    });
  return plotSvg({
    title: 'How a publish grows with the grove',
    subtitle: 'Time in units of a link’s mean latency; lines received and sent by one node for one publish',
    x: { label: 'nodes', log: true },
    y: { label: 'latencies, or lines' },
    series: [
      { name: 'allowed: log2(n) + 2', points: by(({ summary }) => summary.latencies_allowed), dashed: true },
      { name: 'last node, median', points: by(({ summary }) => summary.all_latencies_median), marked: true },
      { name: 'last node, worst', points: by(({ summary }) => summary.all_latencies_max), marked: true },
      { name: 'lines sent', points: by(({ summary }) => summary.messages_per_node), marked: true },
      { name: 'payloads received', points: by(({ summary }) => summary.copies_per_node), marked: true },
    ],
  });
}
