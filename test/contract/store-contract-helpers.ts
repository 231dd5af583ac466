/** What the parts of the store's contract share. */
import type { AuditEntry, GroveStore } from '../../src/ports/store.ts';

export const audit: AuditEntry = {
  at: '2026-05-07T12:35:00Z',
  actor: { kind: 'ctl', id: 'ab', display: 'kim' },
  method: '/grove/params/set',
  summary: 'greeting',
};

export function seqsOf(rows: readonly { readonly seq: number }[]): readonly number[] {
  return rows.map(({ seq }) => seq);
}

/** Both ends included. */
export function numbersFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** All that can be read back, to see that a refused call changed nothing. */
export function everything(store: GroveStore): { readonly [part: string]: unknown } {
  return {
    membership: store.membership(),
    params: store.params(),
    history: store.history({ limit: 1_000 }),
    formerMembers: store.formerMembers(),
    peers: store.peers(),
    parked: store.parked(),
    forkEvidence: store.forkEvidence(),
    refused: store.refused('2026-01-01T00:00:00Z'),
    events: store.eventsSince(null, 100_000),
    audit: store.audit(100_000),
    apps: store.apps.apps(),
    mappings: store.apps.mappings(),
  };
}
