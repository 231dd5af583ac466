import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEphemeralIdentity, type Identity } from '../../src/transport/index.ts';
import {
  closed,
  connectedPair,
  dial,
  dialFailure,
  echoWorks,
  firstAddress,
  serve,
  startEndpoint,
} from './fixture.ts';
import { rawConfig, rawDial } from './raw-peer.ts';

function credentialsOf(identity: Identity): { key: string; certificate: string } {
  return {
    key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate: identity.certificate,
  };
}

function opensslCredentials(...keyOptions: string[]): { key: string; certificate: string } {
  const directory = mkdtempSync(join(tmpdir(), 'grove-tls-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const request = [
    'req',
    '-x509',
    '-nodes',
    '-subj',
    '/CN=x',
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    certificate,
  ];
  execFileSync('openssl', [...request, ...keyOptions], { stdio: 'ignore' });
  const credentials = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  rmSync(directory, { recursive: true });
  return credentials;
}

const tlsAlertStart = 0x100;

describe('the handshake', () => {
  // t[verify tls.mutual]
  it('proves to each side the fingerprint of the other', async () => {
    const { server, client, inbound, outbound } = await connectedPair();
    expect(inbound).toMatchObject({ direction: 'inbound', fingerprint: client.fingerprint, alpn: 'test/1' });
    expect(outbound).toMatchObject({
      direction: 'outbound',
      fingerprint: server.fingerprint,
      alpn: 'test/1',
    });
    expect(inbound.address).toBe(firstAddress(client));
    expect(await echoWorks(outbound, inbound)).toBe(true);
  });

  // t[verify tls.mutual]
  it('lets no client in that shows no certificate (TLS alert 116)', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const peer = await rawDial(firstAddress(server), rawConfig({ credentials: null }));
    expect((await peer.over).peer).toBe(`transport ${tlsAlertStart + 116}`);
    expect(connections.waitingValues).toEqual([]);
  });

  // t[verify tls.mutual]
  it.each([
    ['RSA', ['-newkey', 'rsa:2048']],
    ['ECDSA', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  ])('lets no client in with an %s key', async (_name, keyOptions) => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const credentials = opensslCredentials(...keyOptions);
    const signatureAlgorithms = 'rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ed25519';
    const peer = await rawDial(firstAddress(server), rawConfig({ credentials, signatureAlgorithms }));
    const end = await peer.over;
    expect(end.peer ?? end.local).toMatch(/^transport (2|3)\d\d$/);
    expect(connections.waitingValues).toEqual([]);
  });

  // t[verify tls.mutual]
  it('offers a protocol nobody registered and is told so (TLS alert 120)', async () => {
    const server = await startEndpoint();
    serve(server);
    const client = await startEndpoint();
    expect(await dialFailure(client, server, { alpn: 'other/1' })).toEqual({
      kind: 'tls',
      code: null,
      detail: expect.stringContaining('TLS alert 120'),
    });
  });

  // t[verify tls.no-resumption]
  it('is made in full every time: a resumed session is closed', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const config = rawConfig({ credentials: credentialsOf(createEphemeralIdentity()) });
    const first = await rawDial(firstAddress(server), config);
    await connections.next();
    await expect.poll(() => first.native.session()).not.toBeNull();
    const session = first.native.session() ?? new Uint8Array();
    const second = await rawDial(firstAddress(server), config, { session });
    expect((await second.over).peer).toMatch(/^app 1 TLS sessions are not resumed/);
    expect(connections.waitingValues).toEqual([]);
  });
});

describe('a dial', () => {
  // t[verify dial.pinned]
  it('fails when another fingerprint answers, and sends no application byte', async () => {
    const server = await startEndpoint();
    const { connections } = serve(server);
    const client = await startEndpoint();
    const expected = createEphemeralIdentity().fingerprint;
    const failure = await dialFailure(client, server, { fingerprint: expected });
    expect(failure).toMatchObject({ kind: 'wrong_fingerprint', code: null });
    expect(failure.detail).toContain(server.fingerprint);
    // The server may have seen the connection, but nothing on it.
    await expect.poll(() => server.stats()).toMatchObject({ handshakes: 0, connections: 0 });
    let streams = 0;
    for (const connection of connections.waitingValues) {
      connection.onStream(() => {
        streams += 1;
      });
      expect(await closed(connection)).toMatchObject({ by: 'peer', code: 1 });
    }
    expect(streams).toBe(0);
  });

  // t[verify dial.pinned]
  it('learns the fingerprint when none is pinned', async () => {
    const server = await startEndpoint();
    serve(server);
    const client = await startEndpoint();
    expect((await dial(client, server, { fingerprint: null })).fingerprint).toBe(server.fingerprint);
  });
});
