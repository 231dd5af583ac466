/** `app_operations`: what was run for each app and how it ended; the newest of each app. */
import type {
  AppStore,
  NewOperation,
  OperationChange,
  OperationKind,
  OperationRow,
  OperationState,
} from '../ports/app-store.ts';
import type { RequestActor } from '../protocol/types.ts';
import type { Connection } from './database.ts';
import { parseJson } from './encoding.ts';
import { boundedLimit, operationsPerAppMax } from './limits.ts';

interface OperationColumns {
  readonly id: number;
  readonly app_name: string;
  readonly kind: OperationKind;
  readonly reason: string;
  readonly attempt: number;
  readonly generation: number;
  readonly grove_seq: number | null;
  readonly changes_json: string;
  readonly actor_json: string;
  readonly state: OperationState;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly detail: string | null;
  readonly output: string | null;
}

type OperationMethods = 'finishOperation' | 'interruptOperations' | 'operation' | 'operations';

// g[impl apps.history]
export function operationsTable(connection: Connection): Pick<AppStore, OperationMethods> {
  const one = connection.prepare<OperationColumns>('SELECT * FROM app_operations WHERE id = ?');
  const newest = connection.prepare<OperationColumns>(
    'SELECT * FROM app_operations WHERE app_name = ? ORDER BY id DESC LIMIT ?',
  );
  const running = connection.prepare<OperationColumns>(
    "SELECT * FROM app_operations WHERE state = 'running' ORDER BY id",
  );
  const interrupt = connection.prepare(
    `UPDATE app_operations SET state = 'interrupted', finished_at = ?,
       detail = 'the node ended while it ran' WHERE state = 'running'`,
  );
  const read = (columns: OperationColumns) => toOperation(columns, connection.path);

  return {
    ...finishing(connection),
    interruptOperations: (at) =>
      connection.write(() => {
        const found = running.all().map(read);
        if (found.length > 0) interrupt.run(at);
        return found;
      }),
    operation: (id) => {
      const columns = one.get(id);
      return columns === undefined ? null : read(columns);
    },
    operations: (app, limit) => newest.all(app, boundedLimit(limit, operationsPerAppMax)).map(read),
  };
}

function finishing(connection: Connection): Pick<AppStore, 'finishOperation'> {
  const finish = connection.prepare(
    `UPDATE app_operations SET state = @state, finished_at = @at, duration_ms = @durationMs, exit_code = @exitCode,
       signal = @signal, detail = @detail, output = @output WHERE id = @id AND app_name = @app AND state = 'running'`,
  );
  // Values do not change while an operation runs: what the app has now is what it was told.
  const succeed = connection.prepare(
    `UPDATE apps SET installed = 1, attempts = 0, last_error = NULL, told_generation =
       (SELECT generation FROM app_operations WHERE id = @id) WHERE name = @app`,
  );
  const tellValues = connection.prepare(
    `UPDATE app_params SET told_value = value WHERE app_name = @app AND generation <=
       (SELECT generation FROM app_operations WHERE id = @id)`,
  );
  const fail = connection.prepare('UPDATE apps SET last_error = ? WHERE name = ?');

  return {
    finishOperation: (end) => {
      connection.write(() => {
        const { id, app, state, detail } = end;
        if (finish.run({ ...end }) === 0) return;
        if (state === 'succeeded') {
          succeed.run({ id, app });
          tellValues.run({ id, app });
        } else {
          fail.run(detail ?? 'failed', app);
        }
      });
    },
  };
}

/** Part of a change's transaction: an operation begins. Returns its number. */
export function operationWriter(
  connection: Connection,
): (app: string, operation: NewOperation, at: string) => number {
  const insert = connection.prepare<{ readonly id: number }>(
    `INSERT INTO app_operations (app_name, kind, reason, attempt, generation, grove_seq, changes_json, actor_json,
       state, started_at)
     VALUES (@app, @kind, @reason, @attempt, @generation, @groveSeq, @changesJson, @actorJson, 'running', @at)
     RETURNING id`,
  );
  const prune = connection.prepare(
    `DELETE FROM app_operations WHERE app_name = @app AND id <=
       (SELECT id FROM app_operations WHERE app_name = @app ORDER BY id DESC LIMIT 1 OFFSET ${operationsPerAppMax})`,
  );

  return (app, operation, at) => {
    const { kind, reason, attempt, generation, groveSeq, changes, actor } = operation;
    const row = insert.get({
      app,
      kind,
      reason,
      attempt,
      generation,
      groveSeq,
      changesJson: JSON.stringify(changes),
      actorJson: JSON.stringify(actor),
      at,
    });
    prune.run({ app });
    return row?.id ?? 0;
  };
}

function toOperation(columns: OperationColumns, path: string): OperationRow {
  return {
    id: columns.id,
    app: columns.app_name,
    kind: columns.kind,
    reason: columns.reason,
    attempt: columns.attempt,
    generation: columns.generation,
    groveSeq: columns.grove_seq,
    changes: parseJson<readonly OperationChange[]>(columns.changes_json, path),
    actor: parseJson<RequestActor>(columns.actor_json, path),
    state: columns.state,
    startedAt: columns.started_at,
    finishedAt: columns.finished_at,
    durationMs: columns.duration_ms,
    exitCode: columns.exit_code,
    signal: columns.signal,
    detail: columns.detail,
    output: columns.output,
  };
}
