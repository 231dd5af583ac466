/** Commits whose flush runs beside the event loop: what they claim and when, and what a failed flush leaves. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FlushFile, type NodeStore, openStore, StoreError } from '../../src/store/index.ts';
import { groveId, leaderFingerprint, payloadCommit, text } from './payload-fixture.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let store: NodeStore;
/** Flushes under way, ended by the test. */
let flushes: ((error: Error | null) => void)[];
let settled: unknown[];

const flushFile: FlushFile = (_descriptor, done) => flushes.push(done);
const brokenDisk = Object.assign(new Error('EIO: i/o error, fdatasync'), {
  code: 'EIO',
  syscall: 'fdatasync',
});

beforeEach(() => {
  directory = temporaryDirectory();
  flushes = [];
  settled = [];
  store = openStore({ directory: directory.path, flushFile });
});
afterEach(() => {
  store.close();
  directory.remove();
});

function commitSoon(seq: number): void {
  const commit = payloadCommit(seq, { params: [text('greeting', `${seq}`)] });
  store.commitPayloadSoon(commit, (failure) => settled.push(failure));
}

function endFlush(error: Error | null): void {
  flushes.shift()?.(error);
}

/** What a start from the same directory finds. */
function seqAfterRestart(): number | undefined {
  store.close();
  store = openStore({ directory: directory.path, flushFile });
  return store.membership()?.current.seq;
}

describe('a commit that does not wait for the disk', () => {
  // g[verify store.flush-beside]
  it('is reported once the log is flushed, and not before', () => {
    commitSoon(1);
    expect([settled, flushes.length]).toEqual([[], 1]);
    endFlush(null);
    expect(settled).toEqual([null]);
    expect(store.membership()?.current.seq).toBe(1);
  });

  // g[verify store.flush-beside]
  it('is flushed by the system by default', async () => {
    store.close();
    store = openStore({ directory: directory.path });
    const done = new Promise<unknown>((resolve) => store.commitPayloadSoon(payloadCommit(1), resolve));
    expect(await done).toBeNull();
    expect(store.membership()?.current.seq).toBe(1);
  });

  // g[verify store.flush-beside]
  it('is told before a read that waits for its flush shows it, and is not told again', () => {
    commitSoon(1);
    commitSoon(2);
    expect(settled).toEqual([]);
    expect(store.params()[0]?.value).toBe('2');
    expect(settled).toEqual([null, null]);
    endFlush(null);
    endFlush(null);
    expect(settled).toEqual([null, null]);
    commitSoon(3);
    endFlush(null);
    expect([settled.length, store.params()[0]?.value]).toEqual([3, '3']);
  });

  // g[verify store.flush-beside]
  it('throws at once, and tells nothing later, when it cannot be written', () => {
    commitSoon(2);
    endFlush(null);
    expect(() => commitSoon(1)).toThrow('the seq rises');
    expect([settled, flushes.length, store.membership()?.current.seq]).toEqual([[null], 0, 2]);
  });

  // g[verify store.flush-beside]
  it('tells nothing after the store was closed, and is found by the next start', () => {
    commitSoon(1);
    expect(seqAfterRestart()).toBe(1);
    endFlush(null);
    expect(settled).toEqual([]);
  });
});

describe('a flush that fails', () => {
  beforeEach(() => {
    commitSoon(1);
    endFlush(null);
    commitSoon(2);
    endFlush(brokenDisk);
  });

  // g[verify store.flush-failed]
  it('is told as an error of the store', () => {
    expect(settled).toEqual([null, expect.any(StoreError)]);
    expect(settled[1]).toMatchObject({ code: 'io', details: { reason: 'EIO' } });
  });

  // g[verify store.flush-failed]
  it.each([2, 3])('lets number %i be committed by carrying the whole log over', (seq) => {
    expect(statSync(join(directory.path, 'grove.db-wal')).size).toBeGreaterThan(0);
    commitSoon(seq);
    expect([settled.at(-1), flushes.length]).toEqual([null, 0]);
    expect(statSync(join(directory.path, 'grove.db-wal')).size).toBe(0);
    commitSoon(4);
    endFlush(null);
    expect([settled.at(-1), store.membership()?.current.seq]).toEqual([null, 4]);
    expect(store.params()[0]?.value).toBe('4');
  });

  // g[verify store.flush-failed]
  it('is made good before anything else that must last, and before what it left is read', () => {
    store.commitPayload(payloadCommit(3));
    expect(store.membership()?.current.seq).toBe(3);
    commitSoon(4);
    endFlush(brokenDisk);
    const wal = join(directory.path, 'grove.db-wal');
    expect(store.membership()?.current.seq).toBe(4);
    expect(statSync(wal).size).toBe(0);
    commitSoon(5);
    endFlush(brokenDisk);
    store.leave({ groveId, leaderFingerprint, seqMax: 5 });
    expect(store.floor(groveId, leaderFingerprint)?.seqMax).toBe(5);
  });

  // g[verify store.flush-failed]
  it('is made good before a rare write that must last', () => {
    const wal = join(directory.path, 'grove.db-wal');
    const before = statSync(wal).size;
    const { version, signature, leaderKey: leader_key } = payloadCommit(9);
    const signed = { payload: { seq: 9 }, signature, leader_key };
    const parkedAt = '2026-05-07T12:00:00Z';
    store.park({ ...version, signed, reason: 'seq_jump', peerFingerprint: leaderFingerprint, parkedAt });
    // The log began anew: it holds this write, and not the commits that came before it.
    expect(statSync(wal).size).toBeLessThan(before);
    expect(store.parked().map(({ seq }) => seq)).toEqual([9]);
  });
});
