/** A process killed in the middle of its work, for real and many times over. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import { type BuiltProgram, buildProgram } from './child-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const rounds = 15;

describe('a node killed while it commits', () => {
  let program: BuiltProgram;
  beforeAll(async () => {
    program = await buildProgram('commit-until-killed');
  });
  afterAll(() => program.remove());

  // g[verify store.durable] g[verify store.relaxed] g[verify store.one-transaction]
  it('has lost nothing it acknowledged, and nothing is half done', async () => {
    const directory = temporaryDirectory();
    let acknowledged = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const child = program.start(directory.path);
      // A different moment in every round; what was printed but not read yet counts as well.
      const killAt = acknowledged + 3 + ((round * 7) % 31);
      for await (const line of child.lines) {
        acknowledged = Number(line);
        if (acknowledged === killAt) child.process.kill('SIGKILL');
      }
      await child.kill();
      expect(acknowledged).toBeGreaterThanOrEqual(killAt);

      const store = openStore({ directory: directory.path });
      const seq = store.membership()?.current.seq ?? 0;
      expect(seq).toBeGreaterThanOrEqual(acknowledged);
      expect(seq).toBeLessThanOrEqual(acknowledged + 1);
      expect(store.membership()?.signed.payload.seq).toBe(seq);
      expect(store.history({ limit: 1 })[0]?.version).toEqual(store.membership()?.current);
      expect(store.params()[0]).toMatchObject({ version_seq: seq });
      expect(store.params()[0]?.value.endsWith(String(seq))).toBe(true);
      const newestEvent = Number(store.eventBounds()?.newest);
      expect(newestEvent).toBeGreaterThanOrEqual(acknowledged);
      expect(newestEvent).toBeLessThanOrEqual(seq);
      // The next child numbers its events after its commits: start it from where both agree.
      if (newestEvent < seq)
        store.appendEvents([{ ...(store.eventsSince(null, 1)[0] ?? never()), id: padded(seq) }]);
      acknowledged = seq;
      store.close();
    }
    directory.remove();
  }, 60_000);
});

function padded(seq: number): string {
  return String(seq).padStart(12, '0');
}

function never(): never {
  throw new Error('events were appended before');
}
