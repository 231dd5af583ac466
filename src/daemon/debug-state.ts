/** The inside of a node for a bug report: versions, configuration, actors, numbers. Nothing of it is a secret. */
import { release } from 'node:os';
import type { GroveSystem } from '../../actors/index.ts';
import type { FeedHub } from '../inspector/index.ts';
import { packageVersion } from '../operator/index.ts';
import type { Json } from '../protocol/types.ts';
import type { Endpoint } from '../transport/index.ts';
import { systemClock } from './system-ports.ts';

export interface DebugParts {
  readonly system: GroveSystem;
  readonly endpoint: Endpoint;
  readonly configuration: { readonly [setting: string]: Json };
  /** The inspector's, when it is served: it knows what happened before. */
  readonly hub: () => FeedHub | null;
}

export async function debugState(
  { system, endpoint, configuration, hub }: DebugParts,
  seconds: number,
): Promise<{ readonly [part: string]: Json }> {
  const { reportMachines } = await import('../inspector/index.ts');
  const parts = { supervisor: system.supervisor, hub: hub(), clock: systemClock };
  const machines = await reportMachines(parts, seconds);
  const { rss, heapUsed, external } = process.memoryUsage();
  const { connectionsByAlpn, refused, ...stats } = endpoint.stats();
  return {
    now: systemClock.now(),
    versions: {
      seedling: packageVersion(),
      node: process.version,
      v8: process.versions.v8,
      platform: `${process.platform} ${process.arch}`,
      kernel: release(),
    },
    configuration,
    counters: { ...system.counters, links: system.linkCount() },
    transport: { ...stats, connectionsByAlpn: { ...connectionsByAlpn }, refused: { ...refused } },
    process: { rss, heapUsed, external, uptime: process.uptime(), ...process.resourceUsage() },
    ...machines,
  };
}
