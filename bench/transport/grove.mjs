/** Our own endpoint as a transport under test: one for the dialling side, one for the answering side. */
import { createEndpoint, createEphemeralIdentity } from '../../dist/src/transport/index.js';

const alpn = 'bes.grove/1';

/** One client holds all connections here, where in life two of one peer are the most. Every other limit is the default. */
const limits = { connectionsPerFingerprintMax: 4_096 };

/** See `measures.mjs` for what a transport under test promises. */
export async function createTransport(behaviour) {
  const server = await createEndpoint({
    listen: ['127.0.0.1:0'],
    limits,
    identity: createEphemeralIdentity(),
  });
  const client = await createEndpoint({
    listen: ['127.0.0.1:0'],
    limits,
    identity: createEphemeralIdentity(),
  });
  const accepted = [];
  let wake = () => {};
  server.register({
    alpn,
    trust: (fingerprint) => (fingerprint === client.fingerprint ? null : { code: 1, reason: 'unauthorised' }),
    accept(connection) {
      connection.onStream((stream) => serveStream(stream, behaviour));
      accepted.push(connection);
      wake();
    },
    connectionsMax: 4_096,
    streamsPerConnectionMax: 8,
  });
  const target = { alpn, address: server.listening[0], fingerprint: server.fingerprint };

  return {
    async connect() {
      const connection = await new Promise((resolve, reject) => {
        client.dial(target, { connected: resolve, failed: (failure) => reject(new Error(failure.detail)) });
      });
      while (accepted.length === 0) await new Promise((resolve) => (wake = resolve));
      accepted.shift();
      return {
        openStream: () => clientStream(connection.openStream('bidirectional')),
        close: () => closed(connection),
      };
    },
    async close() {
      await Promise.all([client.close(), server.close()]);
    },
  };
}

function closed(connection) {
  return new Promise((resolve) => {
    connection.onClosed(resolve);
    connection.close(0, 'ok');
  });
}

/** Turns the callbacks of a stream into the waiting reads and writes the measures use. */
function clientStream(stream) {
  const arrived = [];
  let ended = false;
  let wakeReader = () => {};
  let wakeWriter = () => {};
  const end = () => {
    ended = true;
    wakeReader();
    wakeWriter();
  };
  stream.open({
    data(bytes) {
      arrived.push(bytes);
      wakeReader();
    },
    drain: () => wakeWriter(),
    end,
    aborted: end,
  });
  return {
    async write(bytes) {
      while (!stream.write(bytes)) {
        if (ended) throw new Error('the stream broke off');
        await new Promise((resolve) => (wakeWriter = resolve));
      }
    },
    end: () => stream.end(),
    async read() {
      while (arrived.length === 0 && !ended) await new Promise((resolve) => (wakeReader = resolve));
      return arrived.shift() ?? null;
    },
  };
}

function serveStream(stream, behaviour) {
  stream.open({
    data(bytes) {
      if (behaviour === 'echo' && !stream.write(bytes))
        throw new Error('the echo is larger than what is measured');
    },
    end() {
      if (behaviour === 'sink') stream.write(Uint8Array.of(1));
      stream.end();
    },
    aborted() {},
  });
}
