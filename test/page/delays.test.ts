import { describe, expect, it } from 'vitest';
import { delaysOf } from '../../src/inspector/web/convergence/delays.ts';

describe('how long a publish took', () => {
  // w[verify view.convergence]
  it('is counted from the first sign of it, and the last node makes it the slowest', () => {
    const reached = [
      { fingerprint: 'a', at: 1_000 },
      { fingerprint: 'b', at: 1_250 },
    ];
    const { firstAt, delays, slowestMs } = delaysOf({ seq: 7, at: 1_040, reached });
    expect({ firstAt, slowestMs, b: delays.get('b') }).toEqual({ firstAt: 1_000, slowestMs: 250, b: 250 });
  });

  // w[verify view.convergence]
  it('is not known while only one node has it', () => {
    expect(delaysOf({ seq: 7, at: 1_040, reached: [] }).slowestMs).toBeUndefined();
  });
});
