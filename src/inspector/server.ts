/**
 * The inspector as a node starts it: a socket that listens, the token, and the flight recorder. What answers is loaded when the
 * first connection comes, so a page nobody opens costs a node next to nothing.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { inspectorUrlFileName } from '../operator/index.ts';
import type { Clock } from '../ports/index.ts';
import { parseAddress } from '../protocol/index.ts';
import { FeedHub } from './feed/feed-hub.ts';
import type { Answering, Certificate } from './http-server.ts';
import type { InspectedNode } from './inspected-node.ts';
import { InspectorError } from './inspector-error.ts';
import { connectionsMax } from './limits.ts';
import { createMetrics } from './metrics.ts';
import type { PublishTimes } from './publish-times.ts';
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
  const { node, clock, dataDirectory } = options;
  checkAddress(options);
  const certificate = options.tls === null ? null : readCertificate(options.tls);
  const token = loadToken(dataDirectory);
  const { fingerprint, supervisor, control } = node;
  const hub = new FeedHub({ supervisor, control, fingerprint, clock });
  const metrics = createMetrics({ node, clock, pages: () => hub.pages, publishTimes: options.publishTimes });
  const sessions = createSessions(token, fingerprint, () => clock.now());
  const parts = { ...options, certificate, hub, metrics, sessions };
  const door = openDoor(() => import('./http-server.ts').then(({ answer }) => answer(parts)), options.log);
  let url: string;
  try {
    url = await listen(door.server, options);
  } catch (error) {
    metrics.close();
    hub.close();
    throw error;
  }
  const signInUrl = `${url}?token=${token}`;
  const urlFile = join(dataDirectory, inspectorUrlFileName);
  writeUrlFile(urlFile, `${signInUrl}\n`, options.log);

  let closed: Promise<void> | null = null;
  async function close(): Promise<void> {
    rmSync(urlFile, { force: true });
    metrics.close();
    await door.close();
    hub.close();
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

/** Takes connections, and hands each on to what answers them once that is loaded. */
function openDoor(load: () => Promise<Answering>, log: InspectorLog) {
  const sockets = new Set<Socket>();
  let answering: Promise<Answering> | null = null;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    answering ??= load();
    answering.then(
      ({ take }) => take(socket),
      (error: unknown) => {
        log.error({ err: error }, 'the inspector cannot answer: the installation is damaged');
        socket.destroy();
      },
    );
  });
  server.maxConnections = connectionsMax;
  return {
    server,
    close: async () => {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      (await answering?.catch(() => null))?.close();
      for (const socket of sockets) socket.destroy();
      await stopped;
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

function readCertificate({
  certificate,
  key,
}: {
  readonly certificate: string;
  readonly key: string;
}): Certificate {
  return { cert: readPem(certificate), key: readPem(key) };
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
