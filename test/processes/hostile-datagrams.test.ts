/** What anybody can send to the port of a node: noise, broken and repeated packets, floods of handshakes. */

import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEphemeralIdentity, type Identity } from '../../src/transport/index.ts';
import { quiche } from '../../src/transport/native.ts';
import { packetType, rawConfig } from '../transport/raw-peer.ts';
import { expectService, growth, growthBytesMax, type HostileGrove, startGrove } from './hostile-node.ts';

let grove: HostileGrove;
let target: { readonly address: string; readonly port: number };
let initial: Buffer;

beforeAll(async () => {
  grove = await startGrove(0);
  const [address = '', port = ''] = grove.leader.address.split(':');
  target = { address, port: Number(port) };
  initial = clientInitial();
});

afterAll(async () => {
  await grove.stop();
});

const config = rawConfig({ credentials: credentialsOf(createEphemeralIdentity()), alpn: 'bes.grove/1' });

function credentialsOf(identity: Identity): { key: string; certificate: string } {
  const key = identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { key, certificate: identity.certificate };
}

/** The first packet of a client that will never send another. */
function clientInitial(): Buffer {
  const [local, remote] = [
    { host: '127.0.0.1', port: 4_433 },
    { host: '127.0.0.1', port: target.port },
  ];
  const native = quiche.Connection.connect(null, randomBytes(16), local, remote, config);
  const buffer = Buffer.alloc(1_350);
  const made = native.send(buffer);
  if (made === null) throw new Error('no packet');
  return Buffer.from(buffer.subarray(0, made[0]));
}

/** A socket on loopback that keeps the types of the answers. */
async function attacker(address = '127.0.0.1'): Promise<{
  readonly answers: readonly ReturnType<typeof packetType>[];
  send(datagrams: readonly Uint8Array[]): Promise<void>;
  /** Resolves with the next answer. */
  answered(): Promise<void>;
  close(): Promise<void>;
}> {
  const socket: Socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  const answers: ReturnType<typeof packetType>[] = [];
  socket.on('message', (datagram) => answers.push(packetType(datagram)));
  const sendOne = (datagram: Uint8Array): Promise<void> =>
    new Promise((resolve) => socket.send(datagram, target.port, target.address, () => resolve()));
  return {
    answers,
    // A few at a time: what the socket buffer of the node cannot take would attack nobody.
    send: async (datagrams) => {
      for (let start = 0; start < datagrams.length; start += 32) {
        await Promise.all(datagrams.slice(start, start + 32).map(sendOne));
      }
    },
    answered: () => new Promise((resolve) => socket.once('message', () => resolve())),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Changes one byte, and leaves the header as it is. */
function damaged(packet: Buffer, offset: number): Buffer {
  const copy = Buffer.from(packet);
  copy[offset] = (copy[offset] ?? 0) ^ 0xff;
  return copy;
}

function withVersion(packet: Buffer, version: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt32BE(version, 1);
  return copy;
}

/** A long header of the version we speak, and nothing sensible behind it. */
function headerAndNoise(length: number): Buffer {
  const bytes = randomBytes(length);
  bytes[0] = 0xc0 | ((bytes[0] ?? 0) & 0x3f);
  bytes.writeUInt32BE(1, 1);
  bytes[5] = 16;
  bytes[22] = 16;
  return bytes;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('datagrams from anywhere', () => {
  const kinds: readonly (readonly [string, () => readonly Buffer[]])[] = [
    ['noise of every size', () => range(1_500).map((length) => randomBytes(length))],
    ['the longest datagrams there are', () => range(20).map(() => randomBytes(65_507))],
    ['version negotiation', () => range(500).map(() => withVersion(initial, 0))],
    ['other versions of QUIC', () => range(500).map(() => withVersion(initial, 0x1a2a3a4a))],
    ['first packets cut short', () => range(1_199).map((length) => initial.subarray(0, length))],
    ['first packets with a changed byte', () => range(1_200).map((offset) => damaged(initial, offset))],
    ['a header and noise', () => range(500).map((more) => headerAndNoise(1_200 + (more % 150)))],
    ['one first packet over and over', () => range(1_000).map(() => initial)],
  ];

  // t[verify robust.garbage] t[verify robust.versions]
  it.each(kinds)('cost nothing and harm nobody: %s', async (_name, make) => {
    const socket = await attacker();
    await socket.send(make());
    await expectService(grove);
    await socket.close();
  });

  // t[verify robust.versions]
  it('are answered when they ask for another version, once for each and never with more', async () => {
    const socket = await attacker();
    const answered = socket.answered();
    await socket.send([withVersion(clientInitial(), 0x1a2a3a4a)]);
    await answered;
    expect(socket.answers).toEqual(['version-negotiation']);
    await socket.close();
  });

  // t[verify robust.garbage]
  it('leave the memory as it was', async () => {
    const socket = await attacker();
    const grown = await growth(grove.leader, 3, async () => {
      for (const [, make] of kinds) await socket.send(make());
      await expectService(grove);
    });
    expect(grown).toBeLessThan(growthBytesMax);
    await socket.close();
  });
});

describe('two thousand first packets with nothing behind them', () => {
  // t[verify limits.retry] t[verify limits.handshakes]
  it('from as many ports and hosts are asked to prove themselves, while operators and members are served', async () => {
    let retries = 0;
    let sent = 0;
    const flood = async (count: number): Promise<void> => {
      const sockets = await Promise.all(
        range(count).map((index) =>
          attacker(`127.${1 + (index % 100)}.${(sent + index) % 250}.${1 + (index % 7)}`),
        ),
      );
      await Promise.all(sockets.map((socket) => socket.send([clientInitial()])));
      sent += count;
      // An operator connects, asks and publishes behind what was sent, so it was all looked at.
      await expectService(grove);
      retries += sockets.flatMap(({ answers }) => answers).filter((type) => type === 'retry').length;
      await Promise.all(sockets.map((socket) => socket.close()));
    };
    const grown = await growth(grove.leader, 3, async () => {
      for (let round = 0; round < 5; round += 1) await flood(100);
    });
    expect(sent).toBe(2_000);
    // The first 32 were let in, and so were those after whom a place was free again.
    expect(retries).toBeGreaterThan(1_000);
    expect(grown).toBeLessThan(growthBytesMax);
  });
});
