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

export function noteWork({ heard }: AppContext, { params }: AppWork): AppStep {
  return { changes: { work: true, heard: withChanges(heard, params) }, effects: [] };
}

// g[impl actuation.deferral]
/**
 * The app is busy: what waits is taken when it is not, and only the newest. Each change is reported once; in another grove
 * numbers begin anew, so that a lower one is another change too.
 */
export function deferWork({ app, heard }: AppContext, { params }: AppWork): AppStep {
  const fresh = params.filter(({ appParam, seq }) => heard[appParam] !== seq);
  const events = fresh.map(({ appParam }): GroveEvent => {
    return { type: 'grove.param-deferred', app, app_param: appParam, reason: 'operation_in_progress' };
  });
  return { changes: { work: true, heard: withChanges(heard, fresh) }, effects: happened(events) };
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

/** A refusal changes nothing: what was to be tried again still is. Refused to nobody, it is the installation that cannot be. */
export function noteRefused(
  { request, installAgain }: AppContext,
  done: Of<ChangeDone, 'change.refused'>,
): AppStep {
  if (request === null) return { changes: { installAgain: false }, effects: [] };
  const answer = settled(request.requestId, { ok: false, reason: done.refusal });
  return { changes: { request: null, installAgain }, effects: [answer] };
}

// g[impl actuation.full-disk]
/** A disk that takes nothing counts no tries either: they are counted here, so that the pauses grow. */
export function noteChangeFailed(
  { request, attempts: before }: AppContext,
  done: Of<ChangeDone, 'change.failed'>,
): AppStep {
  const { refusal, events } = done;
  const attempts = Math.max(done.attempts, before + 1);
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
  // Who asked for it is answered first: whoever else asked meanwhile is told that it is gone.
  return { changes: {}, effects: [...happened(events), ...answer, { type: 'app.gone', app }] };
}

export function noteRemoveFailed(
  { request }: AppContext,
  { refusal }: Of<RemoveDone, 'remove.failed'>,
): AppStep {
  const answer = request === null ? [] : [settled(request.requestId, { ok: false, reason: refusal })];
  return { changes: { request: null }, effects: answer };
}

function withChanges(heard: AppContext['heard'], params: AppWork['params']): AppContext['heard'] {
  return { ...heard, ...Object.fromEntries(params.map(({ appParam, seq }) => [appParam, seq])) };
}
