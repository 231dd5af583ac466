/**
 * The `QUICServer` and `QUICClient` classes of `@matrixai/quic` as a transport under test. They get what is
 * good for them: their own defaults (larger windows than ours), a silent logger that formats nothing, and
 * one shared client socket, which saves them a bind for every dial.
 */
import { createHmac, randomBytes, randomFillSync } from 'node:crypto';
import { events, QUICClient, QUICServer, QUICSocket } from '@matrixai/quic';
import { createCredentials } from './credentials.mjs';

const host = '127.0.0.1';
const silent = { debug() {}, info() {}, warn() {}, error() {}, getChild: () => silent };

const clientCrypto = { ops: { randomBytes: async (data) => void randomFillSync(new Uint8Array(data)) } };

const serverCrypto = {
  key: new Uint8Array(randomBytes(32)).buffer,
  ops: {
    sign: async (key, data) => new Uint8Array(digest(key, data)).buffer,
    verify: async (key, data, signature) => digest(key, data).equals(Buffer.from(signature)),
  },
};

/** See `measures.mjs` for what a transport under test promises. */
export async function createTransport(behaviour) {
  const tls = { verifyPeer: true, verifyCallback: async () => undefined, applicationProtos: ['bench/1'] };
  const limits = { maxIdleTimeout: 30_000, keepAliveIntervalTime: 10_000 };
  const server = new QUICServer({
    crypto: serverCrypto,
    config: { ...tls, ...limits, ...createCredentials() },
    logger: silent,
  });
  const accepted = acceptanceQueue();
  server.addEventListener(events.EventQUICServerConnection.name, ({ detail: connection }) => {
    connection.addEventListener(events.EventQUICConnectionStream.name, ({ detail: stream }) => {
      serveStream(stream, behaviour).catch(() => {});
    });
    accepted.push(connection);
  });
  await server.start({ host, port: 0 });
  const socket = new QUICSocket({ logger: silent });
  await socket.start({ host, port: 0 });
  const config = { ...tls, ...limits, ...createCredentials() };

  return {
    async connect() {
      const [client] = await Promise.all([
        QUICClient.createQUICClient({
          host,
          port: server.port,
          socket,
          crypto: clientCrypto,
          config,
          logger: silent,
        }),
        accepted.take(),
      ]);
      return {
        openStream: () => clientStream(client.connection.newStream('bidi')),
        close: () => client.destroy({ force: true }),
      };
    },
    async close() {
      await server.stop({ force: true });
      await socket.stop({ force: true });
    },
  };
}

function clientStream(stream) {
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  return {
    write: (bytes) => writer.write(bytes),
    end: () => writer.close(),
    async read() {
      const { value, done } = await reader.read();
      return done ? null : value;
    },
  };
}

async function serveStream(stream, behaviour) {
  const writer = stream.writable.getWriter();
  for await (const chunk of stream.readable) {
    if (behaviour === 'echo') await writer.write(chunk);
  }
  if (behaviour === 'sink') await writer.write(Uint8Array.of(1));
  await writer.close();
}

/** Pairs each dial with the server's side of it: a handshake counts when both ends hold the connection. */
function acceptanceQueue() {
  const waiting = [];
  const arrived = [];
  return {
    push(connection) {
      const resolve = waiting.shift();
      if (resolve === undefined) arrived.push(connection);
      else resolve(connection);
    },
    take() {
      const connection = arrived.shift();
      return connection === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(connection);
    },
  };
}

function digest(key, data) {
  return createHmac('sha256', new Uint8Array(key)).update(new Uint8Array(data)).digest();
}
