/** What operators are told of apps: events without a value in them, and who caused them. */
// g[impl apps.events]
import type { GroveEvent } from '../machines/grove-events.ts';
import type { NewOperation, OperationRow } from '../src/ports/index.ts';
import type { RequestActor } from '../src/protocol/types.ts';

// g[impl actuation.actor]
/** Whom a change by the grove is recorded under. */
export function groveActor(groveId: string, seq: number): RequestActor {
  return { kind: 'grove', id: groveId, display: `grove:${seq}` };
}

export function operationStarted(app: string, id: number, operation: NewOperation): GroveEvent {
  const { kind, reason, attempt, generation, groveSeq, changes, actor } = operation;
  return {
    type: 'OperationStarted',
    app,
    operation: id,
    kind,
    reason,
    attempt,
    generation,
    params: changes.map(({ name }) => name),
    seq: groveSeq,
    actor,
  };
}

export interface OperationEnding {
  readonly outcome: 'succeeded' | 'failed' | 'interrupted';
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly durationMs?: number | null;
  readonly detail: string | null;
}

export function operationFinished(row: OperationRow, ending: OperationEnding): GroveEvent {
  const { app, id, kind, actor } = row;
  const { outcome, exitCode = null, signal = null, durationMs = null, detail } = ending;
  return {
    type: 'OperationFinished',
    app,
    operation: id,
    kind,
    outcome,
    exit_code: exitCode,
    signal,
    duration_ms: durationMs,
    detail,
    actor,
  };
}
