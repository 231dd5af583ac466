/** When a file is flushed in the call and when beside the event loop, and what of it is told. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/daemon/system-ports.ts';
import { besideAfterSlow, type FlushSystem, flushByDisk, quickFlushMs } from '../../src/store/flush-file.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A disk whose flushes take as long as the test says; `ways` is how each was made. */
function disk() {
  const state = { tookMs: 0.5, failure: null as Error | null, ways: [] as string[] };
  let now = 0;
  const system: FlushSystem = {
    flush: () => {
      state.ways.push('in the call');
      now += state.tookMs;
      if (state.failure !== null) throw state.failure;
    },
    flushBeside: (_descriptor, done) => {
      state.ways.push('beside');
      done(state.failure);
    },
  };
  const flushFile = flushByDisk({ monotonicMs: () => now }, system);
  const told: (Error | null)[] = [];
  return { state, told, flush: () => flushFile(7, (error) => told.push(error)) };
}

// g[verify store.flush-beside]
describe('a flush', () => {
  it('is waited for while the disk is quick', () => {
    const { state, told, flush } = disk();
    for (let count = 0; count < 3; count += 1) flush();
    expect(state.ways).toEqual(['in the call', 'in the call', 'in the call']);
    expect(told).toEqual([null, null, null]);
  });

  it('goes beside the event loop after a slow one, until the disk is tried again', () => {
    const { state, flush } = disk();
    state.tookMs = quickFlushMs + 1;
    for (let count = 0; count < besideAfterSlow + 2; count += 1) flush();
    const beside = Array.from({ length: besideAfterSlow }, () => 'beside');
    expect(state.ways).toEqual(['in the call', ...beside, 'in the call']);
    state.ways.length = 0;
    state.tookMs = quickFlushMs;
    for (let count = 0; count < besideAfterSlow + 2; count += 1) flush();
    expect(state.ways).toEqual([...beside, 'in the call', 'in the call']);
  });

  it('that fails is told, either way', () => {
    const { state, told, flush } = disk();
    const failure = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    state.failure = failure;
    flush();
    state.tookMs = quickFlushMs + 1;
    state.failure = null;
    flush();
    state.failure = failure;
    flush();
    expect(told).toEqual([failure, null, failure]);
    expect(state.ways).toEqual(['in the call', 'in the call', 'beside']);
  });
});

describe('a flush by the system', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => directory.remove());

  // g[verify store.flush-beside]
  it('flushes a real file, and tells what is wrong with one that is closed', async () => {
    const descriptor = openSync(join(directory.path, 'file'), 'w');
    const flushFile = flushByDisk(systemClock);
    const flushed = () => new Promise<Error | null>((resolve) => flushFile(descriptor, resolve));
    writeSync(descriptor, 'content');
    expect(await flushed()).toBeNull();
    closeSync(descriptor);
    expect(await flushed()).toMatchObject({ code: 'EBADF' });
  });
});
