/** A member whose payloads come over one of its links, and what tests of the tree of payloads hand it. */
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import type { PushMode } from '../../src/protocol/types.ts';
import { own, standingOf } from './grove-fixtures.ts';
import { accepted, following, greeted } from './supervisor-cases.ts';
import { type Row, step, walk } from './transition-rows.ts';

export const { version, lineBytes } = standingOf({ seq: 43 });
/** The peer of link 0 to that of link 3. */
const peers = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
export const [first = '', other = '', third = '', last = ''] = peers;

export const wants = (linkId: string, push: PushMode, branch = false) =>
  ({ type: 'peer.wants', linkId, push, branch }) as const;
export const cameOver = (linkId: string | null, fingerprint = own) =>
  ({
    type: 'payload.verified',
    linkId,
    fingerprint,
    version,
    lineBytes,
    boot: '41',
    membersRemoved: [],
  }) as const;
/** A link comes up and its peer says hello. */
export const meets = (linkId: string, fingerprint: string) => [
  accepted(linkId, fingerprint),
  greeted(linkId, fingerprint),
];

export const pull = (linkId: string) => ({ to: `peer.${linkId}`, event: { type: 'pull' } });
export const want = (linkId: string, push: PushMode) => ({
  to: `peer.${linkId}`,
  event: { type: 'want', push },
});
export const retire = (linkId: string) => ({
  to: `peer.${linkId}`,
  event: { type: 'peer.retire', code: 5, reason: 'the other link to this peer is kept', replaced: true },
});
/** What is said to links. */
export const toPeers = (
  from: typeof following,
  event: Parameters<typeof step<typeof supervisorMachine>>[2],
): readonly Row[] =>
  step(supervisorMachine, from, event).rows.filter((row) => 'to' in row && row.to.startsWith('peer.'));

export const links = peers.flatMap((peer, index) => meets(`${index}`, peer));
/** All peers but the one that brings payloads get theirs elsewhere. */
export const lazy = [wants('1', 'hello'), wants('2', 'hello'), wants('3', 'hello')] as const;
/** The newest payload came over link 0. */
export const fed = walk(supervisorMachine, following, ...links, ...lazy, cameOver('0', first));
