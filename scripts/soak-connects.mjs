#!/usr/bin/env node
/**
 * `npm run soak`: connects and disconnects two endpoints many times over and prints how memory goes. The QUIC library
 * keeps its memory where V8 does not see it, so a leak there shows nowhere else. Not part of the tests: it takes
 * a while and what it judges is a trend.
 *
 *   npm run soak                 10,000 connections
 *   npm run soak -- 50000        as many as given
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const connections = Number(process.argv[2] ?? 10_000);
const alpn = 'soak/1';
/** After the first fifth everything that is made once is there; from then on memory may grow by this much. */
const growthBytesMax = 32 * 1_048_576;

const build = fileURLToPath(new URL('build.mjs', import.meta.url));
const built = spawnSync(process.execPath, [build, '--if-stale'], { stdio: ['ignore', 2, 'inherit'] });
if (built.status !== 0) process.exit(built.status ?? 1);
const door = new URL('../dist/src/transport/index.js', import.meta.url);
const { createEndpoint, createEphemeralIdentity } = await import(door.href);

const server = await createEndpoint({ identity: createEphemeralIdentity(), listen: ['127.0.0.1:0'] });
const client = await createEndpoint({ identity: createEphemeralIdentity(), listen: ['127.0.0.1:0'] });
server.register({
  alpn,
  trust: () => null,
  accept: () => {},
  connectionsMax: 16,
  connectionsPerFingerprintMax: 16,
  streamsPerConnectionMax: 1,
});

let settled = 0;
const step = Math.max(1, Math.floor(connections / 10));
for (let count = 1; count <= connections; count += 1) {
  await connectOnce();
  if (count % step !== 0) continue;
  const { rss } = process.memoryUsage();
  if (count >= connections / 5 && settled === 0) settled = rss;
  const { connections: open, timers } = server.stats();
  console.log(
    `${String(count).padStart(7)} connections  ${(rss / 1_048_576).toFixed(0)} MiB  ${open} open, ${timers} timers`,
  );
}
await client.close();
await server.close();
const grown = process.memoryUsage().rss - settled;
console.log(
  `grown by ${(grown / 1_048_576).toFixed(1)} MiB after the first fifth, at most ${growthBytesMax / 1_048_576} are fine`,
);
process.exit(grown <= growthBytesMax ? 0 : 1);

/** One connection, closed by the client and waited for. */
function connectOnce() {
  return new Promise((resolve, reject) => {
    client.dial(
      { alpn, address: server.listening[0], fingerprint: server.fingerprint },
      {
        connected: (/** @type {import('../src/transport/types.ts').Connection} */ connection) => {
          connection.onClosed(resolve);
          connection.close(0, 'done');
        },
        failed: (/** @type {{ detail: string }} */ { detail }) => reject(new Error(detail)),
      },
    );
  });
}
