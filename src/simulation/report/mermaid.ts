/** A window of a trace as a Mermaid sequence diagram: who said what to whom, and what happened to whom in between. */
import type { TraceRecord } from '../world/trace.ts';

export interface Window {
  /** Milliseconds since the world began; both inclusive. */
  readonly from: number;
  readonly to: number;
}

/** More lines than these nobody can read; the rest is said to be missing. */
const arrowsMax = 400;
const nodesMax = 40;

export function mermaidOf(records: readonly TraceRecord[], window: Window): string {
  const inWindow = records.filter(({ at }) => at >= window.from && at <= window.to);
  const shown = inWindow.filter(({ event }) => event !== 'received').slice(0, arrowsMax);
  const names = participants(shown);
  const drawn = shown.filter(
    ({ node, peer }) => names.includes(node) && (peer === undefined || names.includes(peer)),
  );
  const lines = [
    'sequenceDiagram',
    ...names.map((name) => `  participant ${name}`),
    ...drawn.map((record) => `  ${arrow(record, names)}`),
  ];
  const missing = inWindow.filter(({ event }) => event !== 'received').length - drawn.length;
  if (missing > 0) lines.push(`  Note over ${names[0] ?? 'world'}: ${missing} more in this window`);
  return `${lines.join('\n')}\n`;
}

/** In the order of their numbers; the world, which only does things to others, is none. */
function participants(records: readonly TraceRecord[]): string[] {
  const names = new Set(records.flatMap(({ node, peer }) => (peer === undefined ? [node] : [node, peer])));
  names.delete('world');
  return [...names].sort((left, right) => numberOf(left) - numberOf(right)).slice(0, nodesMax);
}

function arrow(
  { at, node, peer, event, detail, before, after, actor }: TraceRecord,
  names: readonly string[],
): string {
  const time = `${(at / 1_000).toFixed(3)}s`;
  if (peer !== undefined) return `${node}->>${peer}: ${safe(detail)} [${time}]`;
  const over = names.includes(node) ? node : [names[0], names.at(-1)].join(',');
  const text = event === 'state' ? `${actor}: ${before || '·'} → ${after}` : `${event} ${detail}`;
  return `Note over ${over}: ${safe(text)} [${time}]`;
}

function numberOf(name: string): number {
  return Number(name.slice(1));
}

/** Semicolons and hashes end a line of Mermaid. */
function safe(text: string): string {
  return text.replaceAll(/[;#]/g, ',').trim().slice(0, 120);
}
