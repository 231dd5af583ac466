/**
 * What is measured of a transport, written once for all of them.
 *
 * A transport under test is made by `createTransport(behaviour)` and listens on loopback with mutual TLS. It has
 *   connect()  resolves when both ends hold the authenticated connection: {openStream(), close()}
 *   close()    ends everything
 * and its server answers every bidirectional stream: `echo` writes back what it reads, `sink` reads to the end
 * and then writes one byte. A client stream has write(bytes) (waits while the transport is full), end(), and
 * read(), which gives the next bytes or null at the end.
 */
import { mean, median, quantile } from '../lib/statistics.mjs';
import { milliseconds, nowNs, sleep } from '../lib/time.mjs';

/**
 * Connections one after another: the time until both ends hold the connection, and how many whole lives (dial,
 * handshake, close waited for until the transport says it is over) fit in a second.
 */
async function handshakes(createTransport, { count, warmUp }) {
  const transport = await createTransport('echo');
  const connectMs = [];
  let wholeMs = 0;
  for (let round = -warmUp; round < count; round += 1) {
    const startNs = nowNs();
    const connection = await transport.connect();
    const connectedNs = nowNs();
    await connection.close();
    if (round < 0) continue;
    connectMs.push(milliseconds(startNs, connectedNs));
    wholeMs += milliseconds(startNs, nowNs());
  }
  await transport.close();
  return { handshakesPerSecond: 1_000 / mean(connectMs), connectionsPerSecond: (count * 1_000) / wholeMs };
}

/** The time of a 6-byte line there and back, on one stream of one open connection. */
async function roundTrip(createTransport, { count, warmUp }) {
  const transport = await createTransport('echo');
  const connection = await transport.connect();
  const stream = connection.openStream();
  const line = Buffer.from('hello\n');
  const samples = [];
  for (let round = -warmUp; round < count; round += 1) {
    const startNs = nowNs();
    await stream.write(Buffer.from(line));
    await readBytes(stream, line.length);
    if (round >= 0) samples.push(milliseconds(startNs, nowNs()));
  }
  await connection.close();
  await transport.close();
  return { roundTripMs: median(samples), roundTripP99Ms: quantile(samples, 0.99) };
}

/** MB/s (10^6 bytes) of one long stream, from the first write to the receiver's word that it read the end. */
async function throughput(createTransport, { megabytes, warmUpMegabytes, chunkBytes }) {
  const transport = await createTransport('sink');
  const connection = await transport.connect();
  await upload(connection.openStream(), warmUpMegabytes * 1e6, chunkBytes);
  const startNs = nowNs();
  await upload(connection.openStream(), megabytes * 1e6, chunkBytes);
  const elapsedMs = milliseconds(startNs, nowNs());
  await connection.close();
  await transport.close();
  return { megabytesPerSecond: (megabytes * 1_000) / elapsedMs };
}

/** What the process grows by for each open connection, both ends and one stream that carried a line included. */
async function memory(createTransport, { connections, warmUp }) {
  const transport = await createTransport('echo');
  const held = [];
  const hold = async (count) => {
    for (let index = 0; index < count; index += 1) {
      const connection = await transport.connect();
      const stream = connection.openStream();
      await stream.write(Buffer.from('hello\n'));
      await readBytes(stream, 6);
      held.push({ connection, stream });
    }
  };
  await hold(warmUp);
  const before = await settledRssBytes();
  await hold(connections);
  const after = await settledRssBytes();
  await Promise.all(held.map(({ connection }) => connection.close()));
  await transport.close();
  return { kilobytesPerConnection: (after - before) / connections / 1_000 };
}

/** By the names the settings use; each gives figures by name. */
export const measures = { handshakes, roundTrip, throughput, memory };

async function upload(stream, bytes, chunkBytes) {
  for (let sent = 0; sent < bytes; sent += chunkBytes) {
    await stream.write(Buffer.alloc(Math.min(chunkBytes, bytes - sent), 120));
  }
  await stream.end();
  await readBytes(stream, 1);
}

async function readBytes(stream, count) {
  for (let got = 0; got < count; ) {
    const bytes = await stream.read();
    if (bytes === null) throw new Error('the stream ended early');
    got += bytes.length;
  }
}

/** Resident memory once what is garbage has gone, native memory that waits for finalisers included. */
async function settledRssBytes() {
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc();
    await sleep(50);
  }
  return process.memoryUsage.rss();
}
