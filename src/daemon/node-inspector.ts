/** The inspector of a node, when it is asked for: loaded only then, and started once the node serves operators. */
import { hostname } from 'node:os';
import type { GroveSystem } from '../../actors/index.ts';
import type { Inspector, InspectorLog, InspectorOptions } from '../inspector/index.ts';
import { type NodeControl, type OperatorServer, packageVersion } from '../operator/index.ts';
import type { Endpoint } from '../transport/index.ts';
import { systemClock } from './system-ports.ts';

export const inspectDefault = '127.0.0.1:7892';

export type InspectorSettings = Pick<InspectorOptions, 'address' | 'readOnly' | 'hosts' | 'tls'>;

/** What of a node there is to inspect. */
export interface InspectedParts {
  readonly dataDir: string;
  readonly log: InspectorLog;
  readonly endpoint: Endpoint;
  readonly system: GroveSystem;
  readonly control: NodeControl;
  readonly operators: OperatorServer;
  readonly uptimeSeconds: () => number;
}

export interface InspectorInstruments {
  /** The same control, with its publishes timed. */
  measure(control: NodeControl): NodeControl;
  /** Throws `InspectorError`. */
  serve(parts: InspectedParts): Promise<Inspector>;
}

export async function loadInspector(settings: InspectorSettings): Promise<InspectorInstruments> {
  const { measureControl, PublishTimes, serveInspector } = await import('../inspector/index.ts');
  const publishTimes = new PublishTimes();
  return {
    measure: (control) => measureControl(control, systemClock, (seconds) => publishTimes.note(seconds)),
    serve: ({ dataDir, log, endpoint, system, control, operators, uptimeSeconds }) =>
      serveInspector({
        ...settings,
        dataDirectory: dataDir,
        clock: systemClock,
        log,
        publishTimes,
        node: {
          fingerprint: endpoint.fingerprint,
          version: packageVersion(),
          hostname: hostname(),
          supervisor: system.supervisor,
          control,
          answer: (bytes, actor) => operators.answer(bytes, actor),
          busyShare: busyShare(),
          numbers: () => ({
            ...system.counters,
            connections: endpoint.stats().connections,
            requestsInFlight: operators.requestsInFlight(),
            uptimeSeconds: uptimeSeconds(),
          }),
        },
      }),
  };
}

function busyShare(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
