/**
 * The endpoint as an actor: inbound links, the trust gate of gossip, and the watch over what may change under the node
 * (sleep, clock, network).
 */
import { fromCallback } from 'xstate';
import type { LinkAccepted, LinkReject, TrustSet, WorldChanged } from '../machines/events.ts';
import type { TrustVerdict } from '../src/ports/index.ts';
import { closeCodes, isListed, revokedReason } from '../src/protocol/index.ts';
import type { GroveParts } from './parts.ts';
import { whenStoreFails } from './store-failure.ts';
import { watchWorld } from './world-watch.ts';

export function listenerActor({ ports, links, log }: GroveParts) {
  return fromCallback<TrustSet | LinkReject, Record<never, never>>(({ receive, sendBack }) => {
    const { transport, store } = ports;
    const tell = (event: LinkAccepted | WorldChanged) => sendBack(event);

    const stopListening = transport.listen((link) => {
      links.put(link);
      const { id: linkId, fingerprint, address } = link;
      tell({ type: 'link.accepted', linkId, fingerprint, address });
    });
    const stopWatching = watchWorld(ports, (what) => {
      tell({ type: 'world.changed', what, ownAddresses: transport.addresses() });
    });

    const stop = () => {
      stopListening();
      stopWatching();
    };

    const handle = (event: TrustSet | LinkReject) => {
      if (event.type === 'link.reject') {
        links.get(event.linkId)?.close(event.code, event.reason);
        links.drop(event.linkId);
        return;
      }
      const { farewell } = event;
      if (farewell !== undefined) {
        transport.setTrust(() => farewell);
        return;
      }
      // g[impl gossip.trust]
      const { members } = event;
      const former = whenStoreFails<ReturnType<typeof store.formerMembers>>(
        () => store.formerMembers(),
        (detail) => {
          log.warn('former members are refused as strangers: they could not be read', { detail });
          return [];
        },
      );
      const removedAt = new Map(former.map(({ fingerprint, removedAtSeq }) => [fingerprint, removedAtSeq]));
      transport.setTrust((fingerprint) => {
        if (isListed(members, fingerprint)) return null;
        // Nobody is: this node stops, left or was revoked, and its peers did nothing wrong.
        if (members.length === 0) return { code: closeCodes.ok, reason: 'this node takes no links now' };
        const seq = removedAt.get(fingerprint);
        return seq === undefined
          ? nobody()
          : { code: closeCodes.revoked, reason: revokedReason(Math.max(seq, 1)) };
      });
    };

    receive((event) => {
      try {
        handle(event);
      } catch (error) {
        // An actor that throws is not disposed of.
        stop();
        throw error;
      }
    });

    // Whom the transport trusts stays: a replacement must not cost a link. A node that stops has said whom it refuses.
    return stop;
  });
}

function nobody(): TrustVerdict {
  return { code: closeCodes.unauthorised, reason: 'not a member of this grove' };
}
