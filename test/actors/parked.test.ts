/** Payloads that wait for their time, and payloads that are refused for good. */
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProblems } from '../../src/daemon/problems.ts';
import type { GroveStore } from '../../src/ports/index.ts';
import { StoreError } from '../../src/store/index.ts';
import { forged, HandMadePeer } from './hand-made-peer.ts';
import { problemsOf, TestGrove, type TestNode } from './test-grove.ts';

const minute = 60_000;

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

describe('a payload from the future', () => {
  /** The leader's clock is ten minutes ahead: what it publishes is parked by its member. */
  async function parked(directory?: string) {
    const [leader, member] = (await grove.formed(2, (number) =>
      number === 2 && directory !== undefined ? { directory } : {},
    )) as [TestNode, TestNode];
    leader.clock.wallOffsetMs += 10 * minute;
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([member.seq, member.store.parked().map(({ seq }) => seq)]).toEqual([2, [3]]);
    expect(member.told('grove.payload-rejected')).toEqual([
      { peer_fp: leader.fingerprint, reason: 'created_in_future' },
    ]);
    return { leader, member };
  }

  // g[verify membership.parked]
  it('is applied within a minute of its time, and was reported once', async () => {
    const { leader, member } = await parked();
    grove.advance(4 * minute);
    expect(member.seq).toBe(2);
    grove.advance(2 * minute);
    expect([member.seq, member.param('greeting'), member.store.parked()]).toEqual([3, 'kia ora', []]);
    expect(member.told('grove.payload-rejected')).toHaveLength(1);
    expect(Object.keys(leader.context.links)).toHaveLength(1);
  });

  // g[verify membership.parked]
  it('is looked at again as soon as the clock is set', async () => {
    const { member } = await parked();
    member.clock.wallOffsetMs += 10 * minute;
    grove.advance(16_000);
    expect(member.seq).toBe(3);
  });

  // g[verify membership.parked]
  it('waits over a restart', async () => {
    const directory = grove.directory();
    const { leader, member } = await parked(directory);
    await leader.stop();
    await member.stop();
    const again = grove.node(2, { directory });
    grove.advance(7 * minute);
    expect([again.seq, again.param('greeting')]).toEqual([3, 'kia ora']);
  });

  it('costs one timer, however often the clock moves', async () => {
    const { member } = await parked();
    grove.advance(minute);
    const timers = () => member.system.supervisor.getSnapshot().children.applier;
    const before = grove.manual.pending;
    for (let count = 0; count < 50; count += 1) timers()?.send({ type: 'clock.moved' });
    expect(grove.manual.pending).toBe(before);
  });
});

describe('a payload far ahead', () => {
  // g[verify membership.accept-jump]
  it('waits for the operator, who is told how to take it, and it is passed on', async () => {
    const [leader, member, other] = (await grove.formed(3)) as [TestNode, TestNode, TestNode];
    const seq = member.seq + 1_000_001;
    const peer = new HandMadePeer(grove, 4);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'fourth' } });
    grove.advance(1_000);
    peer.dial(member);
    peer.hello(member);
    peer.say(forged(member, { seq: seq + 1 }).message);
    expect([member.seq, member.store.parked().map((parked) => parked.seq)]).toEqual([4, [seq + 1]]);
    expect(problemsOf(member)).toContainEqual({
      code: 'seq-jump',
      message: expect.stringContaining(`\`grove accept-jump ${seq + 1}\``),
    });
    expect(await member.acceptJump(seq)).toMatchObject({ ok: false, reason: { code: 'not_found' } });
    grove.advance(5 * minute);
    expect(member.seq).toBe(4);
    expect(await member.acceptJump(seq + 1)).toMatchObject({ ok: true, value: { seq: seq + 1 } });
    grove.advance(1_000);
    expect([member.seq, member.store.parked(), problemsOf(member)]).toEqual([seq + 1, [], []]);
    expect([leader.seq, other.seq]).toEqual([4, 4]);
    expect(await leader.acceptJump(seq + 1)).toMatchObject({ ok: true });
    expect(await other.acceptJump(seq + 1)).toMatchObject({ ok: true });
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([leader.seq, member.seq, other.seq]).toEqual([seq + 2, seq + 2, seq + 2]);
  });
});

describe('a payload that waits and was damaged on the disk', () => {
  // i[verify daemon.damage]
  it('is left out and told as a problem, and the node serves on', async () => {
    const directory = grove.directory();
    const [leader, member] = (await grove.formed(2, (number) => (number === 2 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    leader.clock.wallOffsetMs += 10 * minute;
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect(member.store.parked()).toHaveLength(1);
    await member.stop();
    const database = new SqliteDatabase(join(directory, 'grove.db'));
    database.exec("UPDATE grove_parked_payloads SET payload = x'00'");
    database.close();
    const again = grove.node(2, { directory });
    grove.advance(6 * minute);
    expect([again.context.restarts, again.failures]).toEqual([0, []]);
    expect(problemsOf(again)).toEqual([
      { code: 'damaged-rows', message: expect.stringContaining('1 row of grove_parked_payloads') },
    ]);
    grove.advance(10 * minute);
    await leader.set('greeting', 'morena');
    grove.advance(10 * minute);
    expect(again.param('greeting')).toBe('morena');
  });

  // i[verify daemon.damage]
  it('is a problem too while the database cannot be read at all', async () => {
    let unreadable = false;
    const read = (store: GroveStore): GroveStore => ({
      ...store,
      parked: () => {
        if (unreadable) throw new StoreError('io', 'the disk does not answer');
        return store.parked();
      },
    });
    const [leader, member] = (await grove.formed(2, () => ({ wrapStore: read }))) as [TestNode, TestNode];
    unreadable = true;
    member.system.supervisor.getSnapshot().children.applier?.send({ type: 'clock.moved' });
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect([member.param('greeting'), member.context.restarts, member.warnings]).toEqual([
      'kia ora',
      0,
      ['payloads that wait could not be read'],
    ]);
    const { system, clock, fingerprint: ownFingerprint } = member;
    const parts = { system, store: read(member.store), clock, ownFingerprint, loopbackOnly: false };
    expect(findProblems(parts)).toMatchObject([{ code: 'store-unreadable' }]);
  });
});

describe('a payload that is refused', () => {
  // g[verify membership.refused]
  it('is remembered over a restart: told once, never asked for again', async () => {
    const directory = grove.directory();
    const [leader, member] = (await grove.formed(2, (number) => (number === 2 ? { directory } : {}))) as [
      TestNode,
      TestNode,
    ];
    const peer = new HandMadePeer(grove, 3);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'third' } });
    grove.advance(1_000);
    const { hash, message } = forged(member, { seq: 9, secrets: ['x'] });
    peer.dial(member);
    peer.hello(member);
    peer.say(message);
    expect(peer.received.at(-1)).toEqual({ type: 'abort', reason: { other: 'malformed' } });
    expect(peer.end?.slice(0, 2)).toEqual(['peer', 3]);
    expect(member.store.refused('2026-05-07T12:00:00Z').map((refused) => refused.hash)).toEqual([hash]);
    await member.stop();
    const again = grove.node(2, { directory });
    peer.dial(again);
    peer.hello(again, { our_seq: 9, our_payload_hash: hash });
    peer.received.splice(0);
    grove.advance(10_000);
    peer.hello(again, { our_seq: 9, our_payload_hash: hash });
    peer.say(message);
    grove.advance(10_000);
    expect(peer.received.filter(({ type }) => type !== 'peers')).toEqual([]);
    expect([again.seq, again.told('grove.payload-rejected'), peer.end]).toEqual([3, [], null]);
  });

  // g[verify membership.refused]
  it('is judged again, and refused again, an hour later', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const peer = new HandMadePeer(grove, 3);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'third' } });
    grove.advance(1_000);
    const { message } = forged(member, { seq: 9, secrets: ['x'] });
    const offer = () => {
      peer.dial(member);
      peer.hello(member);
      peer.say(message);
      const aborts = peer.received.filter(({ type }) => type === 'abort').length;
      peer.hangUp();
      return aborts;
    };
    expect(offer()).toBe(1);
    grove.advance(59 * minute);
    expect(offer()).toBe(1);
    grove.advance(minute);
    expect(offer()).toBe(2);
  });

  it('with a bad signature says nothing about the payload it names', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const peer = new HandMadePeer(grove, 3);
    await leader.change({ kind: 'invite', member: { fp: peer.fingerprint, label: 'third' } });
    grove.advance(1_000);
    peer.dial(member);
    peer.hello(member);
    peer.say({ ...forged(member, { seq: 4 }).message, signature: '00'.repeat(64) });
    expect(peer.received.at(-1)).toEqual({ type: 'abort', reason: 'signature_invalid' });
    expect(member.store.refused('2026-05-07T12:00:00Z')).toEqual([]);
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect(member.seq).toBe(4);
  });
});
