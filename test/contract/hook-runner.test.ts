/** The daemon's hook runner, on real processes, against the contract. */

import { createHookRunner } from '../../src/apps/index.ts';
import { systemClock } from '../../src/daemon/system-ports.ts';
import { hookRunnerContract } from './hook-runner-contract.ts';

hookRunnerContract('child processes', () => {
  const runner = createHookRunner({ clock: systemClock, environment: process.env, node: 'contract' });
  return {
    runner,
    programs: {
      succeed: ['true'],
      fail: ['/bin/sh', '-c', 'exit 7'],
      missing: ['/nonexistent/program'],
      hang: ['sleep', '600'],
      echoInput: ['cat'],
      printGreeting: ['/bin/sh', '-c', 'printf %s "$GREETING"'],
    },
    until: (promise) => promise,
    dispose: () => new Promise((resolve) => runner.close(resolve)),
  };
});
