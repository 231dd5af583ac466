/** The supervisor and the operator's wish to take a payload that is far ahead. */
import { describe, expect, it } from 'vitest';
import { supervisorMachine } from '../../machines/supervisor-machine.ts';
import {
  acceptJump,
  broken,
  failed,
  following,
  held,
  joining,
  leading,
  leaving,
  outside,
  refusedWith,
  revoked,
  settled,
  stopping,
} from './supervisor-cases.ts';
import { step, walk } from './transition-rows.ts';

const { leaderFingerprint: leader_fp, groveId: grove_id } = held;
const accepting = walk(supervisorMachine, following, acceptJump);

describe('a wish to take a parked payload', () => {
  // g[verify membership.requests]
  it.each([
    ['outside', outside, 'not_found', 'in no grove'],
    ['joining', joining, 'not_found', 'in no grove'],
    ['accepting', accepting, 'operation_in_progress', 'another payload is just being accepted'],
    ['revoked', revoked, 'requirements_invalid', 'was revoked'],
    ['leaving', leaving, 'operation_in_progress', 'leaving a grove'],
    ['stopping', stopping, 'operation_in_progress', 'is stopping'],
    ['failed', failed, 'internal', 'must be restarted'],
  ] as const)('is refused and changes nothing: %s', (_state, from, code, message) => {
    const { value, rows, changes } = step(supervisorMachine, from, acceptJump);
    expect([value, changes, rows]).toEqual([
      from.value,
      {},
      [{ emit: refusedWith('a', code, expect.stringContaining(message)) }],
    ]);
  });

  // g[verify membership.accept-jump]
  it.each([
    ['following', following],
    ['leading', leading],
  ] as const)('goes to the applier and is answered once: %s', (_state, from) => {
    const passed = step(supervisorMachine, from, acceptJump);
    expect([passed.rows, passed.changes]).toEqual([
      [{ to: 'applier', event: acceptJump }],
      { accepting: 'a' },
    ]);
    const taken = { type: 'jump.settled', requestId: 'a', refusal: null } as const;
    const done = step(supervisorMachine, passed.snapshot, taken);
    const value = { grove_id, seq: 42, leader_fp, members_count: held.members.length };
    expect([settled(done.rows), done.changes]).toEqual([
      [{ type: 'request.settled', requestId: 'a', verdict: { ok: true, value } }],
      { accepting: null },
    ]);
    expect(step(supervisorMachine, done.snapshot, taken).rows).toEqual([]);
    const refusal = { code: 'not_found', message: 'none waits' } as const;
    const refused = step(supervisorMachine, passed.snapshot, { ...taken, refusal });
    expect(settled(refused.rows)).toEqual([refusedWith('a', 'not_found', 'none waits')]);
  });

  it('is answered when the applier fails over it', () => {
    const { rows, snapshot } = step(supervisorMachine, accepting, broken('applier'));
    expect([settled(rows), snapshot.context.accepting]).toEqual([
      [refusedWith('a', 'internal', expect.stringContaining('grove status'))],
      null,
    ]);
  });
});
