/** The page over a simulation's trace: the same door, and no node behind it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, openSocket, type Page, signIn } from './http.ts';
import { serveTraceFile } from './served-trace.ts';

const trace = '{"format":"grove-trace/1","nodes":2}\n{"at":0,"node":"n0","event":"started","detail":""}\n';
const directory = mkdtempSync(join(tmpdir(), 'grove-trace-'));
let served: Awaited<ReturnType<typeof serveTraceFile>>;
let page: Page;
let session: { readonly cookie: string };

beforeAll(async () => {
  const traceFile = join(directory, 'run.ndjson');
  writeFileSync(traceFile, trace);
  served = await serveTraceFile(traceFile);
  const url = new URL(served.signInUrl);
  page = { origin: url.origin, host: url.host, token: url.searchParams.get('token') ?? '' };
  session = await signIn(page);
});

afterAll(async () => {
  await served.close();
  rmSync(directory, { recursive: true, force: true });
});

// w[verify page.trace]
it('serves the trace, and says that no node runs', async () => {
  const about = await ask(page, '/api/about', { headers: session });
  expect(JSON.parse(about.text)).toMatchObject({
    mode: 'trace',
    methods: [],
    read_only: true,
  });
  expect((await ask(page, '/api/trace', { headers: session })).text).toBe(trace);
  expect((await ask(page, '/api/trace')).status).toBe(401);
});

// w[verify page.trace]
it('has nothing to ask, to follow or to monitor', async () => {
  const headers = { ...session, 'content-type': 'application/json' };
  const body = JSON.stringify({ method: '/server/ping' });
  expect((await ask(page, '/api/request', { headers, body })).status).toBe(404);
  expect((await ask(page, '/metrics')).status).toBe(404);
  await expect(openSocket(page, session, '/api/feed')).rejects.toThrow('HTTP 404');
});

it('shows no part of its token in the name of its cookie', () => {
  const [name = ''] = session.cookie.split('=');
  expect(page.token).not.toContain(name.replace('grove_', ''));
});
