/** What one run comes to: the JSON that `grove-sim --json` prints. Times are virtual milliseconds unless they say otherwise. */
import type { Violation } from '../checks/check.ts';
import type { Played } from '../plan/play.ts';
import { rounded, type SpreadTimes, spreadTimes } from '../world/spread.ts';

export interface RunResult {
  readonly nodes: number;
  readonly seed: number;
  readonly scenario: string | null;
  /** Mean time from one node to another. */
  readonly latency_ms: number;
  /** One for each publish of the plan that the leader stored; those that settled the tree before are not among them. */
  readonly publishes: readonly SpreadTimes[];
  readonly settling: readonly SpreadTimes[];
  /** Every publish reached every node that had to have it. */
  readonly reached_all: boolean;
  readonly summary: Summary;
  readonly violations: readonly Violation[];
  /** Events of all nodes, counted by type. */
  readonly events: { readonly [type: string]: number };
  readonly links_per_node: number;
  readonly steps: number;
  readonly virtual_ms: number;
  readonly signatures_verified: number;
  /** Lowercase hex SHA-256 over everything that happened. */
  readonly trace_hash: string;
  readonly wall_ms: number;
  readonly rss_mb: number;
}

export interface Summary {
  /** Time until the last node had it: the median over publishes, and the worst. Null when none got everywhere. */
  readonly all_ms_median: number | null;
  readonly all_ms_max: number | null;
  /** The same in units of the links' mean latency, and what the design allows: log2(nodes) + 2. */
  readonly all_latencies_median: number | null;
  readonly all_latencies_max: number | null;
  readonly latencies_allowed: number;
  readonly hops_max: number;
  /** Payload lines received by a node for each publish, and those of them that it had already. */
  readonly copies_per_node: number;
  readonly duplicates_per_node: number;
  /** Sent by a node for each publish, during the plan. */
  readonly messages_per_node: number;
  readonly bytes_per_node: number;
  /** Of these, in lines that carry no payload: what the gossip itself costs. */
  readonly other_bytes_per_node: number;
  /** Length of a line that carries a payload, which grows with the list of members. Null when none was sent. */
  readonly payload_bytes: number | null;
  readonly datagrams_per_node: number;
}

export function resultOf(
  played: Played,
  run: { readonly scenario: string | null; readonly wallMs: number; readonly rssBytes: number },
): RunResult {
  const { world, violations, hash, settledAt } = played;
  const all = world.spreads.all.map((spread) => ({ spread, times: spreadTimes(spread) }));
  const settling = all.filter(({ spread }) => spread.publishedAt < settledAt).map(({ times }) => times);
  const publishes = all.filter(({ spread }) => spread.publishedAt >= settledAt).map(({ times }) => times);
  return {
    nodes: world.nodes.length,
    seed: world.seed,
    scenario: run.scenario,
    latency_ms: world.network.conditions.latencyMs,
    publishes,
    settling,
    reached_all: publishes.every(({ all_ms }) => all_ms !== null),
    summary: summarise(played, publishes),
    violations,
    events: Object.fromEntries([...world.events].sort(([left], [right]) => (left < right ? -1 : 1))),
    links_per_node: rounded((2 * world.network.linkCount) / world.nodes.length),
    steps: world.time.steps,
    virtual_ms: rounded(world.time.now),
    signatures_verified: world.verdicts.verified,
    trace_hash: hash,
    wall_ms: Math.round(run.wallMs),
    rss_mb: Math.round(run.rssBytes / 2 ** 20),
  };
}

function summarise({ world, traffic }: Played, publishes: readonly SpreadTimes[]): Summary {
  const nodes = world.nodes.length;
  const { latencyMs } = world.network.conditions;
  const times = publishes.flatMap(({ all_ms }) => (all_ms === null ? [] : [all_ms])).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? null;
  const most = times.at(-1) ?? null;
  const copies = mean(publishes.map(({ copies_per_node }) => copies_per_node));
  const each = nodes * Math.max(1, publishes.length);
  return {
    all_ms_median: median,
    all_ms_max: most,
    all_latencies_median: median === null ? null : rounded(median / latencyMs),
    all_latencies_max: most === null ? null : rounded(most / latencyMs),
    latencies_allowed: rounded(Math.log2(nodes) + 2),
    hops_max: Math.max(0, ...publishes.map(({ hops_max }) => hops_max)),
    copies_per_node: rounded(copies),
    duplicates_per_node: rounded(Math.max(0, copies - 1)),
    messages_per_node: rounded(traffic.lines / each),
    bytes_per_node: rounded(traffic.bytes / each),
    other_bytes_per_node: rounded((traffic.bytes - traffic.versionBytes) / each),
    payload_bytes: traffic.versions === 0 ? null : rounded(traffic.versionBytes / traffic.versions),
    datagrams_per_node: rounded(traffic.datagrams / each),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
