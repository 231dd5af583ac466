/**
 * The endpoint as an actor: inbound links, the trust gate of gossip, and the watch over what may change under the node
 * (sleep, clock, network).
 */
import { fromCallback } from 'xstate';
import type { LinkAccepted, LinkReject, TrustSet, WorldChanged } from '../machines/events.ts';
import type { TrustVerdict } from '../src/ports/index.ts';
import { closeCodes, revokedReason } from '../src/protocol/index.ts';
import type { GroveParts } from './parts.ts';
import { watchWorld } from './world-watch.ts';

export function listenerActor({ ports, links }: GroveParts) {
  return fromCallback<TrustSet | LinkReject, Record<never, never>>(({ receive, sendBack }) => {
    const { transport, store } = ports;
    const tell = (event: LinkAccepted | WorldChanged) => sendBack(event);

    let refuseAll = nobody;
    transport.setTrust(refuseAll);
    const stopListening = transport.listen((link) => {
      links.put(link);
      const { id: linkId, fingerprint, address } = link;
      tell({ type: 'link.accepted', linkId, fingerprint, address });
    });
    const stopWatching = watchWorld(ports, (what) => tell({ type: 'world.changed', what }));

    receive((event) => {
      if (event.type === 'link.reject') {
        links.get(event.linkId)?.close(event.code, event.reason);
        links.drop(event.linkId);
        return;
      }
      const { farewell } = event;
      if (farewell !== undefined) {
        refuseAll = () => farewell;
        transport.setTrust(refuseAll);
        return;
      }
      // g[impl gossip.trust]
      const members = new Set(event.members);
      const removedAt = new Map(
        store.formerMembers().map((former) => [former.fingerprint, former.removedAtSeq]),
      );
      transport.setTrust((fingerprint) => {
        if (members.has(fingerprint)) return null;
        // Nobody is: this node stops, left or was revoked, and its peers did nothing wrong.
        if (members.size === 0) return { code: closeCodes.ok, reason: 'this node takes no links now' };
        const seq = removedAt.get(fingerprint);
        return seq === undefined
          ? nobody()
          : { code: closeCodes.revoked, reason: revokedReason(Math.max(seq, 1)) };
      });
    });

    return () => {
      stopListening();
      stopWatching();
      transport.setTrust(refuseAll);
    };
  });
}

function nobody(): TrustVerdict {
  return { code: closeCodes.unauthorised, reason: 'not a member of this grove' };
}
