/** The daemon's side of the ports: the system's clock, generator and network interfaces. */
import { randomBytes, randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Clock, Host, Random } from '../ports/index.ts';

export const systemClock: Clock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const systemRandom: Random = {
  uint32: () => randomBytes(4).readUInt32LE(0),
  bytes: (length) => new Uint8Array(randomBytes(length)),
  uuid: () => randomUUID(),
};

export const systemHost: Host = {
  networkState: () => {
    const addresses = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
      (entries ?? []).map(({ address }) => `${name} ${address}`),
    );
    return addresses.sort().join('\n');
  },
};
