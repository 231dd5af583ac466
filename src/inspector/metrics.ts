/**
 * What monitoring asks for, in Prometheus' format. Counting costs an addition an event; everything else is looked at when it is
 * scraped, and the library is loaded at the first scrape.
 */
import type { Registry } from 'prom-client';
import type { Clock } from '../ports/index.ts';
import type { InspectedNode } from './inspected-node.ts';
import type { PublishTimes } from './publish-times.ts';

export interface Metrics {
  render(): Promise<{ readonly text: string; readonly type: string }>;
  health(): { readonly ok: boolean; readonly state: string };
  readiness(): { readonly ok: boolean; readonly state: string };
  close(): void;
}

export interface MetricsParts {
  readonly node: InspectedNode;
  readonly clock: Clock;
  /** Open pages, and bytes that wait for them to read. */
  readonly feeds: { readonly pages: number; readonly waitingBytes: number };
  readonly publishTimes: PublishTimes;
}

/** Events that are counted, by the name of their counter. */
const counted: { readonly [type: string]: string } = {
  'grove.payload-applied': 'grove_payloads_applied_total',
  'grove.payload-received': 'grove_payloads_received_total',
  'grove.payload-rejected': 'grove_payloads_rejected_total',
  'grove.publish-rejected': 'grove_publishes_rejected_total',
  'grove.peer-connected': 'grove_links_opened_total',
  'grove.peer-disconnected': 'grove_links_closed_total',
};

export function createMetrics(parts: MetricsParts): Metrics {
  const counts = new Map(Object.values(counted).map((name) => [name, 0]));
  const events = parts.node.control.subscribe(null, (delivery) => {
    const name = delivery.kind === 'event' ? counted[delivery.event.type] : undefined;
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    return true;
  });
  let registry: Promise<Registry> | null = null;
  let lagSeconds = 0;
  const values = { counts, lag: () => lagSeconds };
  return {
    render: async () => {
      lagSeconds = await eventLoopLag(parts.clock);
      registry ??= import('./registry.ts').then(({ createRegistry }) => createRegistry(parts, values));
      const made = await registry;
      return { text: await made.metrics(), type: made.contentType };
    },
    health: () => {
      const { status } = (parts.node.supervisor as { getSnapshot(): { status: string } }).getSnapshot();
      return { ok: status === 'active', state: status === 'active' ? 'ok' : 'the node has stopped' };
    },
    readiness: () => {
      const { state } = parts.node.control.status();
      return { ok: state !== 'degraded', state };
    },
    close: () => events.close(),
  };
}

export interface MetricValues {
  readonly counts: ReadonlyMap<string, number>;
  readonly lag: () => number;
}

/** How late a timer of no time fires now. */
function eventLoopLag(clock: Clock): Promise<number> {
  const before = clock.monotonicMs();
  return new Promise((resolve) => {
    clock.setTimeout(() => resolve(Math.max(0, clock.monotonicMs() - before - 1) / 1_000), 1);
  });
}
