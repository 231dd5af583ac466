/** What a page shows: a node that runs, or a simulation's trace. */
import type { About } from './contract.ts';
import type { FeedHub } from './feed/feed-hub.ts';
import type { InspectedNode } from './inspected-node.ts';
import type { Metrics } from './metrics.ts';

export interface Subject {
  readonly identity: Pick<About, 'mode' | 'version' | 'hostname' | 'fingerprint'>;
  /** Null where no node runs; the next two as well. */
  readonly answer: InspectedNode['answer'] | null;
  readonly hub: FeedHub | null;
  readonly metrics: Metrics | null;
  /** Null where a node runs. */
  readonly traceFile: string | null;
}
