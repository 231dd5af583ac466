/** The metrics themselves: each is looked up when it is scraped. Few labels, and none that grows with the grove. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GroveState, GroveStatus } from '../operator/index.ts';
import type { MetricsParts, MetricValues } from './metrics.ts';

const states: readonly GroveState[] = [
  'outside',
  'joining',
  'following',
  'leading',
  'suspected-revoked',
  'revoked',
  'degraded',
];

export function createRegistry(parts: MetricsParts, values: MetricValues): Registry {
  const registry = new Registry();
  const gauge: Add = (name, help, read) => {
    new Gauge({ name, help, registers: [registry], collect: gaugeReader(read) });
  };
  const total: Add = (name, help, read) => {
    new Counter({ name, help, registers: [registry], collect: counterReader(read) });
  };
  addInfo(registry, parts);
  addGrove(gauge, parts);
  addNode(gauge, parts, values);
  addCounts(total, parts, values);
  addPublishTimes(registry, parts);
  addProcess(gauge, total, parts);
  return registry;
}

type Add = (name: string, help: string, read: () => number) => void;

function addInfo(registry: Registry, { node }: MetricsParts): void {
  new Gauge({
    name: 'grove_info',
    help: 'Always 1; the version of the program.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: node.version }, 1);
  new Gauge({
    name: 'grove_state',
    help: "The node's life in its grove: 1 for the state it is in.",
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const now = node.control.status().state;
      for (const state of states) this.set({ state }, state === now ? 1 : 0);
    },
  });
}

function addGrove(gauge: Add, { node }: MetricsParts): void {
  type Member = GroveStatus & { readonly is_member: true };
  const status = () => node.control.status();
  const member = (read: (status: Member) => number) => () => {
    const now = status();
    return now.is_member ? read(now) : 0;
  };
  gauge('grove_is_member', 'Whether this node is in a grove.', () => (status().is_member ? 1 : 0));
  gauge(
    'grove_is_leader',
    'Whether this node leads its grove.',
    member(({ role }) => (role === 'leader' ? 1 : 0)),
  );
  gauge(
    'grove_seq',
    'The number of the payload in force.',
    member(({ current_seq }) => current_seq),
  );
  gauge(
    'grove_members',
    'Members of the grove, this node included.',
    member(({ members_count }) => members_count),
  );
  gauge(
    'grove_params',
    'Params of the grove.',
    member(({ params_count }) => params_count),
  );
  gauge(
    'grove_links',
    'Members this node is linked to.',
    member(({ connected_peers }) => connected_peers),
  );
  gauge('grove_problems', 'What grove status calls a problem.', () => status().problems.length);
}

function addNode(gauge: Add, { node, feeds }: MetricsParts, { lag }: MetricValues): void {
  gauge(
    'grove_connections',
    'QUIC connections, of members and of operators.',
    () => node.numbers().connections,
  );
  gauge(
    'grove_requests_in_flight',
    'Requests of operators under way.',
    () => node.numbers().requestsInFlight,
  );
  gauge('grove_inspector_pages', 'Pages of the inspector that are open.', () => feeds.pages);
  gauge(
    'grove_inspector_waiting_bytes',
    'Bytes that wait until pages of the inspector read.',
    () => feeds.waitingBytes,
  );
  gauge('grove_event_loop_lag_seconds', 'How late a timer fired at this scrape.', lag);
  gauge('grove_event_loop_busy_ratio', 'Share of the time since the last scrape with work to do.', () =>
    node.busyShare(),
  );
}

function addCounts(total: Add, { node }: MetricsParts, { counts }: MetricValues): void {
  for (const [name, help] of Object.entries(eventHelp)) total(name, help, () => counts.get(name) ?? 0);
  total(
    'grove_malformed_lines_total',
    'Lines of peers the protocol does not allow.',
    () => node.numbers().malformedLines,
  );
  total(
    'grove_unknown_messages_total',
    'Messages of a type this node does not know.',
    () => node.numbers().unknownMessages,
  );
}

const eventHelp: { readonly [name: string]: string } = {
  grove_payloads_applied_total: 'Payloads stored and put in force.',
  grove_payloads_received_total: 'Payloads with a good signature that came over a link.',
  grove_payloads_rejected_total: 'Payloads that came over a link and were refused or set aside.',
  grove_publishes_rejected_total: 'Changes of operators that were refused.',
  grove_links_opened_total: 'Links on which both said hello.',
  grove_links_closed_total: 'Links that were up and are over.',
};

function addPublishTimes(registry: Registry, { publishTimes }: MetricsParts): void {
  new Histogram({
    name: 'grove_publish_seconds',
    help: "From an operator's change to its answer: drafted, signed and on the disk.",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
    collect() {
      for (const seconds of publishTimes.take()) this.observe(seconds);
    },
  });
}

/** Under the names that every client library uses for its own process. */
function addProcess(gauge: Add, total: Add, { node, clock }: MetricsParts): void {
  total('process_cpu_seconds_total', 'User and system CPU time.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'When the node started, since the Unix epoch.', () =>
    Math.round(clock.now() / 1_000 - node.numbers().uptimeSeconds),
  );
}

function gaugeReader(read: () => number) {
  return function (this: Gauge): void {
    this.set(read());
  };
}

/** A counter kept elsewhere: the library's own is set anew to what that one says. */
function counterReader(read: () => number) {
  return function (this: Counter): void {
    this.reset();
    this.inc(read());
  };
}
