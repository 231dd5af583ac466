/** A UDP relay between a client and a server: it counts datagrams, swallows them, or changes its own port like a NAT. */
import { createSocket, type Socket } from 'node:dgram';
import { afterThisTest, Inbox } from './fixture.ts';

export interface Relay {
  /** What the client dials. */
  readonly address: string;
  /** One entry for each datagram passed on, either way. */
  readonly passed: Inbox<'to-server' | 'to-client'>;
  /** From now on nothing passes. */
  swallow(): void;
  /** From now on the server sees another port. */
  rebind(): Promise<void>;
  /** Runs on every datagram from the client before it is passed on. */
  onClientDatagram: (datagram: Buffer) => void;
}

export async function startRelay(serverAddress: string): Promise<Relay> {
  const serverPort = Number(serverAddress.split(':')[1]);
  const front = await bind();
  let back = await bind();
  let clientPort = 0;
  let swallowing = false;
  const passed = new Inbox<'to-server' | 'to-client'>();
  const listenBack = (socket: Socket): void => {
    socket.on('message', (datagram) => {
      if (swallowing) return;
      front.send(datagram, clientPort, '127.0.0.1');
      passed.put('to-client');
    });
  };
  const relay: Relay = {
    address: `127.0.0.1:${front.address().port}`,
    passed,
    swallow: () => {
      swallowing = true;
    },
    rebind: async () => {
      back = await bind();
      listenBack(back);
    },
    onClientDatagram: () => {},
  };
  front.on('message', (datagram, from) => {
    clientPort = from.port;
    relay.onClientDatagram(datagram);
    if (swallowing) return;
    back.send(datagram, serverPort, '127.0.0.1');
    passed.put('to-server');
  });
  listenBack(back);
  return relay;
}

async function bind(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  afterThisTest(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket;
}
