import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forged, HandMadePeer } from './hand-made-peer.ts';
import { lookAtCommits, TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

describe('a member that is revoked', () => {
  // g[verify membership.revoked]
  it('is sent the proof, keeps its params, and stays so over a restart until it leaves', async () => {
    const directory = grove.directory();
    const [leader, member, other] = (await grove.formed(3, (number) =>
      number === 2 ? { directory } : {},
    )) as [TestNode, TestNode, TestNode];
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    await leader.change({ kind: 'revoke', fp: member.fingerprint });
    grove.advance(5_000);
    expect([member.state, member.seq, member.param('greeting'), member.context.links]).toEqual([
      'revoked',
      5,
      'kia ora',
      {},
    ]);
    expect(member.store.membership()?.revokedAtSeq).toBe(5);
    expect(other.told('grove.member-revoked')).toEqual([{ fp: member.fingerprint }]);
    await member.stop();
    const again = grove.node(2, { directory });
    const dials = again.transport.dials;
    grove.advance(3_600_000);
    expect([again.state, again.param('greeting'), again.transport.dials - dials]).toEqual([
      'revoked',
      'kia ora',
      0,
    ]);
    expect(await again.set('greeting', 'mine')).toMatchObject({
      ok: false,
      reason: { message: 'this node was revoked: run `grove leave`, then join with a new invite' },
    });
    await leader.change({ kind: 'invite', member: again.member });
    expect(await again.leave()).toMatchObject({ ok: true });
    expect(await again.join(other)).toMatchObject({ ok: true, value: { seq: 6 } });
  });

  // g[verify membership.revoked]
  it('takes nothing that still waited to be stored, and can join again', async () => {
    let full = true;
    const [leader, member] = (await grove.formed(2, (number) =>
      number === 2
        ? {
            wrapStore: (store) =>
              lookAtCommits(store, ({ version }) => {
                if (full && version.seq > 2) throw storeError();
              }),
          }
        : {},
    )) as [TestNode, TestNode];
    const third = new HandMadePeer(grove, 3);
    await leader.change({ kind: 'invite', member: { fp: third.fingerprint, label: 'third' } });
    grove.advance(1_000);
    expect(member.context.degraded).not.toBeNull();
    // Two payloads wait behind the one that does not fit, both without this member.
    const members = [leader.member, { fp: third.fingerprint, label: 'third' }].sort((a, b) =>
      a.fp < b.fp ? -1 : 1,
    );
    const link = member.system.supervisor.getSnapshot().children.applier;
    for (const seq of [4, 5]) {
      const { message } = forged(leader, { seq, members });
      link?.send({ type: 'candidate', linkId: 'none', fingerprint: leader.fingerprint, boot: null, message });
    }
    full = false;
    grove.advance(11_000);
    expect([member.state, member.seq]).toEqual(['revoked', 4]);
    await leader.set('greeting', 'one');
    await leader.set('greeting', 'two');
    await member.leave();
    expect(await member.join(leader)).toMatchObject({ ok: true, value: { seq: 5 } });
  });

  // g[verify membership.suspected]
  it('suspects it when the leader says so, dials rarely, and is a member again when the leader lets it in', async () => {
    const directory = grove.directory();
    const [leader, member] = (await grove.formed(2, (number) => (number === 2 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    await member.stop();
    await leader.change({ kind: 'revoke', fp: member.fingerprint });
    const again = grove.node(2, { directory });
    grove.advance(10_000);
    expect([again.state, again.seq]).toEqual([{ member: { following: 'suspectedRevoked' } }, 2]);
    const dials = again.transport.dials;
    grove.advance(3_600_000);
    expect(again.transport.dials - dials).toBeGreaterThanOrEqual(4);
    expect(again.transport.dials - dials).toBeLessThanOrEqual(8);
    await leader.change({ kind: 'invite', member: again.member });
    grove.advance(1_000_000);
    expect([again.state, again.seq]).toEqual([{ member: { following: 'trusted' } }, 4]);
  });
});

describe('members', () => {
  // g[verify membership.trust]
  it('let in whom the payload in force lists, and nobody else', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const third = new HandMadePeer(grove, 3);
    third.dial(member);
    expect(third.end).toEqual(['peer', 1, 'not a member of this grove']);
    await leader.change({ kind: 'invite', member: { fp: third.fingerprint, label: 'third' } });
    grove.advance(1_000);
    third.dial(member);
    third.hello(member);
    expect([third.end, Object.keys(member.context.links).length]).toEqual([null, 2]);
    await leader.change({ kind: 'revoke', fp: third.fingerprint });
    grove.advance(2_000);
    expect(third.end).toEqual(['peer', 4, 'seq=4']);
    third.dial(member);
    expect(third.end).toEqual(['peer', 4, 'seq=4']);
  });
});

function storeError(): Error {
  return Object.assign(new Error('the disk is full'), { name: 'StoreError', code: 'disk_full' });
}
