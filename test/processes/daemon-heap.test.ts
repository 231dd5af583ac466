/** The part of the daemon's heap where new objects live, after bursts of work. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const heap = new URL('../../dist/src/daemon/heap.js', import.meta.url).href;

/** A process that works in bursts and keeps some of what it makes for a while; prints the bytes set aside for new objects. */
const burst = (before: string) => `
  import { getHeapSpaceStatistics } from 'node:v8';
  ${before}
  const kept = [];
  for (let made = 0; made < 2_000_000; made += 1) {
    const object = { made, list: [made] };
    if (made % 50 === 0) kept.push(object);
    if (kept.length > 20_000) kept.length = 0;
  }
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  process.stdout.write(String(space.physical_space_size));
`;

describe('the heap of the daemon', () => {
  it('does not grow with bursts of work, as it would otherwise', () => {
    const small = newSpaceBytes(`import { keepHeapSmall } from '${heap}'; keepHeapSmall();`);
    expect(small).toBeLessThanOrEqual(4 * 2 ** 20);
    expect(newSpaceBytes('')).toBeGreaterThan(2 * small);
  });
});

function newSpaceBytes(before: string): number {
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', burst(before)]));
}
