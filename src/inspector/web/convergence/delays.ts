/** From the moments nodes had a number to how long after the first of them that was. */
import type { Publish } from '../../contract.ts';
import { about } from '../data/node.ts';

export interface PublishDelays {
  readonly seq: number;
  /** The first sign of it, here or at a peer. */
  readonly firstAt: number;
  /** By fingerprint, this node included. */
  readonly delays: ReadonlyMap<string, number>;
  /** Absent while the first of them is the only one. */
  readonly slowestMs: number | undefined;
}

// w[impl view.convergence]
export function delaysOf({ seq, at, reached }: Publish): PublishDelays {
  const own = about.value?.fingerprint ?? '';
  const marks = [...reached, ...(at === null ? [] : [{ fingerprint: own, at }])];
  const firstAt = Math.min(...marks.map((mark) => mark.at));
  const delays = new Map(marks.map((mark) => [mark.fingerprint, mark.at - firstAt]));
  return { seq, firstAt, delays, slowestMs: delays.size < 2 ? undefined : Math.max(...delays.values()) };
}

export function durationWords(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
