/** How the end of a connection is told: who ended it, with which code, and a text an operator can use. */
import type { DialFailure, LinkClosed } from '../ports/transport.ts';
import { closeCodeName, closeCodes, printable } from '../protocol/index.ts';
import type { NativeConnection } from './native.ts';

export const reasonCharactersMax = 256;
/** Bytes of a reason we send: it has to fit a small packet. */
const reasonBytesMax = 512;

const tlsAlertStart = 0x100;
const tlsAlertEnd = 0x1ff;
/** The transport's own refusal of a connection (RFC 9000, section 20.1). */
const connectionRefused = 0x2;

const tlsAlerts: { readonly [alert: number]: string } = {
  40: 'no common signature algorithm: only Ed25519 keys are accepted',
  42: 'the certificate is malformed',
  43: 'the certificate is of an unsupported kind: only Ed25519 keys are accepted',
  116: 'no certificate was presented: both sides must show one with an Ed25519 key',
  120: 'the peer does not offer this protocol',
};

const transportErrors: { readonly [code: number]: string } = {
  0: 'no error',
  1: 'internal error',
  2: 'connection refused',
  3: 'flow control error',
  4: 'stream limit error',
  5: 'stream state error',
  6: 'final size error',
  7: 'frame encoding error',
  8: 'transport parameter error',
  10: 'protocol violation',
  12: 'closed during the handshake',
};

/** Text from the network, safe to print. */
export function printableReason(reason: Uint8Array): string {
  return printable(Buffer.from(reason).toString('utf8'), reasonCharactersMax);
}

// t[impl close.reason-text]
/** The bytes of a reason as they go into a packet, cut at a character. */
export function encodeReason(reason: string): Uint8Array {
  const bytes = Buffer.from(printable(reason, reasonCharactersMax));
  if (bytes.length <= reasonBytesMax) return bytes;
  return Buffer.from(
    bytes
      .subarray(0, reasonBytesMax)
      .toString('utf8')
      .replace(/\uFFFD$/u, ''),
  );
}

export function describeTransportError(code: number): string {
  if (code >= tlsAlertStart && code <= tlsAlertEnd) {
    const alert = code - tlsAlertStart;
    const meaning = tlsAlerts[alert];
    return `TLS alert ${alert}${meaning === undefined ? '' : `: ${meaning}`}`;
  }
  return `QUIC error ${code}: ${transportErrors[code] ?? 'see RFC 9000, section 20.1'}`;
}

// t[impl close.codes]
/** Why quiche considers the connection over, if nobody on this side closed it. */
export function nativeEnd(native: NativeConnection): LinkClosed {
  const peer = native.peerError();
  if (peer?.isApp === true) {
    return { by: 'peer', code: peer.errorCode, reason: printableReason(peer.reason) };
  }
  const error = peer ?? native.localError();
  if (error !== null)
    return { by: 'transport', code: error.errorCode, reason: describeTransportError(error.errorCode) };
  return { by: 'transport', code: null, reason: 'the peer was not heard from any more (idle time-out)' };
}

/** The same end as seen by a dial that had not connected yet. */
export function dialFailureOf(end: LinkClosed): DialFailure {
  if (end.by === 'peer') {
    const name = closeCodeName(end.code ?? closeCodes.ok);
    return {
      kind: 'refused',
      code: end.code,
      detail: `the peer refused: ${name}${end.reason === '' ? '' : ` (${end.reason})`}`,
    };
  }
  if (end.code === null) return { kind: 'timeout', code: null, detail: end.reason };
  if (end.code >= tlsAlertStart && end.code <= tlsAlertEnd)
    return { kind: 'tls', code: null, detail: end.reason };
  return { kind: end.code === connectionRefused ? 'refused' : 'closed', code: null, detail: end.reason };
}
