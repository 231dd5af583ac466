/** What is kept of an output, and that no cut shows a part of a secret. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HookOutput } from '../../src/apps/hook-output.ts';

function keep(chunks: readonly string[], bytesMax: number, secrets: readonly string[] = []) {
  const output = new HookOutput(bytesMax);
  for (const chunk of chunks) output.push(Buffer.from(chunk));
  return output.keep(secrets);
}

describe('kept output', () => {
  it('is everything while it fits', () => {
    expect(keep(['abc', 'de', 'fgh'], 8)).toEqual({ output: 'abcdefgh', outputTruncated: false });
  });

  // i[verify app.output]
  it('is the beginning and the end, however it was cut into chunks', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
    const property = fc.property(sizes, fc.integer({ min: 1, max: 20 }), (lengths, half) => {
      const whole = lengths.reduce((text, length) => text + 'abcdefghij'.repeat(4).slice(0, length), '');
      const ends = lengths.map((_, index) =>
        lengths.slice(0, index + 1).reduce((sum, length) => sum + length, 0),
      );
      const chunks = ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
      const { output, outputTruncated } = keep(chunks, 2 * half);
      const dropped = whole.length - 2 * half;
      expect(outputTruncated).toBe(dropped > 0);
      expect(output).toBe(
        dropped > 0
          ? `${whole.slice(0, half)}\n[… ${dropped} bytes left out …]\n${whole.slice(-half)}`
          : whole,
      );
    });
    fc.assert(property);
  });

  // i[verify app.output]
  it('shows no part of a secret, wherever the cut goes through it', () => {
    const secret = 'S€CRÉTQXZ';
    for (let before = 0; before < 60; before += 1) {
      const { output } = keep([`${'.'.repeat(before)}${secret}${'.'.repeat(60)}`], 40, [secret]);
      expect(output.replaceAll('[secret]', '')).not.toMatch(/[S€CRÉTQXZ\ufffd]/);
    }
  });

  // i[verify app.output]
  it('shows no secret as JSON, and none of its lines', () => {
    const secret = '-----BEGIN KEY-----\nMIIEvQIBADAN"Bgkq\n-----END KEY-----\n';
    const { output } = keep([JSON.stringify({ key: secret }), '\nline MIIEvQIBADAN"Bgkq\n'], 4_096, [secret]);
    expect(output).toBe('{"key":"[secret]"}\nline [secret]\n');
  });

  it('replaces what is no UTF-8', () => {
    const output = new HookOutput(100);
    output.push(Buffer.from([0x61, 0xff, 0x62]));
    expect(output.keep([]).output).toBe('a\ufffdb');
  });
});
