/** Words that several scenarios use. */
import type { Action, Deed } from '../plan/index.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** What is done at one moment. */
export function at(time: number, ...deeds: readonly Deed[]): Action[] {
  return deeds.map((deed) => ({ ...deed, at: time }));
}

/** `count` publishes, one every `everyMs`. */
export function publishes(from: number, count: number, everyMs: number, word = 'value'): Action[] {
  return Array.from({ length: count }, (_, index) => ({
    do: 'publish' as const,
    value: `${word} ${index + 1}`,
    at: from + index * everyMs,
  }));
}

/** Every node but the leader. */
export function followers(nodes: number): number[] {
  return Array.from({ length: nodes - 1 }, (_, index) => index + 1);
}

export function everybody(nodes: number): number[] {
  return Array.from({ length: nodes }, (_, index) => index);
}
