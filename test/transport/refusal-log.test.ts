import { describe, expect, it } from 'vitest';
import { RefusalLog } from '../../src/transport/refusal-log.ts';

describe('the log of refused connections', () => {
  // t[verify trust.log]
  it('starts anew every minute, and says how many it left out in the last one', () => {
    const lines: object[] = [];
    let now = 0;
    const refusals = new RefusalLog({
      log: { debug: () => {}, warn: (fields) => void lines.push(fields), error: () => {} },
      linesPerMinuteMax: 2,
      monotonicMs: () => now,
    });
    const refuse = (): void =>
      refusals.note(
        { address: '192.0.2.7:7891', alpn: 'bes.grove/1', fingerprint: 'ab' },
        { by: 'us', code: 1, reason: 'not a member' },
      );
    for (let count = 0; count < 5; count += 1) refuse();
    now = 59_999;
    refuse();
    const line = {
      address: '192.0.2.7:7891',
      alpn: 'bes.grove/1',
      fingerprint: 'ab',
      code: 1,
      reason: 'not a member',
    };
    expect(lines).toEqual([line, line]);
    now = 60_000;
    refuse();
    refuse();
    refuse();
    expect(lines.slice(2)).toEqual([{ ...line, leftOut: 4 }, line]);
  });
});
