import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEphemeralIdentity, silentLog } from '../../src/transport/index.ts';
import { bindUdpSocket } from '../../src/transport/udp-socket.ts';
import {
  closed,
  connectedPair,
  dial,
  echoWorks,
  firstAddress,
  openStream,
  serve,
  startEndpoint,
  text,
} from './fixture.ts';
import { bindSocket, packetType, rawConfig, rawDial } from './raw-peer.ts';
import { startRelay } from './relay.ts';

describe('whatever arrives', () => {
  // t[verify robust.garbage]
  it('is no more than noise when it is no QUIC: every length, random bytes, damaged first packets', async () => {
    const { server, inbound, outbound } = await connectedPair();
    const { socket, port } = await bindSocket();
    const serverPort = Number(firstAddress(server).split(':')[1]);
    const identity = createEphemeralIdentity();
    const credentials = {
      key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      certificate: identity.certificate,
    };
    const sample = await rawDial(firstAddress(server), rawConfig({ credentials }), { deaf: true });
    await sample.received.next();
    const send = (datagram: Uint8Array) =>
      new Promise((resolve) => socket.send(datagram, serverPort, '127.0.0.1', resolve));
    for (const first of [0x00, 0x40, 0x7f, 0x80, 0xc0, 0xd0, 0xe0, 0xf0, 0xff]) {
      for (const length of [0, 1, 2, 6, 7, 17, 25, 100, 1_199, 1_200, 1_500]) {
        const datagram = randomBytes(length);
        datagram[0] = first;
        await send(datagram);
        datagram.set([0, 0, 0, 1, 8].slice(0, Math.max(0, length - 1)), Math.min(1, length));
        await send(datagram);
      }
    }
    expect(port).toBeGreaterThan(0);
    expect(await echoWorks(outbound, inbound)).toBe(true);
    expect(server.stats().connections).toBe(1);
  });

  // t[verify robust.garbage]
  it('harms no connection when its packets are damaged on the way', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const relay = await startRelay(firstAddress(server));
    const client = await startEndpoint();
    const outbound = await dial(client, server, { address: relay.address });
    const inbound = await connections.next();
    let count = 0;
    relay.onClientDatagram = (datagram) => {
      count += 1;
      // Every other one: inside, at the end, and in the connection id.
      const at = [datagram.length - 1, 20, 3][(count >> 1) % 3] ?? 0;
      if (count % 2 === 1 && at < datagram.length) datagram[at] = (datagram[at] ?? 0) ^ 0xff;
    };
    expect(await echoWorks(outbound, inbound)).toBe(true);
    expect(count).toBeGreaterThan(1);
  });

  // t[verify robust.versions]
  it('of another QUIC version is answered with ours, unless it is too short to be worth it', async () => {
    const server = await startEndpoint();
    serve(server);
    const { socket } = await bindSocket();
    const serverPort = Number(firstAddress(server).split(':')[1]);
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const header = Buffer.from([
      0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9,
    ]);
    socket.send(Buffer.concat([header, Buffer.alloc(1_000)]), serverPort, '127.0.0.1');
    socket.send(Buffer.concat([header.fill(7, 6, 14), Buffer.alloc(1_200)]), serverPort, '127.0.0.1');
    const datagram = await answer;
    expect(packetType(datagram)).toBe('version-negotiation');
    expect(datagram.includes(Buffer.alloc(8, 7))).toBe(true);
    expect(server.stats().handshakes).toBe(0);
  });

  // t[verify robust.moved-peer]
  it('from another port than its connection is not listened to', async () => {
    const limits = { idleTimeoutMs: 300, keepAliveMs: 150 };
    const server = await startEndpoint({ limits });
    const { connections } = serve(server);
    const client = await startEndpoint({ limits });
    const relay = await startRelay(firstAddress(server));
    const outbound = await dial(client, server, { address: relay.address });
    const inbound = await connections.next();
    let streams = 0;
    inbound.onStream(() => {
      streams += 1;
    });
    await relay.rebind();
    openStream(outbound).write(text('from elsewhere'));
    expect(await closed(inbound)).toMatchObject({ by: 'transport', code: null });
    expect(streams).toBe(0);
    expect((await dial(client, server, { address: relay.address })).fingerprint).toBe(server.fingerprint);
  });
});

describe('a datagram the system will not send', () => {
  // t[verify robust.unsendable]
  it('is lost without an error, told only to those who ask, and harms no later one', async () => {
    const received: string[] = [];
    let wake = (): void => {};
    const receiver = {
      datagram: (_socket: unknown, datagram: Buffer) => {
        received.push(datagram.toString());
        wake();
      },
    };
    const from = await bindUdpSocket('127.0.0.1:0', receiver, silentLog);
    const to = await bindUdpSocket('127.0.0.1:0', receiver, silentLog);
    const remote = from.remote('127.0.0.1', to.address.port);
    const tooLong = new Uint8Array(70_000);
    from.send(tooLong, remote);
    expect(await new Promise((resolve) => from.sendReporting(tooLong, remote, resolve))).toBe('EMSGSIZE');
    const arrived = new Promise<void>((resolve) => {
      wake = resolve;
    });
    from.send(text('hello'), remote);
    await arrived;
    expect(received).toEqual(['hello']);
    await Promise.all([from.close(), to.close(), from.close()]);
    from.send(text('after the end'), remote);
    expect(from.queued()).toBe(0);
  });
});

describe('a mistake of ours', () => {
  // t[verify robust.handler-failure]
  it('in a handler ends its connection, is logged, and harms no other', async () => {
    const errors: string[] = [];
    const log = {
      debug: () => {},
      warn: () => {},
      error: (_fields: object, message: string) => errors.push(message),
    };
    const server = await startEndpoint({ log });
    const { connections } = serve(server);
    const client = await startEndpoint();
    const [doomed, other] = [await dial(client, server), await dial(client, server)];
    const [inboundDoomed, inboundOther] = [await connections.next(), await connections.next()];
    inboundDoomed.onStream(() => {
      throw new Error('a bug');
    });
    openStream(doomed).write(text('x'));
    expect(await closed(inboundDoomed)).toMatchObject({ by: 'us', reason: 'internal mistake' });
    expect(errors).toEqual(['a connection handler failed']);
    expect(await echoWorks(other, inboundOther)).toBe(true);
    expect(await closed(doomed)).toEqual({ by: 'peer', code: 3, reason: 'internal mistake' });
  });
});
