/**
 * One bound UDP socket. It never fails after it was bound: what cannot be sent is lost, as on any network, and
 * only a dial asks to be told why. IPv4 addresses on a dual-stack socket are shown as IPv4.
 */
import { createSocket, type Socket } from 'node:dgram';
import { type Address, formatAddress, parseAddress } from '../protocol/index.ts';
import type { TransportLog } from './log.ts';

const mappedPrefix = '::ffff:';
/** Room for the bursts of many connections; the system may grant less. */
const socketBufferBytes = 4 * 1_048_576;

/** Where a datagram comes from or goes to, in every form that is needed on the way. */
export interface Remote {
  /** Canonical IP literal without brackets; IPv4 even on a dual-stack socket. */
  readonly host: string;
  readonly port: number;
  /** As the socket wants it. */
  readonly socketHost: string;
}

export interface UdpSocket {
  readonly address: Address;
  /** `ip:port` or `[ip]:port` with the real port. */
  readonly text: string;
  /** True for an IPv6 socket that carries IPv4 too. */
  readonly dualStack: boolean;
  send(datagram: Uint8Array, to: Remote): void;
  /** Sends, and tells the system's error code when it refused. Never synchronously. */
  sendReporting(datagram: Uint8Array, to: Remote, failed: (code: string) => void): void;
  /** Datagrams the system has not taken yet. */
  queued(): number;
  /** How a peer's address looks from this socket. */
  remote(host: string, port: number): Remote;
  close(): Promise<void>;
}

export interface UdpReceiver {
  /** The buffer belongs to the receiver. */
  datagram(socket: UdpSocket, datagram: Buffer, socketHost: string, port: number): void;
}

/** The address cannot be bound. The message says what the operator can do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

// t[impl listen.addresses]
export async function bindUdpSocket(
  text: string,
  receiver: UdpReceiver,
  log: TransportLog,
): Promise<UdpSocket> {
  const wanted = parseAddress(text, 0);
  if (wanted === null) {
    throw new ListenError(`cannot listen on ${text}: write it as 192.0.2.7:7891 or [2001:db8::7]:7891`);
  }
  const dualStack = wanted.family === 6 && wanted.ip === '::';
  const socket = createSocket({
    type: wanted.family === 4 ? 'udp4' : 'udp6',
    ipv6Only: wanted.family === 6 && !dualStack,
    // Addresses are literals: nothing is resolved, and a datagram leaves in the turn it is sent.
    lookup: (host, _options, found) => found(null, host, wanted.family),
  });
  await bound(socket, wanted, text);
  for (const set of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
    try {
      socket[set](socketBufferBytes);
    } catch (error) {
      log.debug({ error: String(error) }, 'the system keeps its own size for socket buffers');
    }
  }
  const address: Address = { ...wanted, port: socket.address().port };
  const udp = wrapSocket(socket, address, dualStack);
  // t[impl robust.unsendable]
  socket.on('error', (error) => log.warn({ error: error.message, listen: udp.text }, 'UDP socket error'));
  socket.on('message', (datagram, { address: host, port }) => receiver.datagram(udp, datagram, host, port));
  return udp;
}

function wrapSocket(socket: Socket, address: Address, dualStack: boolean): UdpSocket {
  let open = true;
  return {
    address,
    text: formatAddress(address),
    dualStack,
    send: (datagram, to) => {
      if (open) socket.send(datagram, to.port, to.socketHost);
    },
    sendReporting: (datagram, to, failed) => {
      if (!open) return;
      socket.send(datagram, to.port, to.socketHost, (error) => {
        if (error !== null) failed('code' in error ? String(error.code) : error.message);
      });
    },
    queued: () => (open ? socket.getSendQueueCount() : 0),
    remote: (host, port) => ({
      host,
      port,
      socketHost: dualStack && !host.includes(':') ? mappedPrefix + host : host,
    }),
    close: () => {
      if (!open) return Promise.resolve();
      open = false;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

// t[impl listen.mapped]
/** What a socket reports as a peer's host, as the IP literal people know: mapped IPv4 as IPv4, no zone. */
export function hostOfSocketHost(socketHost: string): string {
  if (socketHost.startsWith(mappedPrefix)) return socketHost.slice(mappedPrefix.length);
  const zone = socketHost.indexOf('%');
  return zone === -1 ? socketHost : socketHost.slice(0, zone);
}

function bound(socket: Socket, address: Address, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => {
      socket.close();
      reject(new ListenError(`cannot listen on ${text}: ${bindHint(cause)}`, { cause }));
    };
    socket.once('error', failed);
    socket.bind({ address: address.ip, port: address.port, exclusive: true }, () => {
      socket.off('error', failed);
      resolve();
    });
  });
}

function bindHint(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return 'another program uses this port; stop it or choose another port';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  if (code === 'EACCES') return 'not allowed; choose a port above 1023';
  return error.message;
}
