/** What the supervisor passes between links and applier when somebody is removed, or said to be. */
import { describe, expect, it } from 'vitest';
import type { PayloadApplied } from '../../machines/events.ts';
import type { PeerClosed } from '../../machines/peer-events.ts';
import type { SupervisorInput } from '../../machines/supervisor-context.ts';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { closeCodes } from '../../src/protocol/index.ts';
import {
  at,
  leader,
  long,
  other,
  own,
  standing,
  theirFingerprint,
  verified,
  version,
} from './peer-fixture.ts';
import { begin, type Row, step, walk } from './transition-rows.ts';

const held = standing(5, { members: [theirFingerprint, own, other] });

const input: SupervisorInput = {
  ownFingerprint: own,
  boot: '7',
  standing: held,
  revoked: false,
  book: [],
  refused: [],
  ownAddresses: [],
  listensOnLoopback: false,
  seed: 'seed',
  at,
  strictTimestampWindow: false,
};

/** A member with a link to one that stays and a link to one that a payload is about to remove. */
const member = walk(
  supervisorMachine,
  begin(supervisorMachine, input).snapshot,
  { type: 'link.accepted', linkId: 'stays', fingerprint: theirFingerprint, address: '192.0.2.7:7891' },
  { type: 'link.accepted', linkId: 'leaves', fingerprint: other, address: '192.0.2.9:7891' },
);

/** The leader's link, and its end. */
const leaderLinked = walk(supervisorMachine, member, {
  type: 'link.accepted',
  linkId: 'leads',
  fingerprint: leader,
  address: '192.0.2.1:7891',
});
function revokedBy(by: PeerClosed['by']): PeerClosed {
  return {
    type: 'peer.closed',
    linkId: 'leads',
    fingerprint: leader,
    greeted: false,
    aborted: null,
    by,
    code: closeCodes.revoked,
    reason: 'seq=6',
    at,
  };
}

/** The receivers of what is said, with the types of it, in order. */
function receivers(rows: readonly Row[]): readonly string[] {
  return rows.flatMap((row) =>
    'to' in row && 'type' in row.event ? [`${row.to} ${String(row.event.type)}`] : [],
  );
}

// g[verify gossip.revocation]
describe('a supervisor whose leader removes a linked member', () => {
  const removing = verified(version(6), { fingerprint: theirFingerprint, membersRemoved: [other] });

  // g[verify gossip.relay-before-store]
  it('hands the payload on to the others before it has it stored, and not to the removed one', () => {
    const { rows } = step(supervisorMachine, member, removing);
    expect(rows.filter((row) => 'to' in row)).toEqual([
      { to: 'peer.stays', event: removing },
      { to: 'applier', event: { type: 'payload.relayed' } },
      { to: 'news', event: { type: 'news.arrived', version: version(6) } },
    ]);
  });

  it('tells the removed one first, then shuts the gate, and tells the others last', () => {
    const applied: PayloadApplied = {
      type: 'payload.applied',
      linkId: 'stays',
      fingerprint: theirFingerprint,
      standing: standing(6, { members: [theirFingerprint, own], lineBytes: long }),
      membersAdded: [],
      membersRemoved: [other],
      paramsChanged: [],
      revokesUs: false,
    };
    expect(receivers(step(supervisorMachine, member, applied).rows)).toEqual([
      'peer.leaves peer.revoke',
      'endpoint trust.set',
      'peer.stays announce',
      'news news.stored',
      'dialLoop membership.changed',
    ]);
  });
});

// g[verify gossip.suspicion]
describe('a supervisor whose link ends as revoked', () => {
  it('believes its leader alone, and dials rarely', () => {
    const { value, rows } = step(supervisorMachine, leaderLinked, revokedBy('peer'));
    expect(value).toEqual({ member: { following: 'suspectedRevoked' } });
    expect(rows).toContainEqual({ to: 'dialLoop', event: { type: 'revocation.suspected', on: true } });
  });

  it('suspects nothing when it was this node that ended it', () => {
    const { value } = step(supervisorMachine, leaderLinked, revokedBy('us'));
    expect(value).toEqual({ member: { following: 'trusted' } });
  });
});
