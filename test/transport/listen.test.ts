import { describe, expect, it } from 'vitest';
import {
  createEndpoint,
  createEphemeralIdentity,
  dialableAddresses,
  probeFingerprint,
} from '../../src/transport/index.ts';
import { alpn, dial, dialFailure, echoWorks, firstAddress, serve, startEndpoint } from './fixture.ts';

describe('listening', () => {
  // t[verify listen.addresses]
  it.each([['127.0.0.1:0'], ['[::1]:0']])('works on %s, with the real port told', async (address) => {
    const server = await startEndpoint({ listen: [address] });
    const client = await startEndpoint({ listen: [address] });
    const { connections } = serve(server);
    expect(firstAddress(server)).toMatch(/:[1-9]\d+$/);
    const outbound = await dial(client, server);
    expect(outbound.address).toBe(firstAddress(server));
    const inbound = await connections.next();
    expect(inbound.address).toBe(firstAddress(client));
    expect(await echoWorks(outbound, inbound)).toBe(true);
  });

  // t[verify listen.addresses]
  it('shares protocols and identity between several addresses', async () => {
    const server = await startEndpoint({ listen: ['127.0.0.1:0', '[::1]:0'] });
    const { connections } = serve(server);
    const client = await startEndpoint({ listen: ['[::1]:0', '127.0.0.1:0'] });
    for (const address of server.listening) {
      const outbound = await dial(client, server, { address });
      expect(await echoWorks(outbound, await connections.next())).toBe(true);
    }
    expect(server.listening).toHaveLength(2);
  });

  // t[verify listen.addresses]
  it('says which address cannot be had, and leaves none bound', async () => {
    const taken = firstAddress(await startEndpoint());
    const free = `[::1]:${taken.split(':')[1]}`;
    const identity = createEphemeralIdentity();
    await expect(createEndpoint({ identity, listen: [free, taken] })).rejects.toThrow(
      `cannot listen on ${taken}: another program uses this port`,
    );
    const endpoint = await createEndpoint({ identity, listen: [free] });
    await endpoint.close();
    await expect(createEndpoint({ identity, listen: ['localhost:7891'] })).rejects.toThrow(
      'cannot listen on localhost',
    );
  });

  // t[verify listen.mapped]
  it('takes IPv4 on [::] and shows such peers as IPv4', async () => {
    const server = await startEndpoint({ listen: ['[::]:0'] });
    const { connections } = serve(server);
    const port = firstAddress(server).slice('[::]:'.length);
    const client = await startEndpoint();
    const outbound = await dial(client, server, { address: `127.0.0.1:${port}` });
    const inbound = await connections.next();
    expect(inbound.address).toBe(firstAddress(client));
    expect(await echoWorks(outbound, inbound)).toBe(true);
  });

  // t[verify listen.mapped] t[verify dial.socket]
  it('dials IPv4 from [::]', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const client = await startEndpoint({ listen: ['[::]:0'] });
    const outbound = await dial(client, server);
    expect(outbound.address).toBe(firstAddress(server));
    expect((await connections.next()).address).toBe(
      `127.0.0.1:${firstAddress(client).slice('[::]:'.length)}`,
    );
  });

  // t[verify listen.dialable]
  it('tells others the advertised address first and never a wildcard', () => {
    const addresses = dialableAddresses(
      ['0.0.0.0:7891', '127.0.0.1:7892', '[::]:7893'],
      ['[2001:db8:0::7]:7000', 'nonsense'],
    );
    expect(addresses[0]).toBe('[2001:db8::7]:7000');
    expect(addresses).toContain('127.0.0.1:7892');
    expect(addresses.join(' ')).not.toMatch(/(^| )(0\.0\.0\.0|\[::\])/);
  });
});

describe('dialling', () => {
  // t[verify dial.socket]
  it('leaves from the listening socket, so that the address a peer sees can be dialled', async () => {
    const [one, other] = [await startEndpoint(), await startEndpoint()];
    const { connections } = serve(one);
    serve(other);
    await dial(other, one);
    const seen = (await connections.next()).address;
    expect((await dial(one, other, { address: seen })).fingerprint).toBe(other.fingerprint);
  });

  // t[verify dial.socket]
  it('says so when no listen address has the family of the target', async () => {
    const client = await startEndpoint();
    const failure = await dialFailure(client, client, { address: '[::1]:7891' });
    expect(failure).toMatchObject({
      kind: 'unreachable',
      detail: 'no IPv6 listen address to dial from: listen on [::]:PORT instead, it serves both',
    });
  });

  // t[verify dial.failures]
  it.each([
    'localhost:7891',
    '127.0.0.1',
    '127.0.0.1:0',
    '0.0.0.0:7891',
    '224.0.0.1:7891',
    '[fe80::1%eth0]:7891',
  ])('refuses %s, which is no address to dial', async (address) => {
    const client = await startEndpoint();
    expect(await dialFailure(client, client, { address })).toMatchObject({
      kind: 'invalid_address',
      code: null,
    });
  });

  // t[verify dial.failures]
  it('fails at once when the system cannot send there', async () => {
    const client = await startEndpoint();
    const failure = await dialFailure(client, client, { address: '192.0.2.1:7891' });
    expect(failure).toMatchObject({
      kind: 'unreachable',
      detail: expect.stringContaining('cannot send to 192.0.2.1:7891'),
    });
    expect(client.stats()).toMatchObject({ handshakes: 0, timers: 0 });
  });

  // t[verify dial.failures]
  it('gives up on an address where nobody answers', async () => {
    const gone = await startEndpoint();
    const address = firstAddress(gone);
    await gone.close();
    const client = await startEndpoint();
    expect(await dialFailure(client, gone, { address, timeoutMs: 50 })).toMatchObject({
      kind: 'timeout',
      code: null,
    });
    expect(client.stats()).toMatchObject({ handshakes: 0, timers: 0 });
  });

  // t[verify dial.failures]
  it('calls nobody after it was cancelled', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const client = await startEndpoint();
    const calls: string[] = [];
    const target = { alpn, address: firstAddress(server), fingerprint: server.fingerprint };
    const callbacks = { connected: () => calls.push('connected'), failed: () => calls.push('failed') };
    client.dial(target, callbacks)();
    client.dial({ ...target, address: 'nowhere' }, callbacks)();
    // Another dial goes all the way after them.
    await dial(client, server);
    await connections.next();
    expect(calls).toEqual([]);
    expect(client.stats().handshakes).toBe(0);
  });

  // t[verify dial.probe]
  it('probes a fingerprint with a key nobody knows, though the node does not trust it', async () => {
    const server = await startEndpoint();
    const asked: string[] = [];
    serve(server, {
      trust: (fingerprint) => {
        asked.push(fingerprint);
        return { code: 1, reason: '' };
      },
    });
    const probe = () => probeFingerprint(firstAddress(server), alpn);
    expect(await probe()).toEqual({ ok: true, value: server.fingerprint });
    expect(await probe()).toEqual({ ok: true, value: server.fingerprint });
    await expect.poll(() => new Set(asked).size).toBe(2);
    expect(await probeFingerprint('nonsense', alpn)).toMatchObject({
      ok: false,
      reason: { kind: 'invalid_address' },
    });
  });
});
