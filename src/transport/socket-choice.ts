/** Which of the bound sockets a dial leaves from. Dials share the listening sockets, so that the address a peer sees is one it can dial. */
import type { Address } from '../protocol/index.ts';
import type { UdpSocket } from './udp-socket.ts';

export type SocketChoice = { readonly socket: UdpSocket } | { readonly detail: string };

// t[impl dial.socket]
export function chooseSocket(sockets: readonly UdpSocket[], target: Address): SocketChoice {
  const fitting = sockets.filter(
    (socket) => socket.address.family === target.family || (socket.dualStack && target.family === 4),
  );
  if (fitting.length === 0) {
    const detail = `no IPv${target.family} listen address to dial from: listen on [::]:PORT instead, it serves both`;
    return { detail };
  }
  const socket = fitting.reduce((best, candidate) =>
    rank(candidate, target) > rank(best, target) ? candidate : best,
  );
  return { socket };
}

/** A wildcard reaches everything; otherwise loopback reaches loopback, and other addresses reach others. */
function rank(socket: UdpSocket, target: Address): number {
  if (socket.address.kind === 'unspecified') return socket.address.family === target.family ? 3 : 2;
  return (socket.address.kind === 'loopback') === (target.kind === 'loopback') ? 4 : 1;
}
