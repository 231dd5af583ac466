/** A node's transport with an ear on its links: every line that arrives and every end is written down. */
import type { Link, LinkClosed, LinkTransport } from '../../src/ports/index.ts';
import {
  abortReasonText,
  announceFirstBytesMax,
  closeCodeName,
  digestPayload,
  parseMessage,
} from '../../src/protocol/index.ts';
import type { Recording } from './recording.ts';

export function recordLinks(transport: LinkTransport, recording: Recording, name: string): LinkTransport {
  return {
    addresses: () => transport.addresses(),
    setTrust: (judge) => transport.setTrust(judge),
    listen: (accept) => transport.listen((link) => accept(recorded(link, recording, name))),
    dial: (target, handler) =>
      transport.dial(target, {
        connected: (link) => {
          recording.linkOpened(link.id, name, recording.readable(link.fingerprint));
          handler.connected(recorded(link, recording, name));
        },
        failed: (failure) => handler.failed(failure),
      }),
  };
}

function recorded(link: Link, recording: Recording, name: string): Link {
  const peer = recording.readable(link.fingerprint);
  return {
    id: link.id,
    direction: link.direction,
    fingerprint: link.fingerprint,
    address: link.address,
    get waitingBytes() {
      return link.waitingBytes;
    },
    send: (line) => {
      recording.sent(link.id, { from: name, to: peer, text: messageText(line, recording) });
      return link.send(line);
    },
    close: (code, reason) => link.close(code, reason),
    open: (handler) => {
      recording.endOpened(link.id);
      link.open({
        line: (bytes) => {
          recording.read(link.id, peer);
          handler.line(bytes);
        },
        malformed: (detail) => handler.malformed(detail),
        closed: (end) => {
          recording.endClosed(link.id, endText(end, name, peer));
          handler.closed(end);
        },
      });
    },
  };
}

function messageText(bytes: Uint8Array, recording: Recording): string {
  const verdict = parseMessage(bytes);
  if (!verdict.ok) return `malformed: ${verdict.reason.detail}`;
  const message = verdict.value;
  switch (message.type) {
    case 'hello': {
      const { our_seq: seq, our_payload_hash: hash, push = 'unsaid', grove_id } = message;
      const grove = seq === 0 ? '' : recording.groveText(grove_id);
      return `hello${grove} seq=${seq}${hash === '' ? '' : ` hash=${hash}`} push=${push}`;
    }
    case 'version': {
      const { seq } = message.payload;
      const bytesText = bytes.length > announceFirstBytesMax ? ` bytes=${bytes.length}` : '';
      return `version seq=${seq} hash=${digestPayload(message.payload).hash}${bytesText}`;
    }
    case 'peers':
      return `peers ${message.entries.map(({ fingerprint }) => recording.readable(fingerprint)).join(' ')}`;
    case 'abort':
      return `abort ${abortReasonText(message.reason)}`;
    default:
      return `unknown ${message.name}`;
  }
}

function endText({ by, code, reason }: LinkClosed, name: string, peer: string): string {
  if (by === 'transport') return `broke: ${reason}`;
  const closer = by === 'us' ? name : peer;
  return `closed by ${closer}: ${closeCodeName(code ?? -1)}${reason === '' ? '' : ` (${reason})`}`;
}
