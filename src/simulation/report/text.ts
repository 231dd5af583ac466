/** A run for a person: what was played, how it spread, and what went wrong. */

import type { Violation } from '../checks/check.ts';
import type { RunResult } from './result.ts';

/** Publishes that get a line of their own; of more, the first ones do. */
const rowsMax = 20;

export function runText(result: RunResult): string {
  const { nodes, seed, scenario, publishes, summary, violations, latency_ms } = result;
  const what = scenario === null ? '' : `${scenario}, `;
  const head = `${what}${nodes} nodes, seed ${seed}, links of ${latency_ms} ms on average`;
  const rows = publishes
    .slice(0, rowsMax)
    .map((one) => [
      `${one.seq}`,
      `${one.reached}/${one.expected}`,
      ms(one.half_ms),
      ms(one.p99_ms),
      ms(one.all_ms),
      `${one.hops_max}`,
      `${one.copies_per_node}`,
    ]);
  const table = columns([['number', 'reached', 'half', '99 %', 'all', 'hops', 'copies'], ...rows]);
  const more = publishes.length - rowsMax;
  return [
    head,
    '',
    ...(publishes.length === 0 ? ['no publish was followed'] : table),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    '',
    ...summaryLines(result),
    ...(violations.length === 0 ? ['No violation.'] : violations.map(violationLine)),
    '',
    `${result.steps} steps, ${(result.virtual_ms / 1_000).toFixed(0)} s of the world's time in ${(result.wall_ms / 1_000).toFixed(1)} s, ${result.rss_mb} MiB`,
    `trace ${result.trace_hash}`,
    ...(summary.all_ms_max === null && publishes.length > 0 ? ['No publish reached everybody.'] : []),
  ].join('\n');
}

function summaryLines({ summary, links_per_node }: RunResult): string[] {
  const { all_latencies_median: median, all_latencies_max: most } = summary;
  const time =
    median === null
      ? []
      : [
          `last node: ${median} latencies in the median, ${most} at worst (allowed: ${summary.latencies_allowed}), ${summary.hops_max} hops at most`,
        ];
  return [
    ...time,
    `each node, for each publish: ${summary.copies_per_node} payloads received, ${summary.messages_per_node} lines and ${kib(summary.bytes_per_node)} sent, ${kib(summary.other_bytes_per_node)} of that besides payloads; ${links_per_node} links`,
    '',
  ];
}

export function violationLine({ check, node, at, detail }: Violation): string {
  return `VIOLATION ${check} at ${(at / 1_000).toFixed(3)} s, ${node}: ${detail}`;
}

/** One line for each size, for the growth of the effort with the grove. */
export function growthText(results: readonly RunResult[]): string {
  const rows = results.map(({ nodes, summary, wall_ms, rss_mb, violations }) => [
    `${nodes}`,
    `${summary.all_latencies_median ?? '-'}`,
    `${summary.all_latencies_max ?? '-'}`,
    `${summary.latencies_allowed}`,
    `${summary.hops_max}`,
    `${summary.copies_per_node}`,
    `${summary.messages_per_node}`,
    kib(summary.payload_bytes ?? 0),
    kib(summary.other_bytes_per_node),
    `${(wall_ms / 1_000).toFixed(1)} s`,
    `${rss_mb} MiB`,
    `${violations.length}`,
  ]);
  const head = [
    'nodes',
    'median',
    'worst',
    'allowed',
    'hops',
    'copies',
    'lines',
    'payload',
    'other',
    'wall',
    'memory',
    'violations',
  ];
  return [
    'Time to the last node in latencies; per node and publish: payloads received, lines sent, the size of one payload, and of all that is sent besides payloads.',
    '',
  ]
    .concat(columns([head, ...rows]))
    .join('\n');
}

/** Right-aligned columns, two spaces apart. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}`);
}

function ms(value: number | null): string {
  return value === null ? '-' : `${Math.round(value)} ms`;
}

function kib(bytes: number): string {
  return `${(bytes / 1_024).toFixed(1)} KiB`;
}
