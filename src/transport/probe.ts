/**
 * Learns the fingerprint of a node nobody here has met, so that a person can compare it. The dial uses a key
 * made for it alone and sends nothing: the node learns nothing about who asked.
 */
import type { DialFailure } from '../ports/transport.ts';
import { closeCodes, parseAddress } from '../protocol/index.ts';
import type { Verdict } from '../protocol/types.ts';
import { createEndpoint } from './endpoint.ts';
import { createEphemeralIdentity } from './identity.ts';

// t[impl dial.probe]
/** The node's fingerprint, or why it could not be had. Never rejects. */
export async function probeFingerprint(
  address: string,
  alpn: string,
  timeoutMs = 5_000,
): Promise<Verdict<string, DialFailure>> {
  const endpoint = await createEndpoint({
    identity: createEphemeralIdentity(),
    listen: [dialOnlyListen(address)],
  });
  const verdict = await new Promise<Verdict<string, DialFailure>>((resolve) => {
    endpoint.dial(
      { alpn, address, fingerprint: null, timeoutMs },
      {
        connected: (connection) => {
          resolve({ ok: true, value: connection.fingerprint });
          connection.close(closeCodes.ok, '');
        },
        failed: (reason) => resolve({ ok: false, reason }),
      },
    );
  });
  await endpoint.close();
  return verdict;
}

/** Where an endpoint that only dials `address` listens: any free port, of the family that is needed. */
export function dialOnlyListen(address: string): string {
  const target = parseAddress(address);
  if (target?.family === 6) return target.kind === 'loopback' ? '[::1]:0' : '[::]:0';
  return target?.kind === 'loopback' ? '127.0.0.1:0' : '0.0.0.0:0';
}
