/** Who may see and steer a real node over its page, and who is turned away before anything is done. */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../src/transport/certificate.ts';
import { createEphemeralIdentity } from '../../src/transport/index.ts';
import { type Asked, ask, call, openFeed, openSocket, type Page, pageOf, signIn } from '../inspector/http.ts';
import { createPlace, type Daemon, type Place } from './support.ts';

let place: Place;
let node: Daemon;
let page: Page;
let session: { readonly cookie: string };

beforeAll(async () => {
  place = createPlace();
  node = await place.start('node', {
    argv: ['--inspect', '127.0.0.1:0', '--inspect-host', 'grove.example.org'],
  });
  page = pageOf(node.dataDir);
  session = await signIn(page);
  await node.ask('grove', 'init', '--label', 'one');
});

afterAll(async () => {
  await place.clear();
});

/** What must never be answered without a session. */
const paths = ['/', '/index.html', '/api/about', '/api/trace', '/charts.json', '/nothing'];

describe('without a session', () => {
  // w[verify access.unauthorised]
  it.each(paths)('%s is refused', async (path) => {
    const answer = await ask(page, path);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('seedling-ctl inspect');
    expect(answer.text).not.toContain(node.fingerprint);
  });

  it.each(['/api/feed', '/inspect'])('a WebSocket to %s is not opened', async (path) => {
    await expect(openSocket(page, {}, path)).rejects.toThrow('HTTP 401');
    await expect(openSocket(page, {}, `${path}?token=wrong`)).rejects.toThrow('HTTP 401');
  });

  it('a request is refused and changes nothing', async () => {
    const body = JSON.stringify({
      method: '/grove/params/set',
      params: { name: 'greeting', kind: 'text', value: 'x' },
    });
    const answer = await ask(page, '/api/request', { headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(401);
    expect(await node.ask('grove', 'params')).toEqual([]);
  });

  it.each([
    ['a wrong token', '/?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', {}],
    ['an empty token', '/?token=', {}],
    ['a wrong bearer', '/api/about', { authorization: 'Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['a cookie of nobody', '/api/about', { cookie: 'grove_0000000000000000=a.1.b' }],
  ])('%s opens nothing', async (_what, path, headers) => {
    expect((await ask(page, path, { headers: headers as { [name: string]: string } })).status).toBe(401);
  });

  it('a session whose end was put off by hand is refused', async () => {
    const [name = '', id = '', endsAt = '', signature = ''] = session.cookie.split(/[=.]/);
    const cookie = `${name}=${id}.${Number(endsAt) + 1}.${signature}`;
    expect((await ask(page, '/api/about', { headers: { cookie } })).status).toBe(401);
  });
});

describe('the token', () => {
  // w[verify access.token]
  it('is in a file that only its owner may read, and is the same after a restart', async () => {
    const file = join(node.dataDir, 'inspector.token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(node.dataDir, 'inspector.url')).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').trim()).toBe(page.token);
    expect(node.log().some((line) => JSON.stringify(line).includes(page.token))).toBe(false);
  });

  it('in a file that others can read keeps the node from starting', async () => {
    const other = await place.start('open-token', { argv: ['--inspect', '127.0.0.1:0'] });
    await other.stop();
    chmodSync(join(other.dataDir, 'inspector.token'), 0o644);
    const run = await place.run([
      '--data-dir',
      other.dataDir,
      '--listen',
      '127.0.0.1:0',
      '--inspect',
      '127.0.0.1:0',
    ]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/inspector\.token is open to other users/);
  });

  // w[verify access.session]
  it('is exchanged for a cookie that scripts and other sites cannot use', async () => {
    const { status, headers } = await ask(page, `/?token=${page.token}`);
    expect(status).toBe(303);
    expect(headers.location).toBe('/');
    expect(headers['set-cookie']?.[0]).toMatch(
      /^grove_[0-9a-f]{16}=[\w.-]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Strict$/,
    );
    const posted = await ask(page, '/session', { body: JSON.stringify({ token: page.token }) });
    expect(posted.status).toBe(204);
    expect(posted.headers['set-cookie']?.[0]).toContain('HttpOnly');
  });

  it('gives a session that another node does not take, and that can be ended', async () => {
    const other = await place.start('other', { argv: ['--inspect', '127.0.0.1:0'] });
    expect((await ask(pageOf(other.dataDir), '/api/about', { headers: session })).status).toBe(401);
    const mine = await signIn(page);
    expect((await ask(page, '/api/about', { headers: mine })).status).toBe(200);
    expect((await ask(page, '/session', { method: 'DELETE', headers: mine })).status).toBe(204);
    expect((await ask(page, '/api/about', { headers: mine })).status).toBe(401);
  });

  it('lets programs in by itself', async () => {
    const headers = { authorization: `Bearer ${page.token}` };
    expect((await ask(page, '/api/about', { headers })).status).toBe(200);
  });
});

describe('a request of another site', () => {
  // w[verify access.host]
  it.each([
    'evil.example',
    'evil.example:7892',
    '127.0.0.1.evil.example',
    'localhost.evil',
    '192.0.2.1',
    '[2001:db8::1]:7892',
    'a b',
  ])('to a host called "%s" is refused', async (host) => {
    for (const path of ['/', '/api/about', '/metrics', `/?token=${page.token}`]) {
      const { status } = await ask(page, path, { headers: { ...session, host } });
      expect([400, 403]).toContain(status);
    }
  });

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:9', 'grove.example.org'])(
    'to %s, which is ours, is answered',
    async (host) => {
      expect((await ask(page, '/api/about', { headers: { ...session, host } })).status).toBe(200);
    },
  );

  // w[verify access.origin]
  it.each<[string, { readonly [name: string]: string }]>([
    ['another origin', { origin: 'http://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000' }],
    ['no origin of its own', { origin: 'null' }],
    ['a mark of the browser', { 'sec-fetch-site': 'cross-site' }],
    ['a mark of a sibling', { 'sec-fetch-site': 'same-site' }],
  ])('with %s is refused, session or not', async (_what, headers) => {
    const body = JSON.stringify({ method: '/server/ping' });
    const asked: Asked = { headers: { ...session, 'content-type': 'application/json', ...headers }, body };
    expect((await ask(page, '/api/request', asked)).status).toBe(403);
    expect((await ask(page, '/api/about', { headers: { ...session, ...headers } })).status).toBe(403);
    expect(
      (await ask(page, '/session', { ...asked, body: JSON.stringify({ token: page.token }) })).status,
    ).toBe(403);
  });

  // w[verify access.websocket]
  it.each(['/api/feed', '/inspect'])('for a WebSocket to %s is refused', async (path) => {
    await expect(openSocket(page, { ...session, origin: 'http://evil.example' }, path)).rejects.toThrow(
      'HTTP 403',
    );
    await expect(openSocket(page, { ...session, host: 'evil.example' }, path)).rejects.toThrow('HTTP 403');
    await expect(
      openSocket(page, { origin: 'http://evil.example' }, `${path}?token=${page.token}`),
    ).rejects.toThrow('HTTP 403');
    const feed = await openFeed(page, { ...session, origin: page.origin }, path);
    feed.close();
    expect(await feed.closed).toBe(1005);
  });

  // w[verify access.headers]
  it('finds nothing it could frame, guess or script', async () => {
    for (const path of ['/', '/api/about', '/metrics', '/nothing']) {
      const { headers } = await ask(page, path, { headers: session });
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self';/,
      );
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('with a session', () => {
  // w[verify page.files]
  it.each([
    '/../package.json',
    '/../../../../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/../../package.json',
    '//etc/passwd',
    '/\\..\\package.json',
    '/index.html%00.js',
    '/%',
    '/.sources',
  ])('the path %s leads nowhere', async (path) => {
    const answer = await ask(page, path, { headers: session });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('root:');
  });

  // w[verify page.requests]
  it('a request is answered as the operator interface answers it', async () => {
    expect(await call(page, session, '/server/ping')).toEqual({ result: {} });
    expect(await call(page, session, '/grove/members')).toEqual({
      result: await node.ask('grove', 'members'),
    });
    expect(await call(page, session, '/nothing')).toMatchObject({ error: { code: 'unknown_method' } });
    expect(await call(page, session, '/grove/invite', { fingerprint: 'x', label: 'y' })).toMatchObject({
      error: { code: 'invalid_request', details: { field: 'fingerprint' } },
    });
    const duplicate = await ask(page, '/api/request', {
      headers: { ...session, 'content-type': 'application/json' },
      body: '{"method":"/server/ping","method":"/server/ping"}',
    });
    expect(JSON.parse(duplicate.text)).toMatchObject({ error: { code: 'invalid_request' } });
    expect(
      await call(page, session, '/grove/params/set', {
        name: 'greeting',
        kind: 'text',
        value: 'a',
        expect_seq: 77,
      }),
    ).toMatchObject({ error: { code: 'requirements_invalid', details: { current_seq: 1 } } });
  });

  it('a body that is too long, or no JSON, is refused and not kept', async () => {
    const headers = { ...session, 'content-type': 'application/json' };
    const long = await ask(page, '/api/request', { headers, body: new Uint8Array(1_048_577).fill(32) });
    expect(long.status).toBe(413);
    const chunked = { ...headers, 'transfer-encoding': 'chunked' };
    const unannounced = await ask(page, '/api/request', {
      headers: chunked,
      body: new Uint8Array(1_200_000).fill(32),
    });
    expect(unannounced.status).toBe(413);
    const form = { ...session, 'content-type': 'text/plain' };
    expect(
      (await ask(page, '/api/request', { headers: form, body: '{"method":"/server/ping"}' })).status,
    ).toBe(415);
    const noJson = await ask(page, '/api/request', { headers, body: '{' });
    expect(JSON.parse(noJson.text)).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it('other methods, and ranges no file has, are answered in order', async () => {
    expect((await ask(page, '/api/about', { method: 'PUT', headers: session })).status).toBe(405);
    expect((await ask(page, '/', { headers: { ...session, range: 'bytes=10-5' } })).status).toBeLessThan(504);
    expect((await ask(page, '/healthz')).status).toBe(200);
  });

  // w[verify page.actor]
  it('a change is recorded under the session, whatever the request says', async () => {
    const watch = await node.follow();
    const body = JSON.stringify({
      method: '/grove/params/set',
      actor: { kind: 'ctl', id: 'somebody', display: 'somebody else' },
      params: { name: 'greeting', kind: 'text', value: 'kia ora' },
    });
    const headers = { ...session, 'content-type': 'application/json' };
    expect((await ask(page, '/api/request', { headers, body })).status).toBe(200);
    const applied = await watch.event(({ type }) => type === 'grove.payload-applied', 'the change');
    expect(applied.actor).toMatchObject({ kind: 'web', display: 'web page' });
  });
});

describe('a page that only shows', () => {
  // w[verify page.read-only]
  it('is answered what it reads and refused what it changes', async () => {
    const shown = await place.start('read-only', {
      argv: ['--inspect', '127.0.0.1:0', '--inspect-read-only'],
    });
    const there = pageOf(shown.dataDir);
    const mine = await signIn(there);
    const about = JSON.parse((await ask(there, '/api/about', { headers: mine })).text) as {
      read_only: boolean;
      methods: readonly string[];
    };
    expect(about.read_only).toBe(true);
    expect(about.methods).toContain('/grove/status');
    expect(about.methods).not.toContain('/grove/init');
    expect(await call(there, mine, '/grove/status')).toMatchObject({ result: { is_member: false } });
    for (const method of ['/grove/init', '/keys/authorise', '/grove/leave', '/grove/params/set']) {
      expect(await call(there, mine, method, { label: 'x' })).toMatchObject({
        error: { code: 'unauthorized' },
      });
    }
    expect(await shown.ask('grove', 'status')).toMatchObject({ is_member: false });
  });
});

describe('where the page is served', () => {
  // w[verify page.serve]
  it('is nowhere unless it was asked for', async () => {
    const plain = await place.start('plain');
    expect(() => pageOf(plain.dataDir)).toThrow('ENOENT');
    const said = await plain.ctl('inspect');
    expect(said.exitCode).toBe(3);
    expect(said.stderr).toContain('seedlingd --inspect');
  });

  it('a port in use keeps the node from starting, and it says what to do', async () => {
    const run = await place.run([
      '--data-dir',
      place.directory('late'),
      '--listen',
      '127.0.0.1:0',
      '--inspect',
      page.host,
    ]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('something else listens there');
    expect(run.stdout).toBe('');
  });

  // w[verify access.loopback-only]
  it('is no address beyond loopback without TLS', async () => {
    const argv = ['--data-dir', place.directory('open'), '--listen', '127.0.0.1:0', '--inspect', '0.0.0.0:0'];
    const run = await place.run(argv);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('--inspect-tls-cert');
  });

  it('is any address with TLS, and the cookie stays on it', async () => {
    const { privateKey } = createEphemeralIdentity();
    const certificate = join(place.path, 'page.crt');
    const key = join(place.path, 'page.key');
    writeFileSync(certificate, selfSignedCertificate(privateKey, 'page'));
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const argv = ['--inspect', '0.0.0.0:0', '--inspect-tls-cert', certificate, '--inspect-tls-key', key];
    const served = await place.start('tls', { argv });
    const there = pageOf(served.dataDir);
    expect(there.origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { headers } = await ask(there, `/?token=${there.token}`);
    expect(headers['set-cookie']?.[0]).toMatch(/; Secure$/);
    const feed = await openFeed(there, { ...(await signIn(there)), origin: there.origin });
    feed.close();
  });

  // w[verify page.configuration]
  it('can be said in the environment and in the file, and half a certificate is refused', async () => {
    const env = { SEEDLING_INSPECT: '127.0.0.1:0', SEEDLING_INSPECT_READ_ONLY: 'true' };
    const told = await place.start('env', { env });
    const there = pageOf(told.dataDir);
    const about = await ask(there, '/api/about', { headers: await signIn(there) });
    expect(JSON.parse(about.text)).toMatchObject({ read_only: true });
    const config = join(place.path, 'half.yaml');
    writeFileSync(config, 'inspect: 127.0.0.1:0\ninspect_tls_cert: page.crt\n');
    const run = await place.run(['--data-dir', place.directory('half'), '--config', config]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('inspect_tls_key');
  });
});

describe('monitoring', () => {
  // w[verify monitoring.paths]
  it('reads numbers and two answers', async () => {
    const metrics = await ask(page, '/metrics');
    expect(metrics.status).toBe(200);
    expect(metrics.headers['content-type']).toMatch(/^text\/plain/);
    expect(metrics.text).toMatch(/^grove_seq 2$/m);
    expect(metrics.text).toMatch(/^grove_payloads_applied_total 2$/m);
    expect(metrics.text).toMatch(/^grove_publish_seconds_count 1$/m);
    expect(metrics.text).toMatch(/^grove_state\{state="leading"\} 1$/m);
    expect(metrics.text).not.toContain(node.fingerprint);
    expect(await ask(page, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask(page, '/readyz')).toMatchObject({ status: 200, text: 'leading\n' });
  });

  // w[verify monitoring.loopback]
  it.each(['x-forwarded-for', 'forwarded', 'via'])(
    'is not for those whom a proxy lets in (%s)',
    async (name) => {
      for (const path of ['/metrics', '/healthz', '/readyz']) {
        const headers = { [name]: '192.0.2.7' };
        expect((await ask(page, path, { headers })).status).toBe(401);
        expect((await ask(page, path, { headers: { ...headers, ...session } })).status).toBe(200);
      }
    },
  );
});
