/** What the inspector's server answers, request by request. Never rejects, and never throws for what a client sent. */
import { createReadStream } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../ports/index.ts';
import { printable } from '../protocol/index.ts';
import type { RequestActor } from '../protocol/types.ts';
import type { Assets } from './assets.ts';
import { type About, contractVersion, type OperatorAnswer } from './contract.ts';
import { type GateOptions, isFromHere, judgeHost, judgeOrigin } from './gate.ts';
import { bodyBytesMax } from './limits.ts';
import { methodsHere } from './read-only.ts';
import { answerJson, answerText, readBody, refuseRequest, setSecurityHeaders } from './responses.ts';
import type { InspectorLog } from './server.ts';
import type { Session, Sessions } from './sessions.ts';
import { signInPage } from './sign-in-page.ts';
import type { Subject } from './subject.ts';

export interface RouteParts {
  readonly subject: Subject;
  readonly clock: Clock;
  readonly readOnly: boolean;
  readonly gate: GateOptions;
  readonly sessions: Sessions;
  readonly assets: Assets;
  readonly log: InspectorLog;
}

interface Call {
  readonly parts: RouteParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
}

export function createRoutes(parts: RouteParts): { readonly handle: RequestListener } {
  return {
    handle: (request, response) => {
      const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
      const call = { parts, request, response, path, query: new URLSearchParams(query) };
      serve(call).catch((error: unknown) => {
        parts.log.error({ err: error, path: printable(path, 128) }, 'a request of the inspector failed');
        if (response.headersSent) response.destroy();
        else refuseRequest(response, 500, 'the node could not do this: its log says why');
      });
    },
  };
}

async function serve(call: Call): Promise<void> {
  const { parts, request, response, path } = call;
  setSecurityHeaders(response);
  if (parts.gate.tls) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  const isNavigation = path === '/' && request.method === 'GET' && request.headers.origin === undefined;
  const refusal = judgeHost(request.headers.host, parts.gate) ?? (isNavigation ? null : judgeOrigin(request));
  if (refusal !== null) return refuseRequest(response, refusal.status, refusal.message);
  if (monitoring.has(path)) return serveMonitoring(call);
  if (path === '/' && call.query.has('token')) return exchangeLink(call);
  if (path === '/session' && request.method === 'POST') return exchangeToken(call);
  const session = sessionOf(request, parts.sessions);
  if (session === null) return refuseUnknown(call);
  return serveSession(call, session);
}

/** A session, or the token itself as a program sends it. Null for neither. */
export function sessionOf({ headers }: IncomingMessage, sessions: Sessions): Session | null {
  const [, bearer] = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return sessions.isToken(bearer) ? { id: 'token', endsAt: Infinity } : null;
  return sessions.find(headers.cookie);
}

async function serveSession(call: Call, session: Session): Promise<void> {
  const { parts, request, response, path } = call;
  const method = request.method ?? '';
  if (path === '/api/about' && method === 'GET') return answerJson(response, 200, about(parts, session));
  if (path === '/api/request' && method === 'POST') return answerRequest(call, session);
  if (path === '/api/trace' && method === 'GET') return serveTrace(call);
  if (path === '/session' && method === 'DELETE') {
    setCookie(call, parts.sessions.end(session));
    response.writeHead(204).end();
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return refuseRequest(response, 405, 'this path does not take this method', 'invalid_request');
  }
  if (path === '/') {
    const renewed = parts.sessions.renew(session);
    if (renewed !== null) setCookie(call, renewed);
  }
  if (await parts.assets.serve(path, response, method === 'HEAD')) return;
  if (path === '/') return answerText(response, 503, pageMissing, 'text/plain; charset=utf-8');
  refuseRequest(response, 404, 'there is nothing at this path');
}

const pageMissing = 'The page is not in this installation: run npm run build, then start the node again.\n';

function about({ subject, readOnly, clock }: RouteParts, session: Session): About {
  return {
    contract: contractVersion,
    ...subject.identity,
    read_only: readOnly,
    methods: subject.answer === null ? [] : methodsHere(readOnly),
    actor: actorOf(session),
    now: clock.now(),
  };
}

/** A simulation's trace as its file is: JSON lines. */
async function serveTrace({ parts, response }: Call): Promise<void> {
  const { traceFile } = parts.subject;
  if (traceFile === null) return refuseRequest(response, 404, 'a node runs here, and no trace is shown');
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson; charset=utf-8' });
  await pipeline(createReadStream(traceFile), response);
}

// w[impl page.actor]
/** Whom the audit log and the events name. */
function actorOf({ id }: Session): RequestActor {
  return { kind: 'web', id: `web-${id}`, display: 'web page', session: id };
}

// w[impl page.requests]
async function answerRequest({ parts, request, response }: Call, session: Session): Promise<void> {
  const { answer } = parts.subject;
  if (answer === null) return refuseRequest(response, 404, 'no node runs here: a trace is shown');
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    return refuseRequest(response, 415, 'a request is JSON: its content type is application/json');
  }
  const body = await readBody(request, bodyBytesMax);
  if (body === null) return refuseBody(response);
  const method = methodOf(body);
  if (
    method !== null &&
    !methodsHere(parts.readOnly).includes(method) &&
    methodsHere(false).includes(method)
  ) {
    const message = `${method} changes the node, and this page is read-only`;
    return answerJson(response, 200, { error: { code: 'unauthorized', message } } satisfies OperatorAnswer);
  }
  if (method === '/events/subscribe') {
    return refuseRequest(response, 400, 'events come over the feed', 'invalid_request');
  }
  const outcome = await answer(body, actorOf(session));
  answerJson(
    response,
    200,
    (outcome.ok ? { result: outcome.value } : { error: outcome.reason }) satisfies OperatorAnswer,
  );
}

/** Null for what is no request: the strict reader behind says what is wrong with it. */
function methodOf(body: Buffer): string | null {
  try {
    const { method } = JSON.parse(body.toString('utf8')) as { method?: unknown };
    return typeof method === 'string' ? method : null;
  } catch {
    return null;
  }
}

function refuseBody(response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  refuseRequest(response, 413, `a request is at most ${bodyBytesMax} bytes`);
}

const tokenBodyBytesMax = 1_024;

async function exchangeToken({ parts, request, response }: Call): Promise<void> {
  const body = await readBody(request, tokenBodyBytesMax);
  if (body === null) return refuseBody(response);
  let token: unknown = null;
  try {
    token = (JSON.parse(body.toString('utf8')) as { token?: unknown } | null)?.token;
  } catch {
    token = null;
  }
  if (typeof token !== 'string' || !parts.sessions.isToken(token)) {
    return refuseRequest(response, 401, 'this is not the token of this node');
  }
  setCookie({ parts, request, response }, parts.sessions.begin().cookie);
  response.writeHead(204).end();
}

/** The link that `seedling-ctl inspect` prints. */
function exchangeLink(call: Call): void {
  const { parts, request, response, query } = call;
  const method = request.method ?? '';
  if (method === 'GET' && parts.sessions.isToken(query.get('token') ?? '')) {
    setCookie(call, parts.sessions.begin().cookie);
    response.writeHead(303, { Location: '/' }).end();
  } else {
    refuseUnknown(call);
  }
}

// w[impl access.unauthorised]
function refuseUnknown({ request, response, path }: Call): void {
  if (path === '/' && request.method === 'GET') {
    answerText(response, 401, signInPage, 'text/html; charset=utf-8');
  } else {
    const message =
      'open the page with the address that `seedling-ctl inspect` prints on the node: it holds the token';
    refuseRequest(response, 401, message);
  }
}

/** Sent back over TLS only, where the browser came over TLS, be it to a proxy on this machine. */
function setCookie(
  { parts, request, response }: Pick<Call, 'parts' | 'request' | 'response'>,
  cookie: string,
): void {
  const isSecure = parts.gate.tls || request.headers['x-forwarded-proto'] === 'https';
  response.setHeader('Set-Cookie', isSecure ? `${cookie}; Secure` : cookie);
}

const monitoring = new Set(['/metrics', '/healthz', '/readyz']);

// w[impl monitoring.paths]
async function serveMonitoring(call: Call): Promise<void> {
  const { parts, request, response, path } = call;
  const { metrics } = parts.subject;
  if (metrics === null) return refuseRequest(response, 404, 'no node runs here: a trace is shown');
  if (!isFromHere(request) && sessionOf(request, parts.sessions) === null) return refuseUnknown(call);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuseRequest(response, 405, 'this path is only read', 'invalid_request');
  }
  if (path === '/metrics') {
    const { text, type } = await metrics.render();
    return answerText(response, 200, text, type);
  }
  const { ok, state } = path === '/healthz' ? metrics.health() : metrics.readiness();
  answerText(response, ok ? 200 : 503, `${state}\n`, 'text/plain; charset=utf-8');
}
