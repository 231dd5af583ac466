/** `operator_keys`: whose keys may use the operator interface. */
import type { Connection } from './database.ts';
import { operatorKeysMax } from './limits.ts';

export interface OperatorKey {
  readonly fingerprint: string;
  readonly label: string;
  /** RFC 3339 UTC; null when it was not said. */
  readonly addedAt: string | null;
}

export interface OperatorKeyStore {
  /** Ascending by fingerprint. */
  list(): readonly OperatorKey[];
  /** Adds a key, or gives a known one a new label. Durable when it returns. Throws a `RangeError` beyond 1,024 keys. */
  authorise(key: { readonly fingerprint: string; readonly label: string; readonly addedAt?: string }): void;
  /** Durable when it returns; false when the key was not authorised. */
  revoke(fingerprint: string): boolean;
}

// g[impl store.operator-keys]
export function operatorKeysTable(connection: Connection): OperatorKeyStore {
  const select = connection.prepare<OperatorKey>(
    'SELECT fingerprint, label, added_at AS addedAt FROM operator_keys ORDER BY fingerprint',
  );
  const count = connection.prepare<{ readonly keys: number }>('SELECT count(*) AS keys FROM operator_keys');
  const upsert = connection.prepare(
    `INSERT INTO operator_keys (fingerprint, label, added_at) VALUES (?, ?, ?)
     ON CONFLICT (fingerprint) DO UPDATE SET label = excluded.label`,
  );
  const remove = connection.prepare('DELETE FROM operator_keys WHERE fingerprint = ?');

  return {
    list: () => select.all(),
    authorise: ({ fingerprint, label, addedAt }) => {
      connection.write(() => {
        upsert.run(fingerprint, label, addedAt ?? null);
        // Dropping the oldest, as elsewhere, would lock somebody out.
        if ((count.get()?.keys ?? 0) > operatorKeysMax) {
          throw new RangeError(
            `more than ${operatorKeysMax} operator keys: revoke some that are no longer used`,
          );
        }
      });
    },
    revoke: (fingerprint) => remove.run(fingerprint) > 0,
  };
}
