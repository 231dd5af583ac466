/** The part of a QUIC packet that every version shares (RFC 8999): enough to tell whose packet it is. */

/** Length of the connection ids we choose. */
export const connectionIdBytes = 16;
/** A client's first datagram is at least this long, so that nobody can use us to amplify. */
export const initialDatagramBytesMin = 1_200;

const connectionIdBytesMax = 20;
const longHeaderBit = 0x80;

export interface PacketHeader {
  /** Connection id the packet is addressed to, as a map key. */
  readonly destination: string;
  /** Only such a packet can start a connection. */
  readonly long: boolean;
}

/** Null when the datagram cannot be a QUIC packet for us. */
export function readPacketHeader(datagram: Buffer): PacketHeader | null {
  const first = datagram[0];
  if (first === undefined) return null;
  if ((first & longHeaderBit) === 0) {
    if (datagram.length <= connectionIdBytes) return null;
    return { destination: datagram.toString('latin1', 1, 1 + connectionIdBytes), long: false };
  }
  const length = datagram[5];
  if (length === undefined || length > connectionIdBytesMax || datagram.length < 7 + length) return null;
  return { destination: datagram.toString('latin1', 6, 6 + length), long: true };
}

export function connectionIdKey(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
}
