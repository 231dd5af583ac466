/** Rows that cannot be read any more: left out and reported, so that one bad row does not take the others along. */
import type { DamagedRows } from '../ports/store.ts';
import type { StoreLog } from './log.ts';
import { StoreError } from './store-error.ts';

/** Rows told apart of one table; more of them are not counted. */
const rowsMax = 1_000;

export interface DamageReport {
  /** The rows that can be read, in order. */
  readable<Row, Result>(
    table: string,
    rows: readonly Row[],
    keyOf: (row: Row) => string,
    read: (row: Row) => Result,
  ): Result[];
  damaged(): readonly DamagedRows[];
}

export function damageReport(warn: StoreLog | undefined): DamageReport {
  const found = new Map<string, Set<string>>();

  function note(table: string, key: string): void {
    const keys = found.get(table) ?? new Set();
    found.set(table, keys);
    if (keys.has(key) || keys.size >= rowsMax) return;
    keys.add(key);
    warn?.('a damaged row is left out', { table, row: key });
  }

  return {
    // g[impl store.damaged-rows]
    readable: (table, rows, keyOf, read) =>
      rows.flatMap((row) => {
        try {
          return [read(row)];
        } catch (error) {
          if (!(error instanceof StoreError) || error.code !== 'corrupt') throw error;
          note(table, keyOf(row));
          return [];
        }
      }),
    damaged: () => [...found].map(([table, keys]) => ({ table, rows: keys.size })),
  };
}
