/** A member that cannot write: on SQLite that is really full, and on one whose writes fail for a while. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroveStore } from '../../src/ports/index.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { lookAtCommits, type NodeOptions, TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
let full = false;
beforeEach(() => {
  grove = new TestGrove();
  full = false;
});
afterEach(() => grove.close());

/** Fails every commit while `full`. */
function wrapStore(store: GroveStore): GroveStore {
  return lookAtCommits(store, () => {
    if (full) throw new StoreError('disk_full', 'the disk is full: make room');
  });
}

function secondIs(options: NodeOptions) {
  return (number: number) => (number === 2 ? options : {});
}

describe('a member whose disk is full', () => {
  // g[verify membership.degraded]
  it('keeps the payload it has, claims no more, and takes a later one that fits', async () => {
    const directory = grove.directory();
    const [leader, member] = (await grove.formed(2, secondIs({ directory, databaseBytesMax: 360_000 }))) as [
      TestNode,
      TestNode,
    ];
    const claimed = new Set<number>();
    member.transport.onSend = (line) => {
      const { type, our_seq } = JSON.parse(Buffer.from(line).toString('utf8'));
      if (type === 'hello') claimed.add(our_seq);
    };
    for (let count = 0; count < 8 && member.context.degraded === null; count += 1) {
      await leader.set('greeting', `${count}`.repeat(60_000));
      grove.advance(1_000);
    }
    const held = member.seq;
    expect(leader.seq).toBe(held + 1);
    expect([member.context.degraded, member.store.membership()?.current.seq]).toEqual([
      expect.stringContaining('no room left'),
      held,
    ]);
    expect(member.param('greeting')).toHaveLength(60_000);
    expect(Math.max(...claimed)).toBeLessThanOrEqual(held);
    await leader.change({ kind: 'params', set: [], unset: ['greeting'] });
    grove.advance(11_000);
    expect([member.context.degraded, member.seq, member.param('greeting')]).toEqual([null, leader.seq, null]);
    expect(member.told('grove.store-degraded')).toHaveLength(1);
    expect(member.told('grove.store-recovered')).toHaveLength(1);
  });

  // g[verify membership.degraded]
  it('tries the same payload again until it fits, and says each thing once', async () => {
    const [leader, member, other] = (await grove.formed(3, secondIs({ wrapStore }))) as [
      TestNode,
      TestNode,
      TestNode,
    ];
    full = true;
    await leader.set('greeting', 'kia ora');
    grove.advance(3_600_000);
    expect([member.seq, member.store.membership()?.current.seq, other.seq]).toEqual([3, 3, 4]);
    full = false;
    grove.advance(11_000);
    expect([member.seq, member.param('greeting'), member.context.degraded]).toEqual([4, 'kia ora', null]);
    const since = member.events.slice(
      member.events.findIndex(({ type }) => type === 'grove.store-degraded') - 1,
    );
    expect(since.map(({ type }) => type)).toEqual([
      'grove.payload-received',
      'grove.store-degraded',
      'grove.store-recovered',
      'grove.payload-applied',
    ]);
  });

  it('outlives the link that brought the payload', async () => {
    const [leader, member] = (await grove.formed(2, secondIs({ wrapStore }))) as [TestNode, TestNode];
    full = true;
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    await leader.stop();
    grove.advance(1_000);
    full = false;
    grove.advance(11_000);
    expect([member.seq, member.state, member.failures]).toEqual([
      3,
      { member: { following: 'trusted' } },
      [],
    ]);
  });

  // g[verify membership.degraded]
  it('is no longer degraded when it leaves, and can join again', async () => {
    const [leader, member] = (await grove.formed(2, secondIs({ wrapStore }))) as [TestNode, TestNode];
    full = true;
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect(member.context.degraded).toBe('the disk is full: make room');
    expect(await member.leave()).toMatchObject({ ok: true });
    expect(member.context.degraded).toBeNull();
    full = false;
    expect(await member.join(leader)).toMatchObject({ ok: true, value: { seq: 3 } });
  });
});
