/** A leader whose disk went back in time, and a leader of which there are two. */
import { cpSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestPayload, draftPayload, payloadView, toJson } from '../../src/protocol/index.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

/** Three nodes; the leader's directory was copied at number 3, then the grove went on to `seq`. */
async function withBackup(seq: number) {
  const [directory, backup] = [grove.directory(), grove.directory()];
  const [founder, one, two] = (await grove.formed(3, (number) => (number === 1 ? { directory } : {}))) as [
    TestNode,
    TestNode,
    TestNode,
  ];
  await founder.stop();
  cpSync(directory, backup, { recursive: true });
  const leader = grove.node(1, { directory });
  for (let number = 4; number <= seq; number += 1) await leader.set('greeting', `${number}`);
  grove.advance(1_000);
  await leader.stop();
  return { backup, one, two };
}

describe('a leader restored from a backup', () => {
  // g[verify leader.recovery]
  it('adopts what its own key signed since, says so, and goes on above', async () => {
    const { backup, one, two } = await withBackup(6);
    const leader = grove.node(1, { directory: backup });
    expect(leader.seq).toBe(3);
    expect(await leader.set('greeting', 'back')).toMatchObject({ ok: true, value: { seq: 7 } });
    grove.advance(1_000);
    expect([one, two].map((node) => [node.seq, node.param('greeting')])).toEqual([
      [7, 'back'],
      [7, 'back'],
    ]);
    expect(leader.told('grove.leader-state-recovered')).toEqual([{ seq: 6 }]);
    expect([leader, one, two].flatMap((node) => node.told('grove.fork-detected'))).toEqual([]);
  });

  // g[verify leader.hold]
  it('waits for two members before it gives out a number, and no longer than half a minute', async () => {
    const { backup, one, two } = await withBackup(6);
    await one.stop();
    await two.stop();
    const leader = grove.node(1, { directory: backup });
    const started = grove.manual.now();
    expect(await leader.set('greeting', 'alone')).toMatchObject({ ok: true, value: { seq: 4 } });
    expect(grove.manual.now() - started).toBeGreaterThanOrEqual(30_000);
    expect(grove.manual.now() - started).toBeLessThan(31_000);
  });

  // g[verify leader.hold]
  it('waits for nobody when it is told to', async () => {
    const { backup, one, two } = await withBackup(4);
    await one.stop();
    await two.stop();
    const leader = grove.node(1, { directory: backup });
    const started = grove.manual.now();
    expect(await leader.set('greeting', 'alone', { force: true })).toMatchObject({
      ok: true,
      value: { seq: 4 },
    });
    expect(grove.manual.now() - started).toBeLessThan(100);
  });

  // g[verify leader.lost-disk]
  it('leads again after joining its own grove with an empty disk', async () => {
    const [founder, member] = (await grove.formed(2)) as [TestNode, TestNode];
    await founder.set('greeting', 'kia ora');
    grove.advance(1_000);
    await founder.stop();
    const again = grove.node(1);
    expect(await again.join(member)).toMatchObject({ ok: true, value: { seq: 3 } });
    expect([again.state, again.failures]).toEqual([{ member: 'leading' }, []]);
    const started = grove.manual.now();
    expect(await again.set('greeting', 'haere mai')).toMatchObject({ ok: true, value: { seq: 4 } });
    grove.advance(1_000);
    expect(grove.manual.now() - started).toBeLessThan(2_000);
    expect(member.param('greeting')).toBe('haere mai');
  });
});

/** The hash the leader's next payload would have. */
function nextHash(leader: TestNode, value: string): string {
  const current = leader.store.membership()?.signed.payload ?? {};
  const set = [{ name: 'greeting', kind: 'text' as const, value }];
  const draft = draftPayload(
    payloadView(current),
    { kind: 'params', set, unset: [] },
    { now: leader.clock.now() },
  );
  if (!draft.ok || draft.value.unchanged) throw new Error('the draft stands');
  return digestPayload(toJson(draft.value.payload)).hash;
}

describe('a fork', () => {
  /** The members hold one payload number 4, the restored leader publishes another one, unseen. */
  async function forked(smaller: 'theirs' | 'ours') {
    const { backup, one, two } = await withBackup(4);
    const leader = grove.node(1, { directory: backup });
    grove.network.cut(leader.transport, one.transport);
    grove.network.cut(leader.transport, two.transport);
    grove.advance(35_000);
    const value = Array.from({ length: 200 }, (_, index) => `other ${index}`).find((text) => {
      const less = nextHash(leader, text) < one.hash;
      return less === (smaller === 'ours');
    });
    await leader.set('greeting', value ?? '');
    expect([leader.seq, one.seq, leader.hash < one.hash]).toEqual([4, 4, smaller === 'ours']);
    const hashes = [leader.hash, one.hash].sort();
    grove.network.mend(leader.transport, one.transport);
    grove.network.mend(leader.transport, two.transport);
    grove.advance(400_000);
    return { leader, one, two, hashes };
  }

  // g[verify leader.fork]
  it.each(['theirs', 'ours'] as const)(
    'is kept as evidence on every node, reported once, and ended by the next number when %s is smaller',
    async (smaller) => {
      const { leader, one, two, hashes } = await forked(smaller);
      const nodes = [leader, one, two];
      expect(nodes.map(({ failures, warnings }) => [failures, warnings])).toEqual(nodes.map(() => [[], []]));
      expect(new Set(nodes.map(({ hash }) => hash)).size).toBe(1);
      expect(nodes.map(({ seq }) => seq)).toEqual([5, 5, 5]);
      const seen = nodes.filter((node) => node.told('grove.fork-detected').length > 0);
      expect(seen).toContain(leader);
      for (const node of seen) {
        expect(node.told('grove.fork-detected')).toEqual([expect.objectContaining({ seq: 4, hashes })]);
        expect(
          node.store
            .forkEvidence()
            .map(({ hash }) => hash)
            .sort(),
        ).toEqual(hashes);
      }
      expect(leader.context.restarts).toBe(0);
    },
  );
});
