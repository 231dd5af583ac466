/** The page over a trace file, as `grove-sim --inspect` serves it, on a port of the system's choice. */

import { systemClock } from '../../src/daemon/system-ports.ts';
import { serveTrace } from '../../src/inspector/index.ts';

export function serveTraceFile(traceFile: string): ReturnType<typeof serveTrace> {
  return serveTrace({
    traceFile,
    address: '127.0.0.1:0',
    hosts: [],
    tls: null,
    clock: systemClock,
    log: { warn: () => {}, error: () => {} },
  });
}
