import { describe, expect, it } from 'vitest';
import { closed, dial, echoWorks, firstAddress, serve, startEndpoint } from './fixture.ts';
import { type Relay, startRelay } from './relay.ts';

const limits = { idleTimeoutMs: 300, keepAliveMs: 100 };

async function relayedPair(serverLimits = limits, clientLimits = limits) {
  const server = await startEndpoint({ limits: serverLimits });
  const client = await startEndpoint({ limits: clientLimits });
  const { connections } = serve(server);
  const relay: Relay = await startRelay(firstAddress(server));
  const outbound = await dial(client, server, { address: relay.address });
  return { server, client, relay, outbound, inbound: await connections.next() };
}

describe('a quiet connection', () => {
  // t[verify idle.timeout]
  it('is over on both sides when the network swallows everything', async () => {
    const { relay, outbound, inbound, server, client } = await relayedPair();
    relay.swallow();
    const end = { by: 'transport', code: null, reason: expect.stringContaining('idle time-out') };
    expect(await Promise.all([closed(outbound), closed(inbound)])).toEqual([end, end]);
    for (const endpoint of [server, client])
      expect(endpoint.stats()).toMatchObject({ connections: 0, timers: 0 });
  });

  // t[verify idle.keep-alive]
  it('is kept by asking for signs of life, far beyond the idle time-out', async () => {
    const { relay, outbound, inbound } = await relayedPair();
    // Each sign of life is a question and an answer; twelve datagrams take longer than two idle time-outs.
    for (let count = relay.passed.waitingValues.length; count > 0; count -= 1) await relay.passed.next();
    const since = performance.now();
    for (let count = 0; count < 12; count += 1) await relay.passed.next();
    expect(performance.now() - since).toBeGreaterThan(limits.idleTimeoutMs);
    expect(await echoWorks(outbound, inbound)).toBe(true);
  });

  // t[verify idle.keep-alive]
  it('is asked by one side only, once an interval', async () => {
    const { relay } = await relayedPair();
    for (let count = relay.passed.waitingValues.length; count > 0; count -= 1) await relay.passed.next();
    // The dialler asks and the other answers, again and again. What is left of the handshake comes before, and a busy
    // machine makes a question be sent twice; two sides that both asked would never alternate three times in a row.
    const inTurn = ['to-server', 'to-client', 'to-server', 'to-client', 'to-server', 'to-client'];
    const directions: string[] = [];
    while (directions.length < 60 && directions.slice(-6).join() !== inTurn.join())
      directions.push(await relay.passed.next());
    expect(directions.slice(-6)).toEqual(inTurn);
  });

  // t[verify idle.timeout]
  it('is never without a time-out, whatever the peer allows', async () => {
    const { relay, inbound } = await relayedPair(limits, {
      idleTimeoutMs: 3_600_000,
      keepAliveMs: 1_800_000,
    });
    relay.swallow();
    expect(await closed(inbound)).toMatchObject({ by: 'transport', code: null });
  });
});
