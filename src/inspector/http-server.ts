/** What answers the inspector's connections: HTTP, or HTTPS with a certificate, and WebSockets. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../ports/index.ts';
import { createAssets, findPage } from './assets.ts';
import { serveFeeds } from './feed/serve-feeds.ts';
import { createRoutes } from './routes.ts';
import type { InspectorLog } from './server.ts';
import type { Sessions } from './sessions.ts';
import type { Subject } from './subject.ts';

/** PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Answering {
  take(socket: Socket): void;
  /** Ends the feeds; the connections are the caller's. */
  close(): void;
}

export interface AnswerParts {
  readonly subject: Subject;
  readonly sessions: Sessions;
  readonly certificate: Certificate | null;
  readonly hosts: readonly string[];
  readonly readOnly: boolean;
  readonly clock: Clock;
  readonly log: InspectorLog;
}

export async function answer(parts: AnswerParts): Promise<Answering> {
  const { subject, clock, sessions, certificate } = parts;
  const gate = { tls: certificate !== null, hosts: parts.hosts.map((name) => name.toLowerCase()) };
  const { handle } = createRoutes({ ...parts, gate, assets: createAssets(findPage()) });
  const server = await createHttpServer(certificate, handle);
  const feeds = serveFeeds({ hub: subject.hub, clock, gate, sessions });
  server.on('upgrade', feeds.upgrade);
  // It never listens itself; this is what starts its watch over requests that take too long.
  server.emit('listening');
  return {
    take: (socket) => void server.emit('connection', socket),
    close: () => {
      feeds.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
  connectionsCheckingInterval: 10_000,
};

async function createHttpServer(certificate: Certificate | null, handle: RequestListener): Promise<Server> {
  const server =
    certificate === null
      ? createServer(limits, handle)
      : (await import('node:https')).createServer(
          { ...limits, ...certificate, minVersion: 'TLSv1.2' },
          handle,
        );
  server.maxHeadersCount = 64;
  // w[impl page.unused]
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Browsers open connections ahead: what is said on one that was never used, they take for the answer to their next request.
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' && socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}
