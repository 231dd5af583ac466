/** What the inspector is given of the node it shows: reads, the operator interface's own way in, and a few numbers. */
import type { MethodOutcome, NodeControl } from '../operator/index.ts';
import type { RequestActor } from '../protocol/types.ts';

export interface InspectedNode {
  readonly fingerprint: string;
  readonly version: string;
  readonly hostname: string;
  /** The root actor of the machines. */
  readonly supervisor: unknown;
  readonly control: NodeControl;
  /** One request as the operator interface reads it. Never rejects. */
  answer(bytes: Uint8Array, actor: RequestActor): Promise<MethodOutcome>;
  /** Counts since the node started. */
  numbers(): NodeNumbers;
  /** Share of the time since the last call that the process was not idle, 0 … 1. */
  busyShare(): number;
}

export interface NodeNumbers {
  readonly malformedLines: number;
  readonly unknownMessages: number;
  readonly connections: number;
  readonly requestsInFlight: number;
  readonly uptimeSeconds: number;
}
