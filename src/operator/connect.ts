/** Connecting from outside a node: an endpoint of one's own for one connection, and the probe of a node not met before. */
import { closeCodes, parseAddress } from '../protocol/index.ts';
import { createEndpoint, createEphemeralIdentity, type Identity } from '../transport/index.ts';
import type { Endpoint } from '../transport/types.ts';
import { type ConnectOptions, connectOver, type OperatorClient } from './client.ts';
import { dialError } from './operator-error.ts';
import { operatorAlpn } from './server.ts';

export interface ConnectOperatorOptions extends Omit<ConnectOptions, 'endpoint'> {
  /** The key to sign with. */
  readonly identity: Identity;
  /** An endpoint of the caller's with that key, left open; without it one is made for this connection. */
  readonly endpoint?: Endpoint;
}

export interface ClosableOperatorClient extends OperatorClient {
  /** Resolves when the socket is free. */
  dispose(): Promise<void>;
}

/** Throws `OperatorError`. The node has accepted the key once it answered a request. */
export async function connectOperator(options: ConnectOperatorOptions): Promise<ClosableOperatorClient> {
  const { identity, address, endpoint: given } = options;
  const endpoint = given ?? (await createEndpoint({ identity, listen: [sourceFor(address)] }));
  const release = async (): Promise<void> => {
    if (given === undefined) await endpoint.close();
  };
  try {
    const client = await connectOver({ ...options, endpoint });
    return {
      ...client,
      dispose: async () => {
        client.close();
        await client.closed;
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

// i[impl hosts.probe]
/**
 * The fingerprint of whoever answers at `address`, learned with a key that is used for nothing else, so that a
 * stranger learns nothing about the user. Throws `OperatorError`.
 */
export async function probeFingerprint(address: string, timeoutMs = 5_000): Promise<string> {
  const endpoint = await createEndpoint({
    identity: createEphemeralIdentity(),
    listen: [sourceFor(address)],
  });
  try {
    return await capture(endpoint, address, timeoutMs);
  } finally {
    await endpoint.close();
  }
}

function capture(endpoint: Endpoint, address: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    endpoint.dial(
      { alpn: operatorAlpn, address, fingerprint: null, timeoutMs },
      {
        connected: (connection) => {
          connection.onClosed(() => resolve(connection.fingerprint));
          connection.close(closeCodes.ok, '');
        },
        failed: (failure) => reject(dialError(address, failure)),
      },
    );
  });
}

/** Where to dial from: any port of an address that can reach `address`. A bad one is the dial's to report. */
function sourceFor(address: string): string {
  const target = parseAddress(address);
  if (target?.kind === 'loopback') return target.family === 4 ? '127.0.0.1:0' : '[::1]:0';
  return target?.family === 6 ? '[::]:0' : '0.0.0.0:0';
}
