/** What the actors need for apps: child processes, files, signals, and the key of the secrets. */
import type { GrovePorts } from '../../actors/index.ts';
import { createAppActions, createHookRunner, openSecretBox } from '../apps/index.ts';
import { systemClock } from './system-ports.ts';

export interface AppPorts {
  readonly ports: Pick<GrovePorts, 'runner' | 'actions' | 'secrets'>;
  /** Resolves when no command of an app runs any more. */
  close(): Promise<void>;
}

export function createAppPorts(dataDir: string, fingerprint: string): AppPorts {
  const runner = createHookRunner({ clock: systemClock, environment: process.env, node: fingerprint });
  const actions = createAppActions({ runner });
  return {
    ports: { runner, actions, secrets: openSecretBox(dataDir) },
    close: () => new Promise((resolve) => runner.close(resolve)),
  };
}
