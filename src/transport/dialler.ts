/** Starts our own connections: one protocol is offered, one fingerprint is expected. */
import { randomBytes } from 'node:crypto';
import type { DialFailure, LinkClosed } from '../ports/transport.ts';
import { type Address, closeCodes, parseAddress, printable } from '../protocol/index.ts';
import { dialFailureOf } from './close-reasons.ts';
import { QuicConnection } from './connection.ts';
import type { EndpointCore } from './endpoint.ts';
import { type NativeConfig, quiche } from './native.ts';
import { connectionIdBytes, connectionIdKey } from './packet-header.ts';
import { clientConfig } from './quic-config.ts';
import { chooseSocket } from './socket-choice.ts';
import type { Connection, DialTarget } from './types.ts';
import type { UdpSocket } from './udp-socket.ts';

export interface DialCallbacks {
  connected(connection: Connection): void;
  failed(failure: DialFailure): void;
}

/** One dial. Its callbacks are called at most once, and not after it was cancelled. */
interface Dial {
  readonly target: DialTarget;
  readonly callbacks: DialCallbacks;
  readonly rechecks: number;
  settled: boolean;
  /** A better explanation than quiche's, once there is one. */
  failure: DialFailure | null;
}

const shuttingDown: DialFailure = { kind: 'shutting_down', code: null, detail: 'this node is stopping' };
const cancelled: LinkClosed = { by: 'us', code: closeCodes.ok, reason: 'cancelled' };
/** Protocols are names in our own program; more than this many is a mistake of ours. */
const configsMax = 16;

export class Dialler {
  readonly #core: EndpointCore;
  readonly #sockets: readonly UdpSocket[];
  readonly #configs = new Map<string, NativeConfig>();
  readonly #pending = new Map<QuicConnection, Dial>();
  #closed = false;

  constructor(core: EndpointCore, sockets: readonly UdpSocket[]) {
    this.#core = core;
    this.#sockets = sockets;
  }

  get inProgress(): number {
    return this.#pending.size;
  }

  dial(target: DialTarget, callbacks: DialCallbacks): () => void {
    const rechecks = this.#core.protocols.rechecksOf(target.alpn);
    const dial: Dial = { target, callbacks, rechecks, settled: false, failure: null };
    const started = this.#start(dial);
    if (!(started instanceof QuicConnection)) {
      queueMicrotask(() => settleFailed(dial, started));
      return () => {
        dial.settled = true;
      };
    }
    this.#core.queue.thisTurn(started);
    return () => {
      if (dial.settled) return;
      dial.settled = true;
      started.discard(cancelled);
    };
  }

  close(): void {
    this.#closed = true;
    for (const [connection, dial] of [...this.#pending]) {
      dial.failure = shuttingDown;
      connection.discard(cancelled);
    }
  }

  // t[impl dial.failures]
  #start(dial: Dial): QuicConnection | DialFailure {
    const { limits } = this.#core;
    if (this.#closed) return shuttingDown;
    const address = parseAddress(dial.target.address);
    if (address === null || !dialable(address)) return invalidAddress(dial.target.address);
    if (this.#pending.size >= limits.dialsMax) {
      return { kind: 'unreachable', code: null, detail: `${limits.dialsMax} dials are under way already` };
    }
    const choice = chooseSocket(this.#sockets, address);
    if ('detail' in choice) return { kind: 'unreachable', code: null, detail: choice.detail };
    return this.#connect(dial, address, choice.socket);
  }

  #connect(dial: Dial, address: Address, socket: UdpSocket): QuicConnection {
    const core = this.#core;
    const remote = socket.remote(address.ip, address.port);
    const ourId = randomBytes(connectionIdBytes);
    const local = { host: address.family === 6 ? '::' : '0.0.0.0', port: socket.address.port };
    const peer = { host: remote.host, port: remote.port };
    const native = quiche.Connection.connect(null, ourId, local, peer, this.#configFor(dial.target.alpn));
    const key = connectionIdKey(ourId);
    const connection = new QuicConnection({
      id: core.nextId(),
      direction: 'outbound',
      native,
      socket,
      remote,
      local,
      limits: core.limits,
      timers: core.timers,
      queue: core.queue,
      handshakeTimeoutMs: dial.target.timeoutMs ?? core.limits.dialTimeoutMs,
      established: (established, alpn, fingerprint) =>
        this.#established(dial, established, alpn, fingerprint),
      failed: (end) => {
        this.#pending.delete(connection);
        settleFailed(dial, dial.failure ?? dialFailureOf(end));
      },
      unsendable: (code) => {
        dial.failure ??= unsendable(dial.target.address, code);
        if (!dial.settled) connection.giveUp(cancelled);
      },
      streamRefused: () => core.refuse('streams_max'),
      ended: () => core.ended(connection),
      lingers: () => core.linger(connection),
      gone: () => {
        this.#pending.delete(connection);
        core.forget(connection, [key]);
      },
    });
    core.routes.set(key, connection);
    this.#pending.set(connection, dial);
    return connection;
  }

  // t[impl dial.pinned]
  #established(dial: Dial, connection: QuicConnection, alpn: string, fingerprint: string): void {
    const { target } = dial;
    if (alpn !== target.alpn) {
      dial.failure = { kind: 'tls', code: null, detail: `the peer did not agree to ${target.alpn}` };
      connection.closeNow(closeCodes.protocolError, 'no common protocol');
      return;
    }
    if (target.fingerprint !== null && target.fingerprint !== fingerprint) {
      const detail = `${target.address} answered with the fingerprint ${fingerprint}, not ${printable(target.fingerprint, 64)}`;
      dial.failure = { kind: 'wrong_fingerprint', code: null, detail };
      connection.closeNow(closeCodes.unauthorised, 'another fingerprint was expected');
      return;
    }
    if (!this.#core.protocols.stillTrusted(connection, dial.rechecks)) {
      dial.failure = { kind: 'refused', code: null, detail: 'the peer lost its trust while it was dialled' };
      return;
    }
    this.#pending.delete(connection);
    dial.settled = true;
    connection.admit(this.#core.limits.serverStreamsMax);
    this.#core.protocols.add(connection);
    dial.callbacks.connected(connection);
  }

  #configFor(alpn: string): NativeConfig {
    const known = this.#configs.get(alpn);
    if (known !== undefined) return known;
    if (this.#configs.size >= configsMax) this.#configs.clear();
    const config = clientConfig(this.#core.identity, this.#core.limits, alpn);
    this.#configs.set(alpn, config);
    return config;
  }
}

function settleFailed(dial: Dial, failure: DialFailure): void {
  if (dial.settled) return;
  dial.settled = true;
  dial.callbacks.failed(failure);
}

/** What can be dialled at all; what should be is decided by those who keep the addresses. */
function dialable(address: Address): boolean {
  return address.kind === 'unicast' || address.kind === 'loopback';
}

function invalidAddress(text: string): DialFailure {
  const shown = printable(text, 64);
  const detail = `${shown} cannot be dialled: write an IP address and a port, 192.0.2.7:7891 or [2001:db8::7]:7891`;
  return { kind: 'invalid_address', code: null, detail };
}

function unsendable(address: string, code: string): DialFailure {
  const meaning: { readonly [code: string]: string } = {
    ENETUNREACH: 'there is no route to that network',
    EHOSTUNREACH: 'there is no route to that host',
    EADDRNOTAVAIL: 'no local address can reach it',
    EINVAL: 'the listen address cannot reach it (a loopback address reaches only this machine)',
    EACCES: 'a local firewall forbids it',
    EPERM: 'a local firewall forbids it',
  };
  return {
    kind: 'unreachable',
    code: null,
    detail: `cannot send to ${address}: ${meaning[code] ?? code} (${code})`,
  };
}
