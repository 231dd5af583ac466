import { describe, expect, it } from 'vitest';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import {
  alpn,
  closed,
  connectedPair,
  dial,
  dialFailure,
  echoWorks,
  firstAddress,
  Inbox,
  openStream,
  serve,
  startEndpoint,
  text,
} from './fixture.ts';
import { rawConfig, rawDial } from './raw-peer.ts';

const stranger = { code: 1, reason: 'who are you' };

describe('the trust gate', () => {
  // t[verify trust.live-set] t[verify close.codes]
  it('closes a peer it does not know with its code and reason', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server, { trust: () => stranger });
    const client = await startEndpoint();
    const outbound = await dial(client, server);
    expect(await closed(outbound)).toEqual({ by: 'peer', code: 1, reason: 'who are you' });
    expect(connections.waitingValues).toEqual([]);
    expect(server.stats().refused).toEqual({ untrusted: 1 });
  });

  // t[verify trust.live-set]
  it('asks at every connection', async () => {
    const server = await startEndpoint();
    const client = await startEndpoint();
    const trusted = new Set<string>();
    const { connections } = serve(server, {
      trust: (fingerprint) => (trusted.has(fingerprint) ? null : stranger),
    });
    await closed(await dial(client, server));
    trusted.add(client.fingerprint);
    const outbound = await dial(client, server);
    expect(await echoWorks(outbound, await connections.next())).toBe(true);
  });

  // t[verify trust.before-bytes]
  it('is asked before any byte that came with the handshake is read', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server, { trust: () => stranger });
    const identity = createEphemeralIdentity();
    const credentials = {
      key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      certificate: identity.certificate,
    };
    const peer = await rawDial(firstAddress(server), rawConfig({ credentials }));
    await peer.established;
    peer.native.streamSend(0, text('let me in'), false);
    peer.pump();
    expect((await peer.over).peer).toBe('app 1 who are you');
    expect(connections.waitingValues).toEqual([]);
  });

  // t[verify trust.per-protocol]
  it('keeps the trust of one protocol out of another', async () => {
    const server = await startEndpoint();
    const client = await startEndpoint();
    serve(server, { alpn: 'open/1' });
    serve(server, { alpn: 'shut/1', trust: () => stranger });
    const open = await dial(client, server, { alpn: 'open/1' });
    const shut = await dial(client, server, { alpn: 'shut/1' });
    expect(await closed(shut)).toMatchObject({ by: 'peer', code: 1 });
    expect(open.alpn).toBe('open/1');
    expect(server.stats().connectionsByAlpn).toEqual({ 'open/1': 1, 'shut/1': 0 });
  });
});

describe('a changed trust set', () => {
  // t[verify trust.recheck]
  it('closes the connections it refuses and leaves the others', async () => {
    const server = await startEndpoint();
    const [keeps, loses] = [await startEndpoint(), await startEndpoint()];
    const refused = new Set<string>();
    const { connections, registration } = serve(server, {
      trust: (fingerprint) => (refused.has(fingerprint) ? { code: 4, reason: 'seq=7' } : null),
    });
    const kept = await dial(keeps, server);
    const inbound = await connections.next();
    const lost = await dial(loses, server);
    await connections.next();
    refused.add(loses.fingerprint);
    registration.recheck();
    expect(await closed(lost)).toEqual({ by: 'peer', code: 4, reason: 'seq=7' });
    expect(await echoWorks(kept, inbound)).toBe(true);
  });

  // t[verify trust.recheck]
  it('lets what was queued before it leave, and hears nothing more', async () => {
    const refused = new Set<string>();
    const server = await startEndpoint();
    const { connections, registration } = serve(server, {
      trust: (fingerprint) => (refused.has(fingerprint) ? { code: 4, reason: 'seq=7' } : null),
    });
    const client = await startEndpoint();
    const outbound = await dial(client, server);
    const inbound = await connections.next();
    const heard = new Inbox<string>();
    const said = new Inbox<string>();
    inbound.onStream((stream) => {
      stream.open({
        data: (bytes) => heard.put(Buffer.from(bytes).toString()),
        end: () => {},
        aborted: () => {},
      });
      stream.write(text('the proof'));
      refused.add(client.fingerprint);
      registration.recheck();
    });
    const stream = openStream(outbound);
    stream.open({
      data: (bytes) => said.put(Buffer.from(bytes).toString()),
      end: () => {},
      aborted: () => {},
    });
    stream.write(text('hello'));
    expect(await closed(outbound)).toMatchObject({ by: 'peer', code: 4 });
    expect(said.waitingValues).toEqual(['the proof']);
    expect(heard.waitingValues).toEqual([]);
  });

  // t[verify trust.recheck]
  it('closes connections we dialled, too', async () => {
    const { client, inbound, outbound, server } = await connectedPair();
    let trusted = true;
    const { registration } = serve(client, { trust: () => (trusted ? null : { code: 4, reason: '' }) });
    // The connection was dialled before the protocol was served here: a second one belongs to it.
    const second = await dial(client, server);
    trusted = false;
    registration.recheck();
    expect(await closed(second)).toMatchObject({ by: 'us', code: 4 });
    expect(await echoWorks(outbound, inbound)).toBe(true);
  });

  // t[verify trust.recheck]
  it('reaches a dial that was under way while it changed', async () => {
    const server = await startEndpoint();
    serve(server);
    const client = await startEndpoint();
    const { registration } = serve(client, { trust: () => stranger });
    const failure = dialFailure(client, server);
    registration.recheck();
    expect(await failure).toMatchObject({ kind: 'refused' });
    expect((await dial(client, server)).alpn).toBe(alpn);
  });
});
