/** The hash by which two runs are compared. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Trace, type TraceRecord } from '../../src/simulation/world/trace.ts';

/** Each half is more than goes into the hash together. */
const records = Array.from({ length: 8_000 }, (_, step): TraceRecord => {
  const record = { at: step / 4, node: `n${step % 7}`, event: 'sent', detail: `hello seq=${step}` };
  return step % 2 === 0 ? record : { ...record, peer: `n${step % 5}` };
});

function sha256(lines: readonly TraceRecord[]): string {
  const hash = createHash('sha256');
  for (const { at, node, event, peer = '', detail } of lines)
    hash.update(`${at} ${node} ${event} ${peer} ${detail}\n`);
  return hash.digest('hex');
}

describe('the hash of a trace', () => {
  it('is that of every record so far, whenever it is asked for', () => {
    const trace = new Trace({ keeps: false });
    const half = records.length / 2;
    for (const record of records.slice(0, half)) trace.add(record);
    expect(trace.digest()).toBe(sha256(records.slice(0, half)));
    expect(trace.digest()).toBe(sha256(records.slice(0, half)));
    for (const record of records.slice(half)) trace.add(record);
    expect(trace.digest()).toBe(sha256(records));
  });

  it('leaves out what is noted for readers only', () => {
    const [first] = records;
    const trace = new Trace({ keeps: true });
    for (const record of records.slice(0, 1)) trace.add(record);
    if (first !== undefined) trace.note(first);
    expect(trace.records).toHaveLength(2);
    expect(trace.digest()).toBe(sha256(records.slice(0, 1)));
  });
});
