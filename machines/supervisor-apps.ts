/** The supervisor and the apps of its node: requests go to the actuator, and what it has to say goes out. */
import type { Refusal } from '../src/protocol/types.ts';
import type { AppHappened, AppRequest, AppSettled } from './app-events.ts';
import type { PayloadApplied, PayloadPublished } from './events.ts';
import { nothing, type SupervisorContext, type SupervisorStep, settle } from './supervisor-context.ts';

export function passAppRequest({ appRequests }: SupervisorContext, event: AppRequest): SupervisorStep {
  return {
    changes: { appRequests: [...appRequests, event.requestId] },
    effects: [{ do: 'paramActuator', event }],
  };
}

export function settleApp(
  { appRequests }: SupervisorContext,
  { requestId, verdict }: AppSettled,
): SupervisorStep {
  return {
    changes: { appRequests: appRequests.filter((id) => id !== requestId) },
    effects: [settle(requestId, verdict)],
  };
}

export function reportApp(_context: SupervisorContext, { events }: AppHappened): SupervisorStep {
  return { changes: {}, effects: events.map((event) => ({ do: 'emit', event })) };
}

export function refuseApp({ failure }: SupervisorContext, { requestId }: AppRequest): SupervisorStep {
  const reason: Refusal =
    failure === null
      ? { code: 'operation_in_progress', message: 'the node is stopping' }
      : { code: 'internal', message: `the node cannot go on and must be restarted: ${failure}` };
  return { changes: {}, effects: [settle(requestId, { ok: false, reason })] };
}

// g[impl actuation.last]
/** Behind everything that others wait for: what apps are told takes its time. */
export function actuate({ standing, paramsChanged }: PayloadApplied | PayloadPublished): SupervisorStep {
  if (paramsChanged.length === 0) return nothing;
  const { seq } = standing.version;
  return { changes: {}, effects: [{ do: 'paramActuator', event: { type: 'params.changed', seq } }] };
}
