/** The supervisor and payloads: what is handed on, what follows from one in force, what is reported. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { leader } from '../protocol/fixtures.ts';
import { operator, second, standingOf, third } from './grove-fixtures.ts';
import { applied, held, leadingLinked, linked, published } from './supervisor-cases.ts';
import { wants } from './supervisor-fed.ts';
import { step, walk } from './transition-rows.ts';

const { members } = held;
const next = standingOf({ seq: 43 });
const { version } = next;

const rejection = { type: 'payload.rejected', fingerprint: second, detail: 'x' } as const;

/** Brought by the second member over link 1; these are no members after it. */
const verifiedWithout = (...membersRemoved: readonly string[]) =>
  ({
    type: 'payload.verified',
    linkId: '1',
    fingerprint: second,
    boot: '41',
    version,
    lineBytes: 900,
    membersRemoved,
  }) as const;

describe('a payload', () => {
  it('that was verified is handed on before it is stored, but not to those it removes', () => {
    const verified = verifiedWithout(third);
    expect(step(supervisorMachine, linked, verified).rows).toEqual([
      { to: 'peer.1', event: verified },
      { to: 'applier', event: { type: 'payload.relayed' } },
      { emit: { type: 'grove.payload-received', peer_fp: second, seq: 43 } },
      { to: 'news', event: { type: 'news.arrived', version } },
    ]);
    const fromStore = { ...verified, linkId: null, boot: null, membersRemoved: [] };
    expect(step(supervisorMachine, linked, fromStore).rows).not.toContainEqual(
      expect.objectContaining({ emit: expect.anything() }),
    );
  });

  it('that is in force is told to every link when the moment has come', () => {
    const { rows, changes } = step(supervisorMachine, linked, applied(next, { paramsChanged: ['greeting'] }));
    expect(changes).toEqual({ standing: next });
    expect(rows).toEqual([
      {
        emit: {
          type: 'grove.payload-applied',
          seq: 43,
          params_changed: ['greeting'],
          members_changed: false,
        },
      },
      { to: 'news', event: { type: 'news.stored', version } },
      { to: 'paramActuator', event: { type: 'params.changed', seq: 43 } },
    ]);
    const after = walk(supervisorMachine, linked, applied(next));
    expect(step(supervisorMachine, after, { type: 'news.announce' }).rows).toEqual([
      { to: 'peer.1', event: { type: 'announce', standing: next } },
      { to: 'peer.2', event: { type: 'announce', standing: next } },
    ]);
  });

  // g[verify membership.trust]
  it('that removes a member revokes its link before the trust gate shuts', () => {
    const { rows } = step(
      supervisorMachine,
      linked,
      applied({ ...next, members: members.filter((fp) => fp !== third) }, { membersRemoved: [third] }),
    );
    const remaining = members.filter((fp) => fp !== third);
    expect(rows.slice(1, 4)).toEqual([
      { emit: { type: 'grove.member-revoked', fp: third } },
      { to: 'peer.2', event: { type: 'peer.revoke', version } },
      { to: 'endpoint', event: { type: 'trust.set', members: remaining, seq: 43 } },
    ]);
    expect(rows.at(-1)).toEqual({
      to: 'dialLoop',
      event: { type: 'membership.changed', members: remaining },
    });
  });

  // g[verify gossip.relay-before-store]
  it('that was verified goes on where payloads are wanted, and to who brought it, and to others who ask before it is announced', () => {
    const verified = verifiedWithout();
    const handedOn = (linkId: string) => ({ to: `peer.${linkId}`, event: verified });
    const lazy = walk(supervisorMachine, linked, wants('1', 'hello'), wants('2', 'hello'));
    const relayed = step(supervisorMachine, lazy, verified);
    expect(relayed.rows.filter((row) => 'to' in row && row.event === verified)).toEqual([handedOn('1')]);
    expect(step(supervisorMachine, relayed.snapshot, wants('2', 'version')).rows).toEqual([handedOn('2')]);
    const announced = walk(supervisorMachine, relayed.snapshot, applied(next), { type: 'news.announce' });
    expect(step(supervisorMachine, announced, wants('2', 'version')).rows).toEqual([]);
  });

  // g[verify gossip.branch]
  it('that is long goes on at once over branches, over those that become one before it is announced too', () => {
    const verified = { ...verifiedWithout(), lineBytes: 20_000, fingerprint: 'f'.repeat(64) };
    const handedOn = (linkId: string) => ({ to: `peer.${linkId}`, event: verified });
    const branched = walk(supervisorMachine, linked, wants('1', 'version', true), wants('2', 'version'));
    const relayed = step(supervisorMachine, branched, verified);
    expect(relayed.rows.filter((row) => 'to' in row && row.event === verified)).toEqual([handedOn('1')]);
    const later = step(supervisorMachine, relayed.snapshot, wants('2', 'version', true));
    expect(later.rows).toEqual([handedOn('2')]);
    expect(step(supervisorMachine, later.snapshot, wants('1', 'version', true)).rows).toEqual([]);
  });

  it('that the leader published goes out to every link that wants it and is answered', () => {
    const led = { ...next, role: 'leader' as const };
    const { rows } = step(supervisorMachine, leadingLinked, published(led, { paramsChanged: ['greeting'] }));
    const verified = {
      type: 'payload.verified',
      linkId: null,
      fingerprint: leader.fingerprint,
      boot: null,
      version,
      lineBytes: 900,
      membersRemoved: [],
    };
    expect(rows).toEqual([
      { to: 'peer.1', event: verified },
      { to: 'peer.2', event: verified },
      { to: 'news', event: { type: 'news.arrived', version } },
      { to: 'news', event: { type: 'news.stored', version } },
      { to: 'publisher', event: { type: 'standing.changed', standing: led } },
      { to: 'applier', event: { type: 'standing.changed', standing: led } },
      {
        emit: {
          type: 'grove.payload-applied',
          seq: 43,
          params_changed: ['greeting'],
          members_changed: false,
          actor: operator,
        },
      },
      {
        emit: {
          type: 'request.settled',
          requestId: 'p',
          verdict: {
            ok: true,
            value: {
              grove_id: led.groveId,
              seq: 43,
              leader_fp: led.leaderFingerprint,
              members_count: members.length,
            },
          },
        },
      },
      { to: 'paramActuator', event: { type: 'params.changed', seq: 43 } },
    ]);
  });

  // g[verify leader.recovery]
  it('of its own that a leader takes back from a member is told as that', () => {
    const { rows } = step(supervisorMachine, leadingLinked, applied({ ...next, role: 'leader' }));
    expect(rows.at(-1)).toEqual({ emit: { type: 'grove.leader-state-recovered', seq: 43 } });
    expect(rows).toContainEqual({
      to: 'publisher',
      event: { type: 'standing.changed', standing: { ...next, role: 'leader' } },
    });
  });

  it.each([
    ['for what it says', { other: 'malformed' }, 'ab'.repeat(32), 'malformed', true],
    ['for its date', { other: 'created_in_future' }, 'ab'.repeat(32), 'created_in_future', true],
    ['for its signature', 'signature_invalid', 'ab'.repeat(32), 'signature_invalid', false],
    ['before it was hashed', 'grove_mismatch', '', 'grove_mismatch', false],
  ] as const)(
    'that is refused %s is told, and asked for no more only if it is known',
    (_title, reason, hash, text, known) => {
      const setAside = text === 'created_in_future';
      const event = { ...rejection, hash, reason, setAside };
      expect(step(supervisorMachine, linked, event).rows).toEqual([
        { emit: { type: 'grove.payload-rejected', peer_fp: second, reason: text } },
        ...(known
          ? [{ to: 'news', event: { type: 'news.refused', hash, forMs: setAside ? null : 3_600_000 } }]
          : []),
      ]);
    },
  );

  it('that cannot be stored makes the node degraded until it can', () => {
    const degraded = step(supervisorMachine, linked, { type: 'store.degraded', detail: 'full' });
    expect([degraded.rows, degraded.changes]).toEqual([
      [{ emit: { type: 'grove.store-degraded', detail: 'full' } }],
      { degraded: 'full' },
    ]);
    const recovered = step(supervisorMachine, degraded.snapshot, { type: 'store.recovered' });
    expect([recovered.rows, recovered.changes]).toEqual([
      [{ emit: { type: 'grove.store-recovered' } }],
      { degraded: null },
    ]);
  });
});

describe('a fork', () => {
  const fork = { type: 'fork.detected', seq: 42, hashes: ['a', 'b'], fingerprint: second } as const;
  const told = { emit: { type: 'grove.fork-detected', seq: 42, hashes: ['a', 'b'], peer_fp: second } };

  // g[verify leader.fork]
  it('is reported by everybody, and ended by the leader at once', () => {
    expect(step(supervisorMachine, linked, fork).rows).toEqual([told]);
    expect(step(supervisorMachine, leadingLinked, fork).rows).toEqual([
      told,
      {
        to: 'publisher',
        event: {
          type: 'publish',
          requestId: 'fork.42',
          change: { kind: 'republish' },
          expectSeq: null,
          force: true,
          actor: { kind: 'node', id: leader.fingerprint, display: 'fork repair' },
        },
      },
    ]);
  });
});
