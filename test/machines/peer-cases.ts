/** One thing that happens to a link in one state, with all that follows from it; and how a table of them is checked. */
import { describe, expect, it } from 'vitest';
import type { Coming } from '../../machines/peer-events.ts';
import { peerMachine } from '../../machines/peer-machine.ts';
import { closeCodes, knownAbortReasons, otherAbortReasons, otherReason } from '../../src/protocol/index.ts';
import type { AbortReason, HelloMessage, PushMode, Version } from '../../src/protocol/types.ts';
import {
  at,
  groveId,
  linkId,
  ours,
  type PeerEvent,
  type PeerSnapshot,
  theirFingerprint,
} from './peer-fixture.ts';
import { eventsOf, type Row, step } from './transition-rows.ts';

export interface Case {
  readonly title: string;
  readonly from: PeerSnapshot;
  readonly event: PeerEvent;
  /** The state afterwards. */
  readonly value: unknown;
  /** Fields of the context that change; absent means none. */
  readonly changes?: { readonly [field: string]: unknown };
  /** Everything the link does; absent means nothing. */
  readonly rows?: readonly Row[];
}

export const steady = { linked: 'steady' };
export const exchanging = { linked: 'exchanging' };

/** Every reason a peer can give: the six words, the texts we know, and one we do not. */
export const everyReason: readonly AbortReason[] = [
  ...knownAbortReasons,
  ...otherAbortReasons.map(otherReason),
  { other: 'of a later version' },
];

export function textOf(reason: AbortReason): string {
  return typeof reason === 'string' ? reason : reason.other;
}

/** Events about payloads; the cases of a link with a peer are split along them. */
export const newsEvents: readonly string[] = [
  'announce',
  'hello',
  'payload.verified',
  'pull',
  'version',
  'want',
];

/** Checks each case whole, and that none of the events, all that the machine knows, was forgotten. */
export function checkCases(
  state: string,
  cases: readonly Case[],
  events: readonly string[] = eventsOf(peerMachine),
): void {
  describe(`a link that is ${state}`, () => {
    it.each(cases)('$title', ({ from, event, value, changes = {}, rows = [] }) => {
      const after = step(peerMachine, from, event);
      expect({ value: after.value, changes: after.changes, rows: after.rows }).toEqual({
        value,
        changes,
        rows,
      });
    });

    it('has a case for every event', () => {
      expect([...new Set(cases.map(({ event }) => event.type))].toSorted()).toEqual(events);
    });
  });
}

/** What the supervisor hears of a greeting. */
export function greeted(version: Version): Row {
  const event = { type: 'peer.greeted', linkId, fingerprint: theirFingerprint, boot: '41', version, at };
  return { to: 'parent', event };
}

/** What the supervisor hears of how the peer wants its news. */
export function wants(push: PushMode, branch = false): Row {
  return { to: 'parent', event: { type: 'peer.wants', linkId, push, branch } };
}

export function announced(version: Version, comes: Coming): Row {
  return { to: 'parent', event: { type: 'peer.announced', linkId, version, comes } };
}

export function sends(version: Version): Row {
  return { to: 'wire', event: { type: 'version', ...version } };
}

export function says(version: Version, push: HelloMessage['push'] = 'version'): Row {
  return { to: 'wire', event: ours(version, push) };
}

export function aborts(reason: AbortReason): Row {
  return { to: 'wire', event: { type: 'abort', reason } };
}

/** The last a link does by itself. */
export function closes(code: number, reason: string): readonly Row[] {
  return [
    { to: 'wire', event: { type: 'wire.close', code, reason } },
    { after: 'closeTimeout', delay: 3_000 },
  ];
}

type Outcome = Pick<Case, 'value' | 'changes' | 'rows'>;

/** The link closes. `first`: what comes before. */
export function ends(code: number, reason: string, first: readonly Row[] = []): Outcome {
  return {
    value: 'closing',
    changes: { closing: { code, reason } },
    rows: [...first, ...closes(code, reason)],
  };
}

/** The peer is told why, then the link closes. */
export function abortsWith(
  reason: AbortReason,
  detail = textOf(reason),
  first: readonly Row[] = [],
): Outcome {
  const closing = { code: closeCodes.aborted, reason: detail };
  return {
    value: 'closing',
    changes: { aborted: reason, closing },
    rows: [...first, aborts(reason), ...closes(closing.code, detail)],
  };
}

/** What is known of a peer that claims this. */
export function theirs(claim: Version, grove = groveId, claimedSeq = claim.seq) {
  return { groveId: grove, role: 'follower', boot: '41', version: claim, claimedSeq };
}

/** The end, as the supervisor hears it. */
export function reportsEnd(end: { readonly [field: string]: unknown }): readonly Row[] {
  const event = { type: 'peer.closed', linkId, fingerprint: theirFingerprint, ...end };
  return [{ to: 'parent', event }, { stop: 'wire' }];
}
