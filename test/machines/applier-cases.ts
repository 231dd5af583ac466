/** An applier brought into a state, and what it says. */
import { expect } from 'vitest';
import type { ApplierInput } from '../../machines/applier-actors.ts';
import { applierMachine } from '../../machines/applier-machine.ts';
import { type Offer, own, second, standingOf } from './grove-fixtures.ts';
import { begin, said, step, walk } from './transition-rows.ts';

export type Events = Parameters<typeof walk<typeof applierMachine>>[2][];

export const standing = standingOf();
export const detail = expect.any(String);

export function started(change: Partial<ApplierInput> = {}) {
  const input = { ownFingerprint: own, standing, refused: [], strictTimestampWindow: false, ...change };
  const { snapshot } = begin(applierMachine, input);
  return walk(applierMachine, snapshot, { type: 'parked.read', candidates: [] });
}

/** After the given events, what the last one changes and leads to. */
export function leadTo(from: ReturnType<typeof started>, ...events: Events) {
  const before = walk(applierMachine, from, ...events.slice(0, -1));
  const last = events.at(-1);
  if (last === undefined) throw new Error('at least one event');
  return step(applierMachine, before, last);
}

/** How a verified payload is judged, and what is said of it. */
export function judged(offered: Offer, from = started()) {
  const { value, rows, snapshot } = leadTo(from, offered.candidate, offered.verified);
  return { value, said: said(rows), spawned: rows.filter((row) => 'spawn' in row), snapshot };
}

export const toLink = (outcome: object) => ({
  to: 'parent',
  event: { type: 'candidate.judged', linkId: '7', outcome },
});
export const rejected = (hash: string, reason: unknown, setAside = false) => ({
  to: 'parent',
  event: { type: 'payload.rejected', fingerprint: second, hash, reason, detail, setAside },
});
export const handedOn = ({ version }: Offer, membersRemoved: readonly string[] = []) => ({
  to: 'parent',
  event: {
    type: 'payload.verified',
    linkId: '7',
    fingerprint: second,
    boot: '41',
    version,
    lineBytes: 900,
    membersRemoved,
  },
});
