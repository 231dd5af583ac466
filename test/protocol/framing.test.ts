/** Cutting a stream into lines: the same verdict however it arrives, and bounded in time and memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, lineBytesMax, shortLineBytesMax } from '../../src/protocol/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);

/** Feeds a stream cut at the given places. */
function split(stream: Uint8Array, cuts: readonly number[]) {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const places = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort(
    (left, right) => left - right,
  );
  let refusal = null;
  let start = 0;
  for (const end of places) {
    const pushed = splitter.push(stream.slice(start, end));
    lines.push(...pushed.lines.map(text));
    refusal = pushed.refusal;
    start = end;
  }
  return { lines, refusal, pendingBytes: splitter.pendingBytes };
}

const padded = (type: string, length: number) => {
  const frame = `{"type":"${type}","pad":""}`;
  return frame.replace('""', `"${'x'.repeat(Math.max(0, length - frame.length))}"`);
};

describe('LineSplitter', () => {
  // g[verify read.framing]
  it('gives the same lines and the same refusal however the stream is cut', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 20 }).map((value) => value.replaceAll('\n', '')),
      fc
        .tuple(
          fc.constantFrom('hello', 'peers', 'version', 'later'),
          fc.constantFrom(
            40,
            shortLineBytesMax - 1,
            shortLineBytesMax,
            shortLineBytesMax + 1,
            65_536,
            65_537,
          ),
        )
        .map(([type, length]) => padded(type, length)),
    );
    const property = fc.property(
      fc.array(line, { maxLength: 5 }),
      fc.string({ maxLength: 5 }).map((value) => value.replaceAll('\n', '')),
      fc.array(fc.nat(), { maxLength: 12 }),
      (lines, rest, cuts) => {
        const stream = bytes([...lines, rest].join('\n'));
        expect(split(stream, cuts)).toEqual(split(stream, []));
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  // g[verify read.framing]
  it('returns the lines before the one that breaks a limit, and nothing after it', () => {
    const splitter = new LineSplitter();
    const stream = bytes(`{"type":"abort"}\n${padded('hello', 4_097)}\n{"type":"abort"}\n`);
    const pushed = splitter.push(stream);
    expect(pushed.lines.map(text)).toEqual(['{"type":"abort"}']);
    expect(pushed.refusal?.code).toBe('line_too_long');
    expect(splitter.push(bytes('{}\n'))).toEqual({ lines: [], refusal: pushed.refusal });
    expect(splitter.pendingBytes).toBe(0);
  });

  // g[verify read.framing]
  it('does not copy a line that lies in one chunk', () => {
    const chunk = bytes('{"a":1}\n{"b":2}\n');
    for (const line of new LineSplitter().push(chunk).lines) expect(line.buffer).toBe(chunk.buffer);
  });

  // g[verify read.framing]
  it('keeps the unfinished line from later changes to the chunk, and from other lines', () => {
    const splitter = new LineSplitter();
    const chunk = bytes('{"a"');
    splitter.push(chunk);
    chunk.fill(0);
    const [first] = splitter.push(bytes(':1}\n{"b"')).lines;
    splitter.push(bytes(':2}\n'));
    expect(text(first ?? new Uint8Array(0))).toBe('{"a":1}');
  });

  // g[verify read.framing]
  it('takes the longest line in single bytes with work in proportion to its length', () => {
    const copied = { bytes: 0 };
    const original = Uint8Array.prototype.set;
    const line = bytes(padded('version', lineBytesMax));
    const splitter = new LineSplitter();
    Uint8Array.prototype.set = function counting(
      this: Uint8Array,
      source: ArrayLike<number>,
      offset?: number,
    ) {
      copied.bytes += source.length;
      return original.call(this, source, offset);
    };
    try {
      for (let index = 0; index < line.length; index += 1) splitter.push(line.subarray(index, index + 1));
    } finally {
      Uint8Array.prototype.set = original;
    }
    const { lines } = splitter.push(bytes('\n'));
    expect(lines[0]?.length).toBe(lineBytesMax);
    expect(copied.bytes).toBeLessThan(4 * lineBytesMax);
  });

  // g[verify read.line-limits] g[verify read.type-early]
  it.each([
    ['version', 278_528],
    ['peers', 65_536],
    ['hello', 4_096],
    ['abort', 4_096],
    ['later', 4_096],
  ])('stops a %s line at %i bytes, while it is still growing', (type, bytesMax) => {
    const line = bytes(padded(type, bytesMax + 10));
    const splitter = new LineSplitter();
    expect(splitter.push(line.subarray(0, bytesMax)).refusal).toBeNull();
    expect(splitter.push(line.subarray(bytesMax, bytesMax + 1)).refusal?.detail).toContain(String(bytesMax));
  });

  // g[verify read.type-early]
  it.each([
    [
      'after other fields',
      `{"a":{"type":"hello","b":[1,"type"]},"c":"type", "type" : "version","pad":"`,
      true,
    ],
    ['after an escaped quote', `{"a":"\\"type\\":\\\\","type":"version","pad":"`, true],
    ['after the first 4096 bytes', `{"pad":"${'x'.repeat(4_090)}","type":"version","more":"`, false],
    ['only inside another object', `{"payload":{"type":"version"},"pad":"`, false],
    ['only as a value', `{"a":"type","b":"version","pad":"`, false],
    ['as an object', `{"type":{"version":"version"},"pad":"`, false],
    ['spelled with an escape', `{"type":"versio\\u006e","pad":"`, false],
    ['in a list', `["type","version","`, false],
    ['nowhere', 'x', false],
  ])('reads the type of a long line %s: %#', (_, beginning, mayGrow) => {
    const splitter = new LineSplitter();
    const { refusal } = splitter.push(bytes(beginning + 'x'.repeat(10_000)));
    expect(refusal === null).toBe(mayGrow);
  });
});
