/** The part of a real daemon's heap where new objects live, after a burst of work. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, type Place } from './support.ts';

/** Loaded before a program: at its end it makes many objects, keeps some for a while, and notes the bytes set aside for new ones. */
const burst = `
  import { writeFileSync } from 'node:fs';
  import { getHeapSpaceStatistics } from 'node:v8';
  process.on('exit', () => {
    const kept = [];
    for (let made = 0; made < 2_000_000; made += 1) {
      const object = { made, list: [made] };
      if (made % 50 === 0) kept.push(object);
      if (kept.length > 20_000) kept.length = 0;
    }
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    writeFileSync(process.env.HEAP_NOTE, String(space.physical_space_size));
  });
`;

describe('the heap of the daemon', () => {
  let place: Place;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.clear());

  it('does not grow with bursts of work, as that of another program does', async () => {
    const program = join(place.path, 'burst.mjs');
    writeFileSync(program, burst);
    const note = join(place.path, 'bytes');
    const env = { NODE_OPTIONS: `--import=${program}`, HEAP_NOTE: note };

    const daemon = await place.start('a', { env });
    await daemon.stop();
    const bytes = Number(readFileSync(note, 'utf8'));
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(4 * 2 ** 20);

    execFileSync(process.execPath, ['--eval', ''], { env });
    expect(Number(readFileSync(note, 'utf8'))).toBeGreaterThan(2 * bytes);
  });
});
