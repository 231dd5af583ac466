/**
 * The inspector's server: the page, the operator interface for it, the live feed, and what monitoring asks for. Plain
 * HTTP on loopback, TLS elsewhere; everything passes the gate first, then needs a session.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspectorUrlFileName } from '../operator/index.ts';
import type { Clock } from '../ports/index.ts';
import { parseAddress } from '../protocol/index.ts';
import { createAssets, findPage } from './assets.ts';
import { FeedHub } from './feed/feed-hub.ts';
import { serveFeeds } from './feed/serve-feeds.ts';
import type { InspectedNode } from './inspected-node.ts';
import { InspectorError } from './inspector-error.ts';
import { connectionsMax } from './limits.ts';
import { createMetrics } from './metrics.ts';
import type { PublishTimes } from './publish-times.ts';
import { createRoutes } from './routes.ts';
import { createSessions } from './sessions.ts';
import { loadToken } from './token.ts';

export interface InspectorOptions {
  /** `ip:port` or `[ip]:port`; beyond loopback only with `tls`. */
  readonly address: string;
  readonly readOnly: boolean;
  /** Names beside the address that browsers may use, such as a reverse proxy's. */
  readonly hosts: readonly string[];
  /** Files in PEM. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly dataDirectory: string;
  readonly node: InspectedNode;
  readonly clock: Clock;
  readonly log: InspectorLog;
  /** How long publishes took; whoever measures them notes them here. */
  readonly publishTimes: PublishTimes;
}

export interface InspectorLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Inspector {
  /** Where the page is, without the token. */
  readonly url: string;
  /** The same with the token. */
  readonly signInUrl: string;
  readonly hub: FeedHub;
  /** Ends every feed and connection. Idempotent. */
  close(): Promise<void>;
}

// w[impl page.serve]
/** Throws `InspectorError` with a message that says what the operator can do. */
export async function serveInspector(options: InspectorOptions): Promise<Inspector> {
  const { node, clock, dataDirectory, readOnly } = options;
  checkAddress(options);
  const token = loadToken(dataDirectory);
  const sessions = createSessions(token, node.fingerprint, () => clock.now());
  const hub = new FeedHub({
    supervisor: node.supervisor,
    control: node.control,
    fingerprint: node.fingerprint,
    clock,
  });
  const gate = { tls: options.tls !== null, hosts: options.hosts.map((name) => name.toLowerCase()) };
  const metrics = createMetrics({ node, clock, pages: () => hub.pages, publishTimes: options.publishTimes });
  const routes = createRoutes({
    node,
    clock,
    readOnly,
    gate,
    sessions,
    metrics,
    assets: createAssets(findPage()),
    log: options.log,
  });
  const server = createHttpServer(options, routes.handle);
  const feeds = serveFeeds({ hub, clock, gate, sessions });
  server.on('upgrade', feeds.upgrade);
  const url = await listen(server, options);
  const urlFile = join(dataDirectory, inspectorUrlFileName);
  const signInUrl = `${url}?token=${token}`;
  writeUrlFile(urlFile, `${signInUrl}\n`, options.log);

  let closed: Promise<void> | null = null;
  async function close(): Promise<void> {
    rmSync(urlFile, { force: true });
    metrics.close();
    feeds.close();
    hub.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
  return {
    url,
    signInUrl,
    hub,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

// w[impl access.loopback-only]
/** What may be changed here must not be read, nor its token taken, on the way. */
function checkAddress({ address, tls }: InspectorOptions): void {
  const parsed = parseAddress(address, 0);
  if (parsed === null) throw new InspectorError(`the inspector cannot listen on ${address}: give ADDR:PORT`);
  if (parsed.kind === 'loopback' || tls !== null) return;
  throw new InspectorError(
    `the inspector is served beyond this machine only with TLS: give --inspect-tls-cert and --inspect-tls-key, or let it listen on loopback and put a reverse proxy or an SSH tunnel in front (${address} is not loopback)`,
  );
}

const serverLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
  /** Nothing of this server wakes an idle node more often. */
  connectionsCheckingInterval: 30_000,
};

function createHttpServer({ tls }: InspectorOptions, handle: RequestListener): Server {
  const server =
    tls === null
      ? createServer(serverLimits, handle)
      : createTlsServer(
          { ...serverLimits, cert: readPem(tls.certificate), key: readPem(tls.key), minVersion: 'TLSv1.2' },
          handle,
        );
  server.maxConnections = connectionsMax;
  server.maxHeadersCount = 64;
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InspectorError(`the inspector's TLS needs ${path}: ${(cause as Error).message}`, { cause });
  }
}

function listen(server: Server, { address, tls, hosts, log }: InspectorOptions): Promise<string> {
  const { ip, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'something else listens there: name another address with --inspect ADDR:PORT'
          : cause.message;
      reject(new InspectorError(`the inspector cannot listen on ${address}: ${why}`, { cause }));
    });
    server.listen({ host: ip, port }, () => {
      server.on('error', (error) => log.error({ err: error }, 'the inspector'));
      const bound = server.address() as AddressInfo;
      resolve(`${tls === null ? 'http' : 'https'}://${urlHost(ip, hosts, tls !== null)}:${bound.port}/`);
    });
  });
}

/** A certificate is for a name, and nobody browses to a wildcard address. */
function urlHost(ip: string, hosts: readonly string[], tls: boolean): string {
  const [name] = hosts;
  if (tls && name !== undefined) return name;
  if (parseAddress(bracketed(ip, 1))?.kind === 'unspecified') return ip.includes(':') ? '[::1]' : '127.0.0.1';
  return ip.includes(':') ? `[${ip}]` : ip;
}

function bracketed(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function splitAddress(address: string): { readonly ip: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { ip: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}

function writeUrlFile(path: string, text: string, log: InspectorLog): void {
  try {
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    log.warn(
      { err: error, path },
      'cannot write the address of the page: seedling-ctl inspect will not find it',
    );
  }
}
