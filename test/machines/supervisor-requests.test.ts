/** Every request in every state that refuses it, and every way a join can fail. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import { joinRetriesMax } from '../../src/protocol/index.ts';
import { operator, second, third } from './grove-fixtures.ts';
import {
  address,
  closed,
  failed,
  following,
  found,
  founding,
  greeted,
  held,
  join,
  joinConnected,
  joinFailed,
  joining,
  judged,
  leading,
  leave,
  leaving,
  linked,
  outside,
  publish,
  reached,
  refusedWith,
  revoked,
  settled,
  stopping,
} from './supervisor-cases.ts';
import { step, walk } from './transition-rows.ts';

const inNoGrove = ['not_found', 'this node is in no grove: run `grove init` or `grove join` first'] as const;
const inAGrove = ['already_installed', 'this node is in a grove already: run `grove leave` first'] as const;
const busy = [
  'operation_in_progress',
  'the node is just founding, joining or leaving a grove: try again when that has ended',
] as const;
const stopped = ['operation_in_progress', 'the node is stopping'] as const;
const failure = [
  'internal',
  'the node cannot go on and must be restarted: news failed again after 5 restarts: a mistake',
] as const;
const notLeader = ['requirements_invalid', 'not the leader: only the leader can change the grove'] as const;
const wasRevoked = [
  'requirements_invalid',
  'this node was revoked: run `grove leave`, then join with a new invite',
] as const;
const leads = [
  'requirements_invalid',
  'this node leads its grove: without it nothing can be published. Use --force if that is meant',
] as const;
const leader_fp = held.leaderFingerprint;
const grove_id = held.groveId;

describe('a request the state does not allow', () => {
  // g[verify membership.requests]
  it.each([
    ['publish', 'outside', outside, publish, inNoGrove, undefined],
    ['leave', 'outside', outside, leave, inNoGrove, undefined],
    ['publish', 'founding', founding, publish, inNoGrove, undefined],
    ['leave', 'founding', founding, leave, inNoGrove, undefined],
    ['found', 'founding', founding, found, busy, undefined],
    ['join', 'founding', founding, join, busy, undefined],
    ['publish', 'joining', joining, publish, inNoGrove, undefined],
    ['leave', 'joining', joining, leave, inNoGrove, undefined],
    ['found', 'joining', joining, found, busy, undefined],
    ['join', 'joining', joining, join, busy, undefined],
    ['publish', 'following', following, publish, notLeader, { leader_fp }],
    ['found', 'following', following, found, inAGrove, { grove_id }],
    ['join', 'following', following, join, inAGrove, { grove_id }],
    ['leave', 'leading', leading, leave, leads, undefined],
    ['found', 'leading', leading, found, inAGrove, { grove_id }],
    ['join', 'leading', leading, join, inAGrove, { grove_id }],
    ['publish', 'revoked', revoked, publish, wasRevoked, undefined],
    ['found', 'revoked', revoked, found, inAGrove, { grove_id }],
    ['join', 'revoked', revoked, join, inAGrove, { grove_id }],
    ['publish', 'leaving', leaving, publish, busy, undefined],
    ['leave', 'leaving', leaving, leave, busy, undefined],
    ['publish', 'stopping', stopping, publish, stopped, undefined],
    ['leave', 'stopping', stopping, leave, stopped, undefined],
    ['found', 'stopping', stopping, found, stopped, undefined],
    ['join', 'stopping', stopping, join, stopped, undefined],
    ['publish', 'failed', failed, publish, failure, undefined],
    ['leave', 'failed', failed, leave, failure, undefined],
    ['found', 'failed', failed, found, failure, undefined],
    ['join', 'failed', failed, join, failure, undefined],
  ] as const)(
    'is refused in its own words and changes nothing: %s while %s',
    (_what, _state, from, event, why, details) => {
      const { value, rows, changes } = step(supervisorMachine, from, event);
      const [code, message] = why;
      const refused = { emit: refusedWith(event.requestId, code, message, details) };
      const reported = { emit: { type: 'grove.publish-rejected', reason: message, actor: operator } };
      expect([value, changes, rows]).toEqual([
        from.value,
        {},
        event.type === 'publish' ? [reported, refused] : [refused],
      ]);
    },
  );
});

describe('a change', () => {
  it('goes to the publisher and is answered when that is done, whatever it comes to', () => {
    const passed = step(supervisorMachine, leading, publish);
    expect([passed.rows, passed.changes]).toEqual([
      [{ to: 'publisher', event: publish }],
      { publishing: ['p'] },
    ]);
    const unchanged = step(supervisorMachine, passed.snapshot, { type: 'publish.unchanged', requestId: 'p' });
    const value = { grove_id, seq: 42, leader_fp, members_count: held.members.length };
    expect([unchanged.rows, unchanged.changes]).toEqual([
      [{ emit: { type: 'request.settled', requestId: 'p', verdict: { ok: true, value } } }],
      { publishing: [] },
    ]);
    const details = { current_bytes: 250_000, cap_bytes: 245_760 };
    const refusal = { code: 'requirements_invalid', message: 'too large', details } as const;
    const refused = step(supervisorMachine, passed.snapshot, {
      type: 'publish.refused',
      requestId: 'p',
      actor: operator,
      refusal,
    });
    expect([refused.rows, refused.changes]).toEqual([
      [
        { emit: { type: 'grove.publish-rejected', reason: 'too large', ...details, actor: operator } },
        { emit: refusedWith('p', 'requirements_invalid', 'too large', details) },
      ],
      { publishing: [] },
    ]);
  });
});

const [first, other] = join.targets as [(typeof join.targets)[number], (typeof join.targets)[number]];
const notInvited =
  'this node is not invited yet: run `grove invite FINGERPRINT LABEL` with its fingerprint on the leader, then try again';

/** With no retries left for members that may not have heard of the invitation. */
function outOfPatience<Snapshot extends typeof joining>(snapshot: Snapshot): Snapshot {
  const { join: underWay } = snapshot.context;
  if (underWay === null) throw new Error('no join is under way');
  return { ...snapshot, context: { ...snapshot.context, join: { ...underWay, retries: joinRetriesMax } } };
}

/** A join that fails at its first address as given, and finds nobody at the other. */
function failsAt(end: 'dial' | 'close' | 'verdict', what: object) {
  if (end === 'dial') {
    const unreachable = { address: other.address, kind: 'unreachable' };
    return step(
      supervisorMachine,
      outOfPatience(joining),
      joinFailed({ address, kind: 'unreachable', ...what }, unreachable),
    );
  }
  const ended =
    end === 'close'
      ? walk(supervisorMachine, outOfPatience(reached), closed('9', second, what))
      : walk(supervisorMachine, outOfPatience(reached), judged('9', what as never), closed('9', second));
  expect(ended.value).toEqual({ joining: 'trying' });
  return step(supervisorMachine, ended, {
    ...(joinFailed({ address: other.address, kind: 'unreachable' }) as object),
    type: 'xstate.done.actor.join.2',
    actorId: 'join.2',
  } as never);
}

describe('a join that fails', () => {
  // g[verify membership.join-failures]
  it.each([
    ['not invited', 'close', { code: 1 }, 'unauthorized', notInvited],
    ['not invited, at the dial', 'dial', { kind: 'refused', code: 1 }, 'unauthorized', notInvited],
    ['not invited', 'verdict', { kind: 'unfit', why: 'not-listed', detail: 'x' }, 'unauthorized', notInvited],
    [
      'revoked',
      'close',
      { code: 4, reason: 'seq=9' },
      'unauthorized',
      'this node was revoked: the leader has to invite it again',
    ],
    [
      'another leader, by its greeting',
      'close',
      { by: 'us', code: 3, aborted: 'leader_mismatch' },
      'requirements_invalid',
      'the node reached follows another leader than the invite names: ask for a new invite',
    ],
    [
      'another leader, by its payload',
      'verdict',
      { kind: 'refused', reason: 'leader_mismatch', detail: 'x' },
      'requirements_invalid',
      'the node reached follows another leader than the invite names: ask for a new invite',
    ],
    [
      'another grove, by its greeting',
      'close',
      { by: 'us', code: 3, aborted: 'grove_mismatch' },
      'requirements_invalid',
      'the node reached is in another grove than the invite names',
    ],
    [
      'another grove, by its payload',
      'verdict',
      { kind: 'refused', reason: 'grove_mismatch', detail: 'x' },
      'requirements_invalid',
      'the node reached is in another grove than the invite names',
    ],
    [
      'a clock that is wrong',
      'verdict',
      { kind: 'parked', version: { seq: 1, hash: '' }, why: 'created_in_future' },
      'requirements_invalid',
      'the payload is dated in the future: check the clocks of this node and of the leader',
    ],
    [
      'a number below the floor',
      'verdict',
      { kind: 'unfit', why: 'below-floor', detail: 'this node held number 9' },
      'requirements_invalid',
      'this node held number 9',
    ],
    [
      'another node at the address',
      'dial',
      { kind: 'wrong_fingerprint' },
      'not_found',
      `another node answers at ${address}: check the address and the inviter's fingerprint`,
    ],
    [
      'nobody there',
      'dial',
      {},
      'not_found',
      `nobody reachable at ${address}, ${other.address} (${address}: unreachable there; ${other.address}: unreachable there)`,
    ],
    [
      'a link that broke',
      'close',
      { by: 'transport', code: null, reason: 'gone' },
      'not_found',
      `nobody reachable at ${address}, ${other.address} (${address}: time-out: gone; ${other.address}: unreachable there)`,
    ],
    [
      'a bad signature',
      'verdict',
      { kind: 'refused', reason: 'signature_invalid', detail: 'not signed' },
      'requirements_invalid',
      `the node at ${address} was reached, but the join did not work: not signed`,
    ],
  ] as const)('says why: %s (%s)', (_title, end, what, code, message) => {
    const { value, rows, snapshot } = failsAt(end, what);
    expect([value, snapshot.context.join, settled(rows)]).toEqual([
      'outside',
      null,
      [refusedWith('j', code, message, { failures: expect.any(Array) })],
    ]);
    expect(rows).toContainEqual({ to: 'applier', event: { type: 'standing.lost' } });
  });

  // g[verify membership.join-early]
  it('asks again a member that may not have heard of the invitation, and then gives up', () => {
    const elsewhere = joinFailed(
      { address, kind: 'refused', code: 1 },
      { address: other.address, kind: 'timeout' },
    );
    const waiting = step(supervisorMachine, joining, elsewhere);
    expect([waiting.value, waiting.rows]).toEqual([
      { joining: 'waiting' },
      [{ stop: 'join.1' }, { after: 'joinRetryDelay', delay: 500 }],
    ]);
    const over = { type: 'xstate.after.joinRetryDelay.supervisor.joining.waiting' } as never;
    const again = step(supervisorMachine, waiting.snapshot, over);
    expect([again.value, again.rows.filter((row) => 'spawn' in row)]).toEqual([
      { joining: 'trying' },
      [{ spawn: 'join.2', input: { attempt: 'join.2', targets: [first] } }],
    ]);
    expect(again.snapshot.context.join?.retries).toBe(1);
    expect(step(supervisorMachine, outOfPatience(joining), elsewhere).value).toBe('outside');
  });

  // g[verify membership.join-early]
  it('ends at once when it is the leader that does not know the node', () => {
    const { join: underWay } = joining.context;
    if (underWay === null) throw new Error('no join is under way');
    const pin = { ...underWay.pin, leaderFingerprint: first.fingerprint };
    const fromLeader = {
      ...joining,
      context: { ...joining.context, join: { ...underWay, pin, targets: [first] } },
    };
    expect(step(supervisorMachine, fromLeader, joinFailed({ address, kind: 'refused', code: 1 })).value).toBe(
      'outside',
    );
  });

  // g[verify membership.join-failures]
  it('gives up after half a minute, and closes what it has', () => {
    const late = { type: 'xstate.after.joinTimeout.supervisor.joining' } as never;
    const { value, rows } = step(supervisorMachine, reached, late);
    expect([value, rows.filter((row) => 'to' in row || 'emit' in row)]).toEqual([
      'outside',
      [
        { to: 'peer.9', event: { type: 'peer.close', code: 0, reason: 'the join was given up' } },
        { to: 'applier', event: { type: 'standing.lost' } },
        { to: 'news', event: { type: 'standing.lost' } },
        {
          emit: refusedWith('j', 'not_found', `nobody reachable at ${address}, ${other.address} in time`, {
            failures: [],
          }),
        },
      ],
    ]);
  });

  // g[verify membership.join-failures]
  it('names the disk when that is what is in the way', () => {
    const late = { type: 'xstate.after.joinTimeout.supervisor.joining' } as never;
    const degraded = walk(supervisorMachine, reached, { type: 'store.degraded', detail: 'the disk is full' });
    const { rows, snapshot } = step(supervisorMachine, degraded, late);
    expect([settled(rows), snapshot.context.degraded]).toEqual([
      [refusedWith('j', 'internal', 'the payload of the grove could not be stored: the disk is full')],
      null,
    ]);
  });

  // g[verify membership.join-targets]
  it('at one address goes on with those that have not failed', () => {
    const { value, rows } = step(supervisorMachine, reached, closed('9', second, { code: 1 }));
    expect([value, rows.filter((row) => 'spawn' in row)]).toEqual([
      { joining: 'trying' },
      [{ spawn: 'join.2', input: { attempt: 'join.2', targets: [other] } }],
    ]);
    const last = walk(
      supervisorMachine,
      reached,
      closed('9', second, { code: 1 }),
      joinConnected(2, '10', other),
    );
    expect(step(supervisorMachine, outOfPatience(last), closed('10', third, { code: 1 })).value).toBe(
      'outside',
    );
  });

  // g[verify membership.rejoin]
  it('is not the end of a link of the grove that was just left', () => {
    const left = walk(
      supervisorMachine,
      linked,
      leave,
      { type: 'grove.departed', unmapped: [] },
      {
        ...join,
        targets: [{ ...first, address: `${address}1` }],
      },
    );
    const { value, rows, snapshot } = step(supervisorMachine, left, closed('1', second));
    expect([value, snapshot.context.join?.failures, rows.filter((row) => 'spawn' in row)]).toEqual([
      { joining: 'trying' },
      [],
      [],
    ]);
  });

  it('closes a link whose payload does not make us a member, but leaves the last word to one that is refused', () => {
    const unfit = step(
      supervisorMachine,
      reached,
      judged('9', { kind: 'unfit', why: 'not-listed', detail: 'x' }),
    );
    expect(unfit.rows[0]).toEqual({
      to: 'peer.9',
      event: { type: 'peer.close', code: 0, reason: 'this payload does not make us a member' },
    });
    const verdict = judged('9', { kind: 'refused', reason: 'signature_invalid', detail: 'x' });
    expect(step(supervisorMachine, reached, verdict).rows).toEqual([{ to: 'peer.9', event: verdict }]);
    expect(step(supervisorMachine, reached, judged('9', { kind: 'stale', seq: 1 })).changes).toEqual({});
    const ignored = step(supervisorMachine, reached, judged('9', { kind: 'ignored' }));
    expect(ignored.rows[0]).toMatchObject({ to: 'peer.9', event: { type: 'peer.close' } });
  });

  it('takes no link meanwhile but its own', () => {
    const { rows } = step(supervisorMachine, joining, {
      type: 'link.accepted',
      linkId: '5',
      fingerprint: third,
      address,
    });
    expect(rows).toEqual([
      {
        to: 'endpoint',
        event: { type: 'link.reject', linkId: '5', code: 1, reason: 'this node is in no grove' },
      },
    ]);
    const again = walk(supervisorMachine, reached, greeted('9', second));
    expect(again.context.links['9']).toMatchObject({ boot: '5' });
  });
});
