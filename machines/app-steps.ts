/** What the machine of an app does at each event: plain functions from context and event to the next context and words. */
import type { Refusal } from '../src/protocol/types.ts';
import {
  type AppContext,
  type AppStep,
  type ChangeDone,
  happened,
  type RecordDone,
  type RemoveDone,
  settled,
} from './app-context.ts';
import type { AppRequest, AppWork } from './app-events.ts';
import type { GroveEvent } from './grove-events.ts';

type Of<Union, Type> = Extract<Union, { type: Type }>;

export function takeRequest(_context: AppContext, request: AppRequest): AppStep {
  return { changes: { request }, effects: [] };
}

// g[impl apps.busy]
export function refuseBusy({ app }: AppContext, { requestId }: AppRequest): AppStep {
  const reason: Refusal = {
    code: 'operation_in_progress',
    message: `an operation is in progress on ${app}: try again when it has ended`,
    details: { app },
  };
  return { changes: {}, effects: [settled(requestId, { ok: false, reason })] };
}

export function noteWork(_context: AppContext, _event: AppWork): AppStep {
  return { changes: { work: true }, effects: [] };
}

// g[impl actuation.deferral]
/** The app is busy: what waits is taken when it is not, and only the newest. Each change is reported once. */
export function deferWork({ app, deferredSeq }: AppContext, { params }: AppWork): AppStep {
  const fresh = params.filter(({ seq }) => seq > deferredSeq);
  const events = fresh.map(({ appParam }): GroveEvent => {
    return { type: 'grove.param-deferred', app, app_param: appParam, reason: 'operation_in_progress' };
  });
  const newest = Math.max(deferredSeq, ...fresh.map(({ seq }) => seq));
  return { changes: { work: true, deferredSeq: newest }, effects: happened(events) };
}

/** What is looked at next is everything that waits. */
export function beginChange(): AppStep {
  return { changes: { work: false }, effects: [] };
}

export function noteChanged({ request }: AppContext, done: Of<ChangeDone, 'change.made'>): AppStep {
  const { operation, attempts, value, events } = done;
  const answer = request === null ? [] : [settled(request.requestId, { ok: true, value })];
  return {
    changes: { request: null, operation, attempts, installAgain: false, failed: false },
    effects: [...happened(events), ...answer],
  };
}

/** A refusal changes nothing: what was to be tried again still is. */
export function noteRefused({ request }: AppContext, done: Of<ChangeDone, 'change.refused'>): AppStep {
  const answer = request === null ? [] : [settled(request.requestId, { ok: false, reason: done.refusal })];
  return { changes: { request: null, installAgain: false }, effects: answer };
}

// g[impl actuation.full-disk]
export function noteChangeFailed({ request }: AppContext, done: Of<ChangeDone, 'change.failed'>): AppStep {
  const { refusal, attempts, events } = done;
  const answer = request === null ? [] : [settled(request.requestId, { ok: false, reason: refusal })];
  return {
    changes: { request: null, attempts, failed: true },
    effects: [...happened(events), ...answer],
  };
}

export function noteRecorded(
  { operation, installed }: AppContext,
  { succeeded, events }: Of<RecordDone, 'operation.recorded'>,
): AppStep {
  const installs = operation?.kind === 'install';
  const changes: Partial<AppContext> = succeeded
    ? { operation: null, attempts: 0, failed: false, installed: true }
    : // An installation is begun again by an operator only.
      { operation: null, failed: !installs, installed };
  return { changes, effects: happened(events) };
}

export function noteRemoved(
  { app, request }: AppContext,
  { events }: Of<RemoveDone, 'app.removed'>,
): AppStep {
  const answer = request === null ? [] : [settled(request.requestId, { ok: true, value: {} })];
  return { changes: {}, effects: [...happened(events), { type: 'app.gone', app }, ...answer] };
}

export function noteRemoveFailed(
  { request }: AppContext,
  { refusal }: Of<RemoveDone, 'remove.failed'>,
): AppStep {
  const answer = request === null ? [] : [settled(request.requestId, { ok: false, reason: refusal })];
  return { changes: { request: null }, effects: answer };
}
