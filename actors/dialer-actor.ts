/** One dial of one address as an actor. Stopping it cancels the dial. */
import { fromCallback } from 'xstate';
import type { AddressToAttempt, DialAddressInput } from '../machines/dial-events.ts';
import type { GroveParts } from './parts.ts';

export function dialerActor({ ports, links }: GroveParts) {
  return fromCallback<{ type: string }, DialAddressInput>(({ input, sendBack }) => {
    const { address, fingerprint } = input;
    const tell = (event: AddressToAttempt) => sendBack(event);
    return ports.transport.dial(
      { address, fingerprint },
      {
        connected: (link) => {
          links.put(link);
          tell({ type: 'address.connected', linkId: link.id, address });
        },
        failed: ({ kind, code, detail }) => tell({ type: 'address.failed', address, kind, code, detail }),
      },
    );
  });
}
