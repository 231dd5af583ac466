/** The socket of the inspector: where it may listen, and how connections reach what answers them. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { parseAddress } from '../protocol/index.ts';
import type { Answering, Certificate } from './http-server.ts';
import { InspectorError } from './inspector-error.ts';
import { connectionsMax } from './limits.ts';
import type { InspectorLog } from './server.ts';

/** Where to listen, and as what. */
export interface DoorOptions {
  /** `ip:port` or `[ip]:port`; beyond loopback only with `tls`. */
  readonly address: string;
  /** Names beside the address that browsers may use, such as a reverse proxy's. */
  readonly hosts: readonly string[];
  /** Files in PEM. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly log: InspectorLog;
}

export interface Door {
  /** With the real port, and without a token. */
  readonly url: string;
  close(): Promise<void>;
}

/** Takes connections, and hands each on to what answers them, which is loaded when the first one comes. Throws `InspectorError`. */
export async function openDoor(
  options: DoorOptions,
  load: (certificate: Certificate | null) => Promise<Answering>,
): Promise<Door> {
  checkAddress(options);
  const certificate = options.tls === null ? null : readCertificate(options.tls);
  const sockets = new Set<Socket>();
  let answering: Promise<Answering> | null = null;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    answering ??= load(certificate);
    answering.then(
      ({ take }) => take(socket),
      (error: unknown) => {
        options.log.error({ err: error }, 'the inspector cannot answer: the installation is damaged');
        socket.destroy();
      },
    );
  });
  server.maxConnections = connectionsMax;
  return {
    url: await listen(server, options),
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
function checkAddress({ address, tls }: DoorOptions): void {
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

function listen(server: Server, { address, tls, hosts, log }: DoorOptions): Promise<string> {
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
