/** What came of the demo: as the nodes tell it at the end, and as one JSON object. */
import { z } from 'zod';
import { DemoError } from './demo-error.ts';
import type { DemoNode } from './demo-node.ts';

export interface Member {
  readonly name: string;
  readonly fingerprint: string;
  readonly address: string;
  readonly seq: number;
  readonly payloadHash: string;
  readonly params: { readonly [name: string]: string };
  /** Times the command of the node's app ran. */
  readonly appRuns: number;
}

export interface StoryResult {
  readonly publishes: number;
  /** Milliseconds from each timed change's command to the last node that applied it. */
  readonly latencies: readonly number[];
  readonly members: readonly Member[];
}

const statusAnswer = z.object({ current_seq: z.number(), payload_hash: z.string() });
const paramsAnswer = z.array(z.object({ name: z.string(), value: z.string() }));

/** What the node itself says it holds. */
export async function readMember(node: DemoNode): Promise<Member> {
  const status = statusAnswer.parse(await node.ask('/grove/status'));
  const params = paramsAnswer.parse(await node.ask('/grove/params'));
  return {
    name: node.name,
    fingerprint: node.fingerprint,
    address: node.address,
    seq: status.current_seq,
    payloadHash: status.payload_hash,
    params: Object.fromEntries(params.map(({ name, value }) => [name, value])),
    appRuns: node.signLines.length,
  };
}

/** Throws `DemoError` unless all hold the same payload. */
export function checkConverged({ members }: StoryResult): void {
  if (new Set(members.map(({ payloadHash }) => payloadHash)).size === 1) return;
  const held = members.map(
    ({ name, seq, payloadHash }) => `${name} seq ${seq} (${payloadHash.slice(0, 12)})`,
  );
  throw new DemoError(`the nodes do not hold the same payload: ${held.join(', ')}`);
}

export interface Spread {
  readonly min: number;
  readonly p50: number;
  readonly max: number;
}

/** Null without any. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((left, right) => left - right);
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  const p50 = sorted.at(Math.ceil(sorted.length / 2) - 1);
  return min === undefined || max === undefined || p50 === undefined ? null : { min, p50, max };
}

export const nodeCount = 3;

/** The JSON of a demo that went well. */
export function successJson({ publishes, latencies, members }: StoryResult): string {
  const spread = spreadOf(latencies);
  return JSON.stringify({
    nodes: nodeCount,
    converged: true,
    publishes,
    latency_ms:
      spread === null
        ? null
        : { min: rounded(spread.min), p50: rounded(spread.p50), max: rounded(spread.max) },
    members: members.map(({ payloadHash, appRuns, ...member }) => ({
      ...member,
      payload_hash: payloadHash,
      app_runs: appRuns,
    })),
  });
}

/** The JSON of one that did not. */
export function failureJson(reason: string): string {
  return JSON.stringify({ nodes: nodeCount, converged: false, publishes: 0, latency_ms: null, reason });
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
