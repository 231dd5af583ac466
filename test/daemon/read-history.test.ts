/** The history of a grove as operators read it, and what the node can do meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHistory } from '../../src/daemon/read-history.ts';
import type { GroveStore } from '../../src/ports/index.ts';
import { type NodeStore, openStore } from '../../src/store/index.ts';
import { payloadCommit, text } from '../store/payload-fixture.ts';

let store: NodeStore;
beforeEach(() => {
  store = openStore({ directory: ':memory:' });
  for (let seq = 1; seq <= 30; seq += 1) commit(seq);
});
afterEach(() => store.close());

function commit(seq: number): void {
  store.commitPayload(payloadCommit(seq, { params: [text('greeting', `kia ora ${seq}`)] }));
}

/** A clock by which each look at the disk takes three milliseconds. */
function slowly() {
  let ms = 0;
  const turns: (() => void)[] = [];
  const slow: GroveStore = {
    ...store,
    history: (options) => {
      ms += 3;
      return store.history(options);
    },
  };
  const clock = {
    now: () => ms,
    monotonicMs: () => ms,
    setTimeout: (callback: () => void) => turns.push(callback),
    clearTimeout: () => undefined,
  };
  return { parts: { store: slow, clock }, turns };
}

describe('the history', () => {
  // i[verify grove.history-pieces]
  it('is read in many turns when it is long, and a publish in between changes nothing of it', async () => {
    const { parts, turns } = slowly();
    let entries: Awaited<ReturnType<typeof readHistory>> | null = null;
    const reading = readHistory(parts, { limit: 30 }).then((read) => {
      entries = read;
    });
    let turned = 0;
    while (entries === null) {
      const turn = turns.shift();
      if (turn !== undefined) {
        turned += 1;
        commit(30 + turned);
        turn();
      }
      await Promise.resolve();
    }
    await reading;
    expect(turned).toBe(10);
    expect(entries).toEqual(
      Array.from({ length: 30 }, (_, index) => ({
        seq: 30 - index,
        created_at: '2026-05-07T12:34:56Z',
        received_at: '2026-05-07T12:35:00Z',
        actor: null,
        changes: expect.arrayContaining([
          expect.objectContaining({
            name: 'greeting',
            old_value: index === 29 ? null : `kia ora ${29 - index}`,
            new_value: `kia ora ${30 - index}`,
          }),
        ]),
      })),
    );
  });

  it('has as many entries as were asked for, before a number, and says nothing of changes it does not know', async () => {
    const { parts, turns } = slowly();
    const seqs = async (options: { limit?: number; beforeSeq?: number }) => {
      const reading = readHistory(parts, options);
      for (let turn = 0; turn < 500; turn += 1) {
        turns.shift()?.();
        await Promise.resolve();
      }
      return (await reading).map(({ seq }) => seq);
    };
    expect(await seqs({ limit: 2 })).toEqual([30, 29]);
    expect(await seqs({ limit: 2, beforeSeq: 3 })).toEqual([2, 1]);
    expect(await seqs({})).toHaveLength(20);
    expect(await seqs({ beforeSeq: 1 })).toEqual([]);
    store.commitPayload(payloadCommit(99));
    const [entry] = await readHistory(parts, { limit: 1 });
    expect(entry).toMatchObject({ seq: 99, changes: [{ change: 'param-unset' }] });
    const other = openStore({ directory: ':memory:' });
    other.commitPayload(payloadCommit(99));
    expect(await readHistory({ ...parts, store: other }, { limit: 1 })).toMatchObject([
      { seq: 99, changes: [] },
    ]);
    other.close();
  });
});
