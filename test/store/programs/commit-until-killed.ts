/** Commits payloads and appends events for ever, and prints each number once both are acknowledged. */
import { writeSync } from 'node:fs';
import { openStore } from '../../../src/store/index.ts';
import { event, payloadCommit, text } from '../payload-fixture.ts';

const store = openStore({ directory: process.argv[2] ?? '' });
for (let seq = (store.membership()?.current.seq ?? 0) + 1; ; seq += 1) {
  // Every tenth is too large for one page of the log, so that some are killed half written.
  const value = 'x'.repeat(seq % 10 === 0 ? 100_000 : 100) + seq;
  store.commitPayload(payloadCommit(seq, { params: [text('greeting', value)] }));
  store.appendEvents([event(seq)]);
  writeSync(1, `${seq}\n`);
}
