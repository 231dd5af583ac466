/** Real clients of the inspector: plain HTTP with headers of one's own, and WebSockets whose frames are kept. */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import WebSocket from 'ws';
import type { FeedFrame, FeedRequest } from '../../src/inspector/contract.ts';

export interface Page {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly host: string;
  readonly token: string;
}

/** Where the page of the node in this directory is, as its own command line finds it. */
export function pageOf(dataDir: string): Page {
  const url = new URL(readFileSync(join(dataDir, 'inspector.url'), 'utf8').trim());
  return { origin: url.origin, host: url.host, token: url.searchParams.get('token') ?? '' };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Uint8Array;
}

/** The path goes out as it is: nothing tidies up `..` on the way. */
export function ask({ origin }: Page, path: string, asked: Asked = {}): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin);
  const options: RequestOptions & { rejectUnauthorized?: boolean } = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    path,
    method: asked.method ?? (asked.body === undefined ? 'GET' : 'POST'),
    headers: { ...asked.headers },
    agent: false,
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(asked.body);
  });
}

/** Exchanges the token; what a browser sends from then on. */
export async function signIn(page: Page): Promise<{ readonly cookie: string }> {
  const { status, headers } = await ask(page, `/?token=${page.token}`);
  const [cookie = ''] = headers['set-cookie'] ?? [];
  if (status !== 303) throw new Error(`the token was not exchanged: ${status}`);
  return { cookie: cookie.split(';')[0] ?? '' };
}

/** One method of the operator interface, as the page calls it. */
export async function call(
  page: Page,
  session: { readonly cookie: string },
  method: string,
  params: object = {},
): Promise<{
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}> {
  const headers = { ...session, origin: page.origin, 'content-type': 'application/json' };
  const { text } = await ask(page, '/api/request', { headers, body: JSON.stringify({ method, params }) });
  return JSON.parse(text) as object;
}

export interface Feed<Frame> {
  readonly socket: WebSocket;
  readonly frames: readonly Frame[];
  say(request: FeedRequest): void;
  /** The first frame that fits, of those that came and those to come. */
  frame<Fitting extends Frame>(fits: (frame: Frame) => frame is Fitting): Promise<Fitting>;
  frame(fits: (frame: Frame) => boolean): Promise<Frame>;
  readonly closed: Promise<number>;
  close(): void;
}

export function openFeed(
  page: Page,
  headers: { readonly [name: string]: string },
  path = '/api/feed',
): Promise<Feed<FeedFrame>> {
  return openSocket<FeedFrame>(page, headers, path);
}

/** Rejects with `HTTP status` when the server does not open it. */
export function openSocket<Frame>(
  page: Page,
  headers: { readonly [name: string]: string },
  path: string,
): Promise<Feed<Frame>> {
  const socket = new WebSocket(`${page.origin.replace(/^http/, 'ws')}${path}`, {
    headers: { ...headers },
    rejectUnauthorized: false,
  });
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)) as Frame);
    for (const wake of waiting) wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  async function frame(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (let seen = 0; ; ) {
      for (; seen < frames.length; seen += 1) {
        const found = frames[seen];
        if (found !== undefined && fits(found)) return found;
      }
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        void closed.then((code) => reject(new Error(`the feed was closed with ${code}`)));
      });
    }
  }
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`HTTP ${response.statusCode}`));
    });
    socket.on('error', reject);
    socket.on('open', () =>
      resolve({
        socket,
        frames,
        closed,
        say: (request) => socket.send(JSON.stringify(request)),
        frame: frame as Feed<Frame>['frame'],
        close: () => socket.close(),
      }),
    );
  });
}
