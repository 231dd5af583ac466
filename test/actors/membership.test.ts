/** How a node gets into a grove and out of it again: everything real but the network and the clock. */
import { cpSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroveStore } from '../../src/ports/index.ts';
import { HandMadePeer } from './hand-made-peer.ts';
import { operator, signerOf, TestGrove, type TestNode, until } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

const stranger = '0b0f6c1e-6a3e-4f0e-9f53-1d2c3b4a5968';

describe('founding a grove', () => {
  // g[verify membership.founding]
  it('makes the node its leader and only member, ready to publish at once', async () => {
    const node = grove.node(1);
    const started = grove.manual.now();
    expect(await node.found()).toMatchObject({
      ok: true,
      value: { seq: 1, leader_fp: node.fingerprint, members_count: 1 },
    });
    expect(await node.set('greeting', 'kia ora')).toMatchObject({ ok: true, value: { seq: 2 } });
    expect(grove.manual.now() - started).toBeLessThan(500);
    expect([node.state, node.store.membership()?.role]).toEqual([{ member: 'leading' }, 'leader']);
    expect(node.told('grove.joined')).toEqual([
      expect.objectContaining({ seq: 1, leader_fp: node.fingerprint }),
    ]);
  });

  it('is refused inside a grove, and nothing changes', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    const { groveId } = leader.context.standing ?? {};
    expect(await leader.found()).toMatchObject({
      ok: false,
      reason: { code: 'already_installed', details: { grove_id: groveId } },
    });
    expect([leader.seq, leader.context.standing?.groveId]).toEqual([2, groveId]);
  });
});

describe('joining a grove', () => {
  // g[verify membership.join]
  it('makes a member of whoever the payload lists', async () => {
    const leader = grove.node(1);
    await leader.found();
    const joiner = grove.node(2);
    await leader.change({ kind: 'invite', member: joiner.member });
    expect(await joiner.join(leader)).toEqual({
      ok: true,
      value: { grove_id: leader.context.standing?.groveId, seq: 2, leader_fp: leader.fingerprint },
    });
    expect(joiner.told('grove.peer-connected')).toHaveLength(1);
    expect(joiner.store.membership()).toMatchObject({ role: 'follower', current: { seq: 2 } });
  });

  // g[verify membership.join-targets]
  it('tries every address of the invite', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const joiner = grove.node(3);
    await leader.change({ kind: 'invite', member: joiner.member });
    grove.advance(1_000);
    await leader.stop();
    const gone = grove.network.attach('ab'.repeat(32), '10.9.9.9:7891');
    grove.network.detach(gone);
    const joined = joiner.system.request({
      type: 'join',
      requestId: 'through three',
      actor: operator,
      targets: [gone, leader.transport, member.transport].map(({ address, fingerprint }) => ({
        address,
        fingerprint,
      })),
      pin: { leaderFingerprint: leader.fingerprint, leaderKey: null, groveId: null, acceptRollback: false },
    });
    expect(await until(grove, joined)).toMatchObject({ ok: true });
  });

  // g[verify membership.join-targets]
  it('goes on to the next address when the node behind one does not let it in', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const joiner = grove.node(3);
    grove.network.cut(leader.transport, member.transport);
    await leader.change({ kind: 'invite', member: joiner.member });
    expect(await joiner.join([member, leader])).toMatchObject({ ok: true, value: { seq: 3 } });
  });

  // g[verify membership.join-silent]
  it('goes on to the next address when the node behind one greets and then says nothing', async () => {
    const [leader] = (await grove.formed(1)) as [TestNode];
    const joiner = grove.node(3);
    const silent = new HandMadePeer(grove, 2);
    silent.listen();
    await leader.change({ kind: 'invite', member: joiner.member });
    const told = (targets: readonly (TestNode | HandMadePeer)[]) => {
      const requestId = `through ${targets.length}`;
      const joined = joiner.system.request({
        type: 'join',
        requestId,
        actor: operator,
        targets: targets.map(({ transport: { address, fingerprint } }) => ({ address, fingerprint })),
        pin: { leaderFingerprint: leader.fingerprint, leaderKey: null, groveId: null, acceptRollback: false },
      });
      grove.advance(100);
      silent.hello(leader);
      return until(grove, joined);
    };
    const startedMs = grove.manual.now();
    expect(await told([silent])).toMatchObject({
      ok: false,
      reason: {
        message: `the node at ${silent.transport.address} was reached, but the join did not work: it took the link and sent no payload in time`,
      },
    });
    expect(grove.manual.now() - startedMs).toBeLessThan(9_000);
    expect(joiner.state).toBe('outside');
    expect(await told([silent, leader])).toMatchObject({ ok: true, value: { seq: 2 } });
    expect(grove.manual.now() - startedMs).toBeLessThan(18_000);
  });

  // g[verify membership.join-pins] g[verify membership.join-failures]
  it('says what is wrong when it fails, and leaves the node outside', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    const joiner = grove.node(3);
    const told = async (settled: Promise<unknown>) => {
      const answer = (await settled) as { reason?: { code: string; message: string } };
      expect([joiner.state, joiner.store.membership(), joiner.context.links]).toEqual(['outside', null, {}]);
      return [answer.reason?.code, answer.reason?.message];
    };
    expect(await told(joiner.join(leader))).toEqual([
      'unauthorized',
      'this node is not invited yet: run `grove invite FINGERPRINT LABEL` with its fingerprint on the leader, then try again',
    ]);
    await leader.change({ kind: 'invite', member: joiner.member });
    expect(await told(joiner.join(leader, { leader: 'cd'.repeat(32) }))).toEqual([
      'requirements_invalid',
      'the node reached follows another leader than the invite names: ask for a new invite',
    ]);
    expect(await told(joiner.join(leader, { groveId: stranger }))).toEqual([
      'requirements_invalid',
      'the node reached is in another grove than the invite names',
    ]);
    expect(await told(joiner.join(leader, { as: 'cd'.repeat(32) }))).toEqual([
      'not_found',
      "another node answers at 10.0.0.1:7891: check the address and the inviter's fingerprint",
    ]);
    joiner.clock.wallOffsetMs -= 3_600_000;
    expect(await told(joiner.join(leader))).toEqual([
      'requirements_invalid',
      'the payload is dated in the future: check the clocks of this node and of the leader',
    ]);
    joiner.clock.wallOffsetMs += 3_600_000;
    await leader.stop();
    expect(await told(joiner.join(leader))).toEqual([
      'not_found',
      'nobody reachable at 10.0.0.1:7891 (10.0.0.1:7891: nothing answers there)',
    ]);
  });

  // g[verify membership.join-failures]
  it('says so when it cannot store what it was sent', async () => {
    const leader = grove.node(1);
    await leader.found();
    await leader.set('greeting', 'x'.repeat(60_000));
    await leader.set('farewell', 'x'.repeat(60_000));
    const joiner = grove.node(2, { directory: grove.directory(), databaseBytesMax: 200_000 });
    await leader.change({ kind: 'invite', member: joiner.member });
    expect(await joiner.join(leader)).toMatchObject({
      ok: false,
      reason: { code: 'internal', message: expect.stringContaining('could not be stored') },
    });
    expect([joiner.state, joiner.context.degraded, joiner.store.membership()]).toEqual([
      'outside',
      null,
      null,
    ]);
  });

  // g[verify membership.join-hostile]
  it('survives whatever the node at the address calls a grove', async () => {
    const joiner = grove.node(2);
    const inviter = new HandMadePeer(grove, 3);
    inviter.listen();
    const pin = {
      leaderFingerprint: signerOf(1).fingerprint,
      leaderKey: null,
      groveId: null,
      acceptRollback: false,
    };
    const targets = [{ address: inviter.transport.address, fingerprint: inviter.fingerprint }];
    const joined = joiner.system.request({ type: 'join', requestId: 'j', actor: operator, targets, pin });
    grove.advance(100);
    inviter.hello(joiner, { grove_id: stranger, our_seq: 3, our_payload_hash: 'cd'.repeat(32) });
    const payload = { grove_id: 'no grove at all', seq: 3, leader_fp: pin.leaderFingerprint };
    inviter.say({ type: 'version', payload, signature: '00'.repeat(64), leader_key: signerOf(1).publicKey });
    expect(await until(grove, joined)).toMatchObject({ ok: false });
    expect(inviter.received.at(-1)).toEqual({ type: 'abort', reason: 'signature_invalid' });
    expect([joiner.context.restarts, joiner.failures]).toEqual([0, []]);
  });

  it('is refused while another one is under way', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    const joiner = grove.node(3);
    const both = await Promise.all([joiner.join(leader), joiner.join(leader), joiner.found()]);
    expect(both.map((answer) => (answer.ok ? 'ok' : answer.reason.code))).toEqual([
      'unauthorized',
      'operation_in_progress',
      'operation_in_progress',
    ]);
  });
});

describe('leaving a grove', () => {
  // g[verify membership.leave]
  it('ends every link and forgets the grove, but keeps the number it was at', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const { groveId = '' } = leader.context.standing ?? {};
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect(await member.leave()).toEqual({ ok: true, value: {} });
    grove.advance(5_000);
    expect([member.state, member.context.links, member.store.membership(), member.store.params()]).toEqual([
      'outside',
      {},
      null,
      [],
    ]);
    expect(member.store.floor(groveId, leader.fingerprint)?.seqMax).toBe(3);
    expect(member.told('grove.left')).toEqual([{ grove_id: groveId }]);
  });

  // g[verify membership.leave-failed]
  it.each(['StoreError', 'Error'])('that fails with a %s changes nothing', async (name) => {
    const failing = (store: GroveStore): GroveStore => ({
      ...store,
      leave: () => {
        throw Object.assign(new Error('no room'), { name, code: 'disk_full' });
      },
    });
    const [leader, member] = (await grove.formed(2, (number) =>
      number === 2 ? { wrapStore: failing } : {},
    )) as [TestNode, TestNode];
    const links = member.context.links;
    expect(await member.leave()).toEqual({
      ok: false,
      reason: { code: 'internal', message: 'leaving could not be stored: no room' },
    });
    await leader.set('greeting', 'still here');
    grove.advance(2_000);
    expect([member.state, member.context.links, member.param('greeting')]).toEqual([
      { member: { following: 'trusted' } },
      links,
      'still here',
    ]);
  });

  // g[verify membership.leave]
  it('takes a leader only by force, and answers the changes that still wait', async () => {
    const directory = grove.directory();
    const [founder, member] = (await grove.formed(2, (number) => (number === 1 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    await founder.stop();
    await member.stop();
    const leader = grove.node(1, { directory });
    const waiting = leader.set('greeting', 'kia ora');
    expect(await leader.leave()).toMatchObject({
      ok: false,
      reason: { code: 'requirements_invalid', message: expect.stringContaining('--force') },
    });
    expect(await leader.leave(true)).toMatchObject({ ok: true });
    expect(await waiting).toEqual({
      ok: false,
      reason: {
        code: 'operation_in_progress',
        message: 'the node stopped leading before this was published: nothing changed',
      },
    });
  });

  // g[verify membership.rejoin]
  it('can be followed at once by joining through the same address', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const left = member.leave();
    const joined = member.join(leader);
    expect([await left, await joined]).toMatchObject([{ ok: true }, { ok: true, value: { seq: 2 } }]);
    grove.advance(5_000);
    expect(member.told('grove.peer-connected')).toHaveLength(2);
    expect(Object.keys(member.context.links)).toHaveLength(1);
  });

  // g[verify membership.rejoin]
  it('leaves nothing behind that would keep the news of another grove away', async () => {
    const [first, member] = (await grove.formed(2)) as [TestNode, TestNode];
    for (let count = 0; count < 5; count += 1) await first.set('greeting', `${count}`);
    grove.advance(1_000);
    await member.leave();
    const other = grove.node(5);
    await other.found();
    await other.change({ kind: 'invite', member: member.member });
    await member.join(other);
    grove.advance(1_000);
    await other.set('greeting', 'x'.repeat(20_000));
    grove.advance(1_000);
    expect([member.seq, member.param('greeting')?.length]).toEqual([3, 20_000]);
  });

  // g[verify membership.floor]
  it('is not undone by an older payload of the grove, unless the operator says so', async () => {
    const [directory, backup] = [grove.directory(), grove.directory()];
    const [founder, member] = (await grove.formed(2, (number) => (number === 1 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    await founder.stop();
    cpSync(directory, backup, { recursive: true });
    const leader = grove.node(1, { directory });
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    await member.leave();
    await leader.stop();
    const restored = grove.node(1, { directory: backup });
    expect(await member.join(restored)).toMatchObject({
      ok: false,
      reason: {
        code: 'requirements_invalid',
        message:
          'this node held number 3 of this grove before and is offered 2: join with --accept-rollback if the grove was restored',
      },
    });
    expect(await member.join(restored, { acceptRollback: true })).toMatchObject({
      ok: true,
      value: { seq: 2 },
    });
  });
});
