import { describe, expect, it } from 'vitest';
import { addressGroup, HandshakeLimits } from '../../src/transport/handshake-limits.ts';
import {
  createEphemeralIdentity,
  systemTimers,
  type TransportTimers,
  transportLimits,
} from '../../src/transport/index.ts';
import { resolveLimits } from '../../src/transport/limits.ts';
import { createRetryTokens } from '../../src/transport/retry-tokens.ts';
import {
  alpn,
  closed,
  connectedPair,
  dial,
  echoWorks,
  firstAddress,
  Inbox,
  openStream,
  readAll,
  serve,
  startEndpoint,
  text,
} from './fixture.ts';
import { packetType, rawConfig, rawDial } from './raw-peer.ts';
import { startRelay } from './relay.ts';

const identity = createEphemeralIdentity();
const credentials = {
  key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  certificate: identity.certificate,
};

/** Real time, which a test can push forward. */
function pushedTimers(): { timers: TransportTimers; push(ms: number): void } {
  let pushed = 0;
  return {
    timers: { ...systemTimers, monotonicMs: () => systemTimers.monotonicMs() + pushed },
    push: (ms) => {
      pushed += ms;
    },
  };
}

describe('handshakes in progress', () => {
  // t[verify limits.handshakes] t[verify limits.retry]
  it('are eight for an address; the ninth is asked to prove it, which costs no memory', async () => {
    const server = await startEndpoint();
    serve(server);
    for (let count = 0; count < 8; count += 1) {
      const peer = await rawDial(firstAddress(server), rawConfig({ credentials }), { deaf: true });
      expect(packetType(await peer.received.next())).toBe('initial');
    }
    expect(server.stats()).toMatchObject({ handshakes: 8, retrying: false });
    const ninth = await rawDial(firstAddress(server), rawConfig({ credentials }), { deaf: true });
    expect(packetType(await ninth.received.next())).toBe('retry');
    expect(server.stats()).toMatchObject({ handshakes: 8, refused: { retry: 1 } });
  });

  // t[verify limits.retry]
  it('give way to an honest client that answers the retry', async () => {
    const server = await startEndpoint({ limits: { handshakesPerUnprovenAddressMax: 1 } });
    const { connections } = serve(server);
    await (await rawDial(firstAddress(server), rawConfig({ credentials }), { deaf: true })).received.next();
    const client = await startEndpoint();
    const outbound = await dial(client, server);
    expect(server.stats().refused).toMatchObject({ retry: 1 });
    expect(await echoWorks(outbound, await connections.next())).toBe(true);
  });

  // t[verify limits.retry]
  it('beyond a threshold make every address prove itself', async () => {
    const server = await startEndpoint({ limits: { retryThreshold: 2, handshakeTimeoutMs: 100 } });
    serve(server);
    for (let count = 0; count < 2; count += 1) {
      await (await rawDial(firstAddress(server), rawConfig({ credentials }), { deaf: true })).received.next();
    }
    expect(server.stats().retrying).toBe(true);
    const other = await startEndpoint();
    await dial(other, server);
    expect(server.stats().refused).toMatchObject({ retry: 1 });
    // t[verify limits.handshake-deadline]
    await expect.poll(() => server.stats()).toMatchObject({ handshakes: 0, retrying: false });
  });

  // t[verify limits.handshakes]
  it('give way to newer ones, so that a flood for one protocol locks nobody out of another', async () => {
    const limits = {
      handshakesMax: 4,
      handshakesPerProvenAddressMax: 2,
      handshakesPerUnprovenAddressMax: 100,
      retryThreshold: 3,
    };
    const server = await startEndpoint({ limits });
    serve(server, { alpn: 'flooded/1' });
    const { connections } = serve(server, { alpn: 'operator/1' });
    // They answer the retry, so that only the limits stand in their way, and then never finish.
    for (let count = 0; count < 8; count += 1) {
      const peer = await rawDial(firstAddress(server), rawConfig({ credentials, alpn: 'flooded/1' }), {
        deaf: 'but for retries',
      });
      await peer.received.next();
    }
    await expect.poll(() => server.stats().refused.handshakes_max).toBeGreaterThan(0);
    expect(server.stats().handshakes).toBeLessThanOrEqual(limits.handshakesMax);
    const client = await startEndpoint();
    const outbound = await dial(client, server, { alpn: 'operator/1' });
    expect(await echoWorks(outbound, await connections.next())).toBe(true);
  });

  // t[verify limits.handshakes]
  it('from a proven address are bounded by their own number, and all together', () => {
    const handshakes = new HandshakeLimits(
      resolveLimits({ handshakesPerProvenAddressMax: 2, handshakesMax: 4, retryThreshold: 3 }),
    );
    const evicted: string[] = [];
    const start = (host: string, proven: boolean, name: string) =>
      handshakes.start(host, proven, () => void evicted.push(name));
    start('192.0.2.9', false, 'a');
    start('192.0.2.1', true, 'b');
    start('192.0.2.1', true, 'c');
    expect(handshakes.judge('192.0.2.7', false)).toBe('retry');
    expect(handshakes.judge('192.0.2.7', true)).toBe('accept');
    start('192.0.2.1', true, 'd');
    expect(evicted).toEqual(['b']);
    const last = start('192.0.2.2', true, 'e');
    expect(evicted).toEqual(['b']);
    start('192.0.2.3', true, 'f');
    expect(evicted).toEqual(['b', 'a']);
    last.release();
    last.release();
    expect(handshakes.inProgress).toBe(3);
  });

  // t[verify limits.handshakes]
  it('count an IPv6 /64 as one address', () => {
    expect(addressGroup('2001:db8::1')).toBe(addressGroup('2001:db8::ffff:0:1'));
    expect(addressGroup('2001:db8:0:1::1')).not.toBe(addressGroup('2001:db8:0:2::1'));
    expect(addressGroup('::1')).toBe('0:0:0:0');
    expect(addressGroup('192.0.2.1')).toBe('192.0.2.1');
  });
});

describe('a retry token', () => {
  const source = { host: '192.0.2.1', port: 4_000, retryId: Buffer.from('0123456789abcdef') };
  const originalId = Buffer.from('original');

  // t[verify limits.retry-token]
  it('gives the first connection id back to the same client, for a short time', () => {
    let now = 1_000;
    const tokens = createRetryTokens({ lifeMs: 10, monotonicMs: () => now });
    const token = tokens.mint(source, originalId);
    expect(Buffer.from(tokens.verify(source, token) ?? [])).toEqual(originalId);
    now += 11;
    expect(tokens.verify(source, token)).toBeNull();
  });

  // t[verify limits.retry-token]
  it('is void for another address, port or connection id, when changed, and from another process', () => {
    const tokens = createRetryTokens({ lifeMs: 10, monotonicMs: () => 0 });
    const token = tokens.mint(source, originalId);
    expect(tokens.verify({ ...source, host: '192.0.2.2' }, token)).toBeNull();
    expect(tokens.verify({ ...source, port: 4_001 }, token)).toBeNull();
    expect(tokens.verify({ ...source, retryId: Buffer.from('another id here!') }, token)).toBeNull();
    for (let at = 0; at < token.length; at += 1) {
      const changed = Uint8Array.from(token);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(tokens.verify(source, changed)).toBeNull();
      expect(tokens.verify(source, token.subarray(0, at))).toBeNull();
    }
    expect(createRetryTokens({ lifeMs: 10, monotonicMs: () => 0 }).verify(source, token)).toBeNull();
  });
});

describe('connections', () => {
  // t[verify limits.per-fingerprint]
  it('of one key are two unless the protocol says otherwise, and the third is told that we are busy', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server, {
      connectionsPerFingerprintMax: transportLimits.connectionsPerFingerprintMax,
    });
    const client = await startEndpoint();
    for (let count = 0; count < 2; count += 1) {
      await dial(client, server);
      await connections.next();
    }
    expect(await closed(await dial(client, server))).toMatchObject({ by: 'peer', code: 6 });
    await dial(await startEndpoint(), server);
    await connections.next();
    expect(server.stats()).toMatchObject({ connections: 3, refused: { fingerprint_max: 1 } });
  });

  // t[verify limits.per-fingerprint]
  it('of one key that fell silent give way to a new one', async () => {
    const { timers, push } = pushedTimers();
    const server = await startEndpoint({ timers });
    const { connections } = serve(server, { connectionsPerFingerprintMax: 1 });
    const client = await startEndpoint();
    const relay = await startRelay(firstAddress(server));
    await dial(client, server, { address: relay.address });
    const first = await connections.next();
    relay.swallow();
    push(transportLimits.silentMs);
    const second = await dial(client, server);
    expect(await closed(first)).toMatchObject({ by: 'us', code: 5 });
    expect(await echoWorks(second, await connections.next())).toBe(true);
  });

  // t[verify limits.budgets]
  it('of one protocol use up only its own budget', async () => {
    const server = await startEndpoint();
    const client = await startEndpoint();
    const full = serve(server, { alpn: 'gossip/1', connectionsMax: 1 });
    const { connections } = serve(server, { alpn: 'operator/1', connectionsMax: 1 });
    await dial(client, server, { alpn: 'gossip/1' });
    await full.connections.next();
    expect(await closed(await dial(client, server, { alpn: 'gossip/1' }))).toMatchObject({
      by: 'peer',
      code: 6,
    });
    const outbound = await dial(client, server, { alpn: 'operator/1' });
    expect(await echoWorks(outbound, await connections.next())).toBe(true);
  });

  // t[verify limits.streams]
  it('have no more streams than their protocol allows; the next is reset, and there is room when one ends', async () => {
    const server = await startEndpoint();
    // Another protocol allows more, and QUIC fixes its number before it knows which one it will be.
    serve(server, { alpn: 'wide/1', streamsPerConnectionMax: 8 });
    const { connections } = serve(server, { streamsPerConnectionMax: 1 });
    const client = await startEndpoint();
    const outbound = await dial(client, server);
    const streams = new Inbox<ReturnType<typeof openStream>>();
    (await connections.next()).onStream(streams.put);
    const first = openStream(outbound);
    const firstAnswer = readAll(first);
    first.write(text('a'));
    first.end();
    const served = await streams.next();
    const second = openStream(outbound);
    const secondAnswer = readAll(second);
    second.write(text('b'));
    expect((await secondAnswer).aborted).toContain('code 6');
    const read = readAll(served);
    served.end();
    expect(await read).toEqual({ text: 'a', aborted: null });
    expect(await firstAnswer).toEqual({ text: '', aborted: null });
    openStream(outbound).write(text('c'));
    expect((await streams.next()).kind).toBe('bidirectional');
    expect(server.stats().refused).toEqual({ streams_max: 1 });
  });

  // t[verify limits.lingering]
  it('that are closed are remembered in a bounded number, and then not at all', async () => {
    const server = await startEndpoint({ limits: { lingeringMax: 2 } });
    serve(server, { trust: () => ({ code: 1, reason: '' }) });
    const client = await startEndpoint();
    const ends = [];
    for (let count = 0; count < 6; count += 1) ends.push(closed(await dial(client, server)));
    await Promise.all(ends);
    expect(server.stats()).toMatchObject({ connections: 0, handshakes: 0 });
    expect(server.stats().timers).toBeLessThanOrEqual(2);
    await expect.poll(() => server.stats().timers).toBe(0);
  });

  // t[verify limits.lingering]
  it('come and go a thousand times and leave nothing behind', async () => {
    const { server, client, inbound, outbound } = await connectedPair();
    for (let count = 0; count < 1_000; count += 1) {
      const connection = await dial(client, server);
      connection.close(0, '');
    }
    await expect
      .poll(() => [server.stats(), client.stats()], { timeout: 10_000 })
      .toMatchObject([
        { connections: 1, handshakes: 0, timers: 1, connectionsByAlpn: { [alpn]: 1 } },
        { connections: 1, handshakes: 0, timers: 1 },
      ]);
    expect(await echoWorks(outbound, inbound)).toBe(true);
  });
});

describe('contradicting limits', () => {
  it.each([
    { keepAliveMs: 20_000 },
    { idleTimeoutMs: 0 },
    { retryThreshold: 512 },
    { datagramBytesMax: 500 },
  ])('are refused at the start (%o)', (limits) => {
    expect(() => resolveLimits(limits)).toThrow('internal mistake');
  });
});
