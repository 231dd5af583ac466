/** A change on the leader, from the request to every member's store: everything real but the network and the clock. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

describe('a change', () => {
  it('reaches every member and is answered with what the grove is now', async () => {
    const nodes = await grove.formed(5);
    const [leader] = nodes as [TestNode];
    const answer = await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    expect(answer).toEqual({
      ok: true,
      value: {
        grove_id: leader.context.standing?.groveId,
        seq: 6,
        leader_fp: leader.fingerprint,
        members_count: 5,
      },
    });
    expect(nodes.map((node) => [node.state, node.seq, node.hash, node.param('greeting')])).toEqual([
      [{ member: 'leading' }, 6, leader.hash, 'kia ora'],
      ...Array.from({ length: 4 }, () => [{ member: { following: 'trusted' } }, 6, leader.hash, 'kia ora']),
    ]);
  });

  it('reaches a member that was away for days, and only its newest number does', async () => {
    const directory = grove.directory();
    const [leader, , away] = (await grove.formed(3, (number) => (number === 3 ? { directory } : {}))) as [
      TestNode,
      TestNode,
      TestNode,
    ];
    await away.stop();
    for (let day = 1; day <= 3; day += 1) {
      await leader.set('greeting', `day ${day}`);
      grove.advance(24 * 60 * 60_000);
    }
    const back = grove.node(3, { directory });
    expect(back.seq).toBe(3);
    grove.advance(1_000);
    expect([back.seq, back.param('greeting')]).toEqual([6, 'day 3']);
    expect(back.told('grove.payload-applied').map(({ seq }) => seq)).toEqual([6]);
  });

  it('passes on among members when the leader is gone', async () => {
    const directory = grove.directory();
    const [leader, , late] = (await grove.formed(3, (number) => (number === 3 ? { directory } : {}))) as [
      TestNode,
      TestNode,
      TestNode,
    ];
    await late.stop();
    await leader.set('greeting', 'kia ora');
    grove.advance(1_000);
    await leader.stop();
    const back = grove.node(3, { directory });
    grove.advance(1_000);
    expect(back.param('greeting')).toBe('kia ora');
  });

  // g[verify leader.refusal]
  it('is refused with the size it would have, and takes no number', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const set = ['a', 'b', 'c', 'd'].map((letter) => {
      return { name: `long-${letter}`, kind: 'text' as const, value: 'x'.repeat(65_000) };
    });
    expect(await leader.change({ kind: 'params', set, unset: [] })).toMatchObject({
      ok: false,
      reason: {
        code: 'requirements_invalid',
        details: { current_bytes: expect.any(Number), cap_bytes: 245_760 },
      },
    });
    grove.advance(1_000);
    expect([leader.seq, member.seq, leader.store.membership()?.current.seq]).toEqual([2, 2, 2]);
    expect(leader.told('grove.publish-rejected')).toEqual([
      expect.objectContaining({ cap_bytes: 245_760, current_bytes: expect.any(Number) }),
    ]);
    expect(await leader.set('greeting', 'kia ora')).toMatchObject({ ok: true, value: { seq: 3 } });
  });
});

describe('a leader', () => {
  // g[verify leader.persist-then-speak]
  it('has stored a payload before the first byte of it, or any claim to it, leaves', async () => {
    const directory = grove.directory();
    const formed = await grove.formed(3, (number) => (number === 3 ? { directory } : {}));
    const [leader, , away] = formed as [TestNode, TestNode, TestNode];
    await away.stop();
    const early: unknown[] = [];
    const said = new Set<unknown>();
    leader.transport.onSend = (line) => {
      const message = JSON.parse(Buffer.from(line).toString('utf8'));
      const seq = message.type === 'version' ? message.payload.seq : message.our_seq;
      const stored = leader.store.membership()?.current.seq ?? 0;
      if (seq > stored) early.push([message.type, seq, stored]);
      if (seq === 5) said.add(message.type);
    };
    await leader.set('greeting', 'one');
    await leader.set('greeting', 'x'.repeat(20_000));
    grove.node(3, { directory });
    grove.advance(5_000);
    expect([...said].sort()).toEqual(['hello', 'version']);
    expect(early).toEqual([]);
  });

  // g[verify leader.persist-then-speak]
  it('says nothing of a change that it could not store', async () => {
    const directory = grove.directory();
    const [leader, member] = (await grove.formed(2, (number) =>
      number === 1 ? { directory, databaseBytesMax: 300_000 } : {},
    )) as [TestNode, TestNode];
    const sent: string[] = [];
    leader.transport.onSend = (line) => sent.push(Buffer.from(line).toString('utf8'));
    let refused = await leader.set('greeting', 'x'.repeat(60_000));
    for (let count = 0; refused.ok && count < 8; count += 1) {
      grove.advance(1_000);
      sent.splice(0);
      refused = await leader.set('greeting', `${count}`.repeat(60_000));
    }
    grove.advance(1_000);
    expect(refused).toMatchObject({
      ok: false,
      reason: { code: 'internal', message: expect.stringContaining('was not stored, and so not published') },
    });
    const { seq } = leader;
    expect(
      sent.filter((line) => line.includes('"version"') || line.includes(`"our_seq":${seq + 1}`)),
    ).toEqual([]);
    expect([member.seq, leader.store.membership()?.current.seq]).toEqual([seq, seq]);
  });

  // g[verify leader.expect-seq]
  it('refuses a change that another one overtook, with the number it is at', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    expect(await leader.set('greeting', 'one', { expectSeq: 2 })).toMatchObject({
      ok: true,
      value: { seq: 3 },
    });
    expect(await leader.set('greeting', 'two', { expectSeq: 2 })).toEqual({
      ok: false,
      reason: {
        code: 'requirements_invalid',
        message: 'another change came first: the grove is at 3, not at 2',
        details: { current_seq: 3 },
      },
    });
    expect([leader.seq, leader.param('greeting')]).toEqual([3, 'one']);
  });

  // g[verify leader.unchanged]
  it('answers a change that changes nothing with the number it is at', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    await leader.set('greeting', 'kia ora');
    expect(await leader.set('greeting', 'kia ora')).toMatchObject({
      ok: true,
      value: { seq: 3, members_count: 2 },
    });
    expect(leader.store.history({ limit: 10 })).toHaveLength(3);
  });

  // g[verify leader.one-at-a-time]
  it('gives changes that come together consecutive numbers, each with all before it', async () => {
    const [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
    const answers = await Promise.all(['a', 'b', 'c'].map((letter) => leader.set(`param-${letter}`, letter)));
    grove.advance(1_000);
    expect(answers.map((answer) => (answer.ok ? answer.value.seq : null))).toEqual([3, 4, 5]);
    expect(member.store.params().map(({ name, version_seq }) => [name, version_seq])).toEqual([
      ['param-a', 3],
      ['param-b', 4],
      ['param-c', 5],
    ]);
  });

  it('records who asked for what', async () => {
    const [leader] = (await grove.formed(2)) as [TestNode];
    await leader.set('greeting', 'kia ora');
    expect(leader.store.audit(1)).toMatchObject([
      { actor: { id: 'f0' }, method: 'publish', summary: 'set greeting' },
    ]);
  });
});
