/** Opens a store, prints whether it could, and holds it until its input ends. */
import { writeSync } from 'node:fs';
import { openStore, StoreError } from '../../../src/store/index.ts';

try {
  const store = openStore({ directory: process.argv[2] ?? '' });
  writeSync(1, `${JSON.stringify({ held: true })}\n`);
  process.stdin.resume().on('end', () => store.close());
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  writeSync(1, `${JSON.stringify({ held: false, code: error.code, pid: error.details.pid })}\n`);
}
