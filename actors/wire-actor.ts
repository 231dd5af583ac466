/**
 * One link as an actor: lines become events, events become lines. It lives as long as its peer actor; when that is
 * stopped, the link is closed.
 */
import { fromCallback } from 'xstate';
import type { PeerToWire, WireToPeer } from '../machines/peer-events.ts';
import { closeCodes, formatTimestamp } from '../src/protocol/index.ts';
import type { Version } from '../src/protocol/types.ts';
import type { GroveParts } from './parts.ts';

export function wireActor(parts: GroveParts) {
  const { links, shelf, ports, work, counters } = parts;
  return fromCallback<PeerToWire, { linkId: string }>(({ input, receive, sendBack }) => {
    const link = links.get(input.linkId);
    const tell = (event: WireToPeer) => sendBack(event);
    const now = () => formatTimestamp(ports.clock.now());
    if (link === null) {
      tell({ type: 'wire.closed', by: 'transport', code: null, reason: 'the link is gone', at: now() });
      return;
    }
    let over = false;
    /** A payload that waits until the peer has read what was sent before; a newer one takes its place. */
    let held: Version | null = null;
    const sendPayload = (version: Version) => {
      const payload = shelf.get(version);
      // A payload that is no longer the newest may be gone: its successor is on its way to this link.
      if (payload !== null) link.send(payload.line);
    };

    link.open({
      line: (bytes) => {
        const event = eventOf(bytes, parts, now);
        if (event !== null) tell(event);
      },
      malformed: (detail) => {
        counters.malformedLines += 1;
        tell({ type: 'wire.malformed', detail });
      },
      drained: () => {
        const version = held;
        held = null;
        if (version !== null) sendPayload(version);
      },
      closed: (end) => {
        over = true;
        links.drop(link.id);
        tell({ type: 'wire.closed', ...end, at: now() });
      },
    });

    receive((event) => {
      if (event.type === 'wire.close') {
        // The last word may be the proof that the peer is out: it goes behind what waits.
        if (held !== null) sendPayload(held);
        held = null;
        link.close(event.code, event.reason);
      } else if (event.type === 'version' && 'hash' in event) {
        // g[impl gossip.one-queued]
        if (link.waitingBytes > 0) held = { seq: event.seq, hash: event.hash };
        else sendPayload(event);
      } else {
        link.send(work.encodeMessage(event));
      }
    });

    // g[impl gossip.close]
    return () => {
      if (over) return;
      links.drop(link.id);
      link.close(closeCodes.ok, 'nobody uses this link any more');
    };
  });
}

/** What a line says, as an event; null when it says nothing to us. */
function eventOf(line: Uint8Array, { work, counters }: GroveParts, now: () => string): WireToPeer | null {
  const message = work.parseMessage(line);
  if (!message.ok) {
    // g[impl gossip.malformed]
    counters.malformedLines += 1;
    return { type: 'wire.malformed', detail: message.reason.detail };
  }
  if (message.value.type === 'unknown') {
    // g[impl gossip.unknown-message]
    counters.unknownMessages += 1;
    return null;
  }
  return message.value.type === 'hello' ? { at: now(), ...message.value } : message.value;
}
