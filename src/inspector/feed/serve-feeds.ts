/** WebSockets: who may open one, how many, what they may say, and whether they are still there. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../ports/index.ts';
import { feedCloseCodes } from '../contract.ts';
import { type GateOptions, judgeHost, judgeOrigin } from '../gate.ts';
import { feedRequestBytesMax, feedRequestsPerSecondMax, feedsMax, heartbeatMs, toolsMax } from '../limits.ts';
import { sessionOf } from '../routes.ts';
import type { Session, Sessions } from '../sessions.ts';
import type { FeedHub } from './feed-hub.ts';
import { FeedPage } from './feed-page.ts';
import { parseFeedRequest } from './feed-request.ts';
import { attachTool } from './stately.ts';

export interface FeedParts {
  /** Null where no node runs: no feed is opened then. */
  readonly hub: FeedHub | null;
  readonly clock: Clock;
  readonly gate: GateOptions;
  readonly sessions: Sessions;
}

interface Open {
  readonly socket: WebSocket;
  readonly session: Session;
  readonly kind: 'page' | 'tool';
  /** It has said something since the last heartbeat. */
  alive: boolean;
}

type Admitted = Pick<Open, 'session' | 'kind'>;

export interface Feeds {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  close(): void;
}

export function serveFeeds(parts: FeedParts): Feeds {
  const { clock, sessions } = parts;
  const open = new Set<Open>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: feedRequestBytesMax,
  });
  let timer: unknown = null;

  /** Runs while a socket is open, and at no other time. */
  function beat(): void {
    timer = null;
    for (const one of [...open]) {
      if (sessions.isOver(one.session)) one.socket.close(feedCloseCodes.sessionOver, 'the session is over');
      if (!one.alive) one.socket.terminate();
      one.alive = false;
      if (one.socket.readyState === one.socket.OPEN) one.socket.ping();
    }
    if (open.size > 0) timer = clock.setTimeout(beat, heartbeatMs);
  }

  function accept(socket: WebSocket, hub: FeedHub, { session, kind }: Admitted): void {
    const one: Open = { socket, session, kind, alive: true };
    // A fault of the socket is the end of this page; `close` comes after it.
    socket.on('error', () => socket.terminate());
    const same = [...open].filter((other) => other.kind === kind).length;
    if (same >= (kind === 'page' ? feedsMax : toolsMax)) {
      socket.close(feedCloseCodes.tooMany, 'too many pages are open');
      return;
    }
    open.add(one);
    const detach = kind === 'page' ? attachPage(socket, hub, clock) : attachTool(socket, hub);
    const heard = () => {
      one.alive = true;
    };
    socket.on('pong', heard);
    socket.on('message', heard);
    socket.on('close', () => {
      open.delete(one);
      detach();
    });
    timer ??= clock.setTimeout(beat, heartbeatMs);
  }

  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const judged = judgeUpgrade(request, parts);
      const { hub } = parts;
      if ('status' in judged) refuseUpgrade(socket, judged.status);
      else if (hub === null) refuseUpgrade(socket, 404);
      else server.handleUpgrade(request, socket, head, (accepted) => accept(accepted, hub, judged));
    },
    close: () => {
      clock.clearTimeout(timer);
      for (const { socket } of open) {
        socket.close(feedCloseCodes.goingAway, 'the node stops');
        socket.terminate();
      }
      server.close();
    },
  };
}

// w[impl access.websocket]
function judgeUpgrade(
  request: IncomingMessage,
  { gate, sessions }: FeedParts,
): { readonly status: number } | Admitted {
  const refusal = judgeHost(request.headers.host, gate) ?? judgeOrigin(request);
  if (refusal !== null) return refusal;
  const [path, query] = (request.url ?? '').split('?', 2);
  const session = sessionOf(request, sessions) ?? sessionOfQuery(query, sessions);
  if (session === null) return { status: 401 };
  if (path === '/api/feed') return { session, kind: 'page' };
  return path === '/inspect' ? { session, kind: 'tool' } : { status: 404 };
}

/** Tools of others are given an address and nothing else. */
function sessionOfQuery(query: string | undefined, sessions: Sessions): Session | null {
  const token = new URLSearchParams(query ?? '').get('token');
  return token !== null && sessions.isToken(token) ? { id: 'token', endsAt: Infinity } : null;
}

const reasons: { readonly [status: number]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function attachPage(socket: WebSocket, hub: FeedHub, clock: Clock): () => void {
  const page = new FeedPage(socket, hub);
  hub.add(page);
  let second = 0;
  let said = 0;
  socket.on('message', (data, isBinary) => {
    const now = Math.floor(clock.monotonicMs() / 1_000);
    said = now === second ? said + 1 : 1;
    second = now;
    const request = isBinary || said > feedRequestsPerSecondMax ? null : parseFeedRequest(data as Buffer);
    if (request === null) socket.close(feedCloseCodes.badRequest, 'this is no request of the feed');
    else if (!hub.guarded(() => page.handle(request))) page.fail();
  });
  return () => hub.remove(page);
}
