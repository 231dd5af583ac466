/** Links over QUIC on loopback, against the transport contract. */
import { expect } from 'vitest';
import { createGroveLinks } from '../../src/transport/index.ts';
import { startEndpoint } from '../transport/fixture.ts';
import { type ContractHost, transportContract } from './transport-contract.ts';

async function host(): Promise<ContractHost> {
  const endpoint = await startEndpoint();
  return { transport: createGroveLinks(endpoint), fingerprint: endpoint.fingerprint };
}

transportContract('links over QUIC', async () => ({
  one: await host(),
  other: await host(),
  until: (isSo) => expect.poll(isSo, { timeout: 20_000, interval: 5 }).toBe(true),
}));
