/** Who is let in before anything is done: the host a browser thinks it talks to, the page a request comes from, the way it took. */
import type { IncomingMessage } from 'node:http';
import { parseAddress } from '../protocol/index.ts';

export interface GateOptions {
  /** Served over TLS, so addresses beyond loopback are served too. */
  readonly tls: boolean;
  /** Names a browser may use for this node: those of a reverse proxy, or of the certificate. Lower case, without a port. */
  readonly hosts: readonly string[];
}

export type GateRefusal = { readonly status: number; readonly message: string };

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

// w[impl access.host]
/** A name of somebody else's that resolves to this machine would make the page theirs: only names we know are answered to. */
export function judgeHost(host: string | undefined, options: GateOptions): GateRefusal | null {
  const name = hostName(host);
  if (name === null) return { status: 400, message: 'the request names no host' };
  if (loopbackNames.has(name) || options.hosts.includes(name)) return null;
  // An address is nobody's name. Without TLS only loopback is listened on, and has the names above.
  if (options.tls && isAddress(name)) return null;
  return {
    status: 403,
    message: `this node does not answer to the name in the Host header: add it with --inspect-host if it is yours`,
  };
}

// w[impl access.origin]
/** What another site's page sends carries its origin, which is not the host it sends to. */
export function judgeOrigin(request: IncomingMessage): GateRefusal | null {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && !isOriginOf(origin, host)) return foreign;
  return site === 'cross-site' || site === 'same-site' ? foreign : null;
}

const foreign: GateRefusal = { status: 403, message: 'the request comes from another site' };

function isOriginOf(origin: string, host: string | undefined): boolean {
  const [, authority] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  return authority !== undefined && authority.toLowerCase() === host?.toLowerCase();
}

/** The name of a Host header without its port, lower case. */
function hostName(host: string | undefined): string | null {
  const [, name] = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(host?.toLowerCase() ?? '') ?? [];
  return name ?? null;
}

function isAddress(name: string): boolean {
  return parseAddress(`${name}:1`) !== null;
}

// w[impl monitoring.loopback]
/** From this very machine, and not handed on by a proxy for somebody else. */
export function isFromHere(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  const handedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => name in headers);
  const remote = socket.remoteAddress ?? '';
  return !handedOn && /^(127\.|::1$|::ffff:127\.)/.test(remote);
}
