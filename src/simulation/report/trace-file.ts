/** Traces as files: JSON lines, one record a line, the first one saying what run it is. And as text for a person. */
import { writeFileSync } from 'node:fs';
import type { TraceRecord } from '../world/trace.ts';

export const traceFormat = 'grove-trace/1';

export interface TraceHead {
  readonly format: typeof traceFormat;
  readonly nodes: number;
  readonly seed: number;
  readonly scenario: string | null;
  readonly trace_hash: string;
  readonly records: number;
  /** Records before the first one that is here. */
  readonly dropped: number;
}

/** Records written at once: one string for all of a long trace would be too long. */
const chunk = 10_000;

export function writeTrace(path: string, head: TraceHead, records: readonly TraceRecord[]): void {
  writeFileSync(path, `${JSON.stringify(head)}\n`);
  for (let from = 0; from < records.length; from += chunk) {
    const lines = records.slice(from, from + chunk).map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(path, lines.join(''), { flag: 'a' });
  }
}

/** One record as a line: `12.345s n7 peer.o3(n1) greeting → linked (hello)`. */
export function traceLine({ at, node, event, detail, peer, actor, before, after }: TraceRecord): string {
  const time = `${(at / 1_000).toFixed(3)}s`.padStart(10);
  if (event === 'state') return `${time} ${node} ${actor} ${before || '·'} → ${after} (${detail})`;
  const way = peer === undefined ? '' : event === 'sent' ? ` → ${peer}` : ` ← ${peer}`;
  return `${time} ${node}${way} ${event === 'sent' ? '' : `${event} `}${detail}`.trimEnd();
}
