/** Who is let in on which protocol of a real node, and what is left behind by those who are not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkClosed } from '../../src/ports/transport.ts';
import {
  createEphemeralIdentity,
  type Endpoint,
  type Identity,
  transportLimits,
} from '../../src/transport/index.ts';
import { rawConfig, rawDial } from '../transport/raw-peer.ts';
import {
  expectCleanLog,
  expectService,
  type HostileGrove,
  type NodeProcess,
  startGrove,
  startNode,
} from './hostile-node.ts';
import { dialNode, groveAlpn, honestHello, hostileEndpoint, nextLine, openLink } from './hostile-peer.ts';

const operatorAlpn = 'bes.seedling/1';
const unauthorised = 1;

let grove: HostileGrove;
let member: Endpoint;
let operator: Endpoint;
let memberKey: Identity;
const operatorKey = createEphemeralIdentity();

beforeAll(async () => {
  grove = await startGrove(1);
  const [identity] = grove.insiders;
  if (identity === undefined) throw new Error('no insider');
  memberKey = identity;
  member = await hostileEndpoint(memberKey);
  operator = await hostileEndpoint(operatorKey);
  const { fingerprint } = operatorKey;
  await grove.leader.request('/keys/authorise', { fingerprint, label: 'only an operator' });
});

afterAll(async () => {
  await Promise.all([member.close(), operator.close()]);
  await grove.stop();
});

interface Trace {
  readonly connections: number;
  readonly grove: object;
  readonly events: number;
}

/** What of a node would show that a stranger got anywhere. */
async function traceOf(node: NodeProcess): Promise<Trace> {
  const { connections, grove } = (await node.request('/server/status')) as unknown as Omit<Trace, 'events'>;
  return { connections, grove, events: node.log.filter(({ msg }) => msg.startsWith('grove.')).length };
}

/** How the leader ends a connection over which something was asked at once. */
async function refusal(endpoint: Endpoint, alpn: string, bytes: string): Promise<LinkClosed> {
  const connection = await dialNode(endpoint, grove.leader, alpn);
  const closed = new Promise<LinkClosed>((resolve) => connection.onClosed(resolve));
  connection.openStream('bidirectional')?.write(Buffer.from(bytes));
  return closed;
}

describe('a key', () => {
  // t[verify trust.per-protocol] t[verify trust.before-bytes] t[verify trust.log]
  it('that is only an operator’s takes no part in gossip', async () => {
    const before = await traceOf(grove.leader);
    const hello = JSON.stringify(honestHello(grove, operatorKey));
    expect(await refusal(operator, groveAlpn, `${hello}\n`)).toEqual({
      by: 'peer',
      code: unauthorised,
      reason: 'not a member of this grove',
    });
    const line = await grove.leader.logged(({ alpn }) => alpn === groveAlpn);
    expect(line).toMatchObject({
      msg: 'a connection was refused',
      fingerprint: operatorKey.fingerprint,
      address: operator.listening[0],
      reason: 'not a member of this grove',
    });
    expect(await traceOf(grove.leader)).toEqual(before);
  });

  // t[verify trust.per-protocol] i[verify trust.keys] t[verify trust.log]
  it('that is only a member’s operates nothing', async () => {
    const before = await traceOf(grove.leader);
    const request = '{"method":"/grove/params/set","params":{"name":"mine","kind":"text","value":"x"}}';
    const end = await refusal(member, operatorAlpn, request);
    expect(end).toMatchObject({ by: 'peer', code: unauthorised });
    const line = await grove.leader.logged(({ alpn }) => alpn === operatorAlpn);
    expect(line).toMatchObject({
      msg: 'a connection was refused',
      fingerprint: memberKey.fingerprint,
      reason: end.reason,
    });
    expect(await traceOf(grove.leader)).toEqual(before);
    await expectService(grove);
  });

  // t[verify trust.live-set] i[verify keys.revoke]
  it('loses what it had the moment it is taken out', async () => {
    const { fingerprint } = operatorKey;
    const connection = await dialNode(operator, grove.leader, operatorAlpn);
    const closed = new Promise<LinkClosed>((resolve) => connection.onClosed(resolve));
    await grove.leader.request('/keys/revoke', { fingerprint });
    expect(await closed).toMatchObject({ by: 'peer', code: unauthorised });
    expect(await refusal(operator, operatorAlpn, '{}')).toMatchObject({ by: 'peer', code: unauthorised });

    const link = await openLink(member, grove.leader);
    link.send(JSON.stringify(honestHello(grove, memberKey)));
    await nextLine(link, 'hello');
    const { seq } = (await grove.leader.request('/grove/revoke', {
      fingerprint: memberKey.fingerprint,
    })) as { seq: number };
    const revoked = { by: 'peer', code: 4, reason: `seq=${seq}` };
    expect(await link.closed).toEqual(revoked);
    expect(await refusal(member, groveAlpn, '{}\n')).toEqual(revoked);
    await expectService(grove);
  });
});

interface Credentials {
  readonly key: string;
  readonly certificate: string;
}

function madeByOpenssl(...keyOptions: readonly string[]): Credentials {
  const directory = mkdtempSync(join(tmpdir(), 'trust-'));
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const options = ['-x509', '-nodes', '-subj', '/CN=x', '-days', '1', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', ...options, ...keyOptions], { stdio: 'ignore' });
  const made = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  rmSync(directory, { recursive: true });
  return made;
}

function credentialsOf(identity: Identity): Credentials {
  const key = identity.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { key, certificate: identity.certificate };
}

describe('a client', () => {
  const cases: readonly (readonly [string, () => Credentials | null, string, number, string])[] = [
    ['without a certificate', () => null, groveAlpn, 116, 'no certificate was presented'],
    ['with an RSA key', () => madeByOpenssl('-newkey', 'rsa:2048'), operatorAlpn, 40, 'only Ed25519'],
    [
      'with an ECDSA key',
      () => madeByOpenssl('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'),
      groveAlpn,
      40,
      'only Ed25519',
    ],
    ['of another protocol', () => credentialsOf(memberKey), 'h3', 120, 'does not offer this protocol'],
  ];

  // t[verify tls.mutual] t[verify trust.log]
  it.each(cases)('%s is refused in the handshake', async (_name, credentials, alpn, alert, words) => {
    const before = await traceOf(grove.leader);
    const signatureAlgorithms = 'rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ed25519';
    const config = rawConfig({ credentials: credentials(), alpn, signatureAlgorithms });
    const peer = await rawDial(grove.leader.address, config);
    const end = await peer.over;
    const address = `127.0.0.1:${peer.socket.address().port}`;
    const line = await grove.leader.logged((each) => each.address === address);
    expect({ end: end.peer ?? end.local, line }).toMatchObject({
      end: `transport ${0x100 + alert}`,
      line: { msg: 'a connection was refused', reason: expect.stringContaining(words) },
    });
    expect(await traceOf(grove.leader)).toEqual(before);
    await expectService(grove);
  });
});

describe('the log', () => {
  // t[verify trust.log]
  it('names a bounded number of those who were refused, however many there are', async () => {
    const node = await startNode();
    const stranger = await hostileEndpoint(createEphemeralIdentity());
    for (let count = 0; count < 200; count += 1) {
      const connection = await dialNode(stranger, node);
      await new Promise((resolve) => connection.onClosed(resolve));
    }
    await node.request('/server/ping');
    const refused = node.log.filter(({ msg }) => msg === 'a connection was refused');
    expect(refused).toHaveLength(transportLimits.refusalLinesPerMinuteMax);
    expectCleanLog(node);
    await Promise.all([stranger.close(), node.stop()]);
  });
});
