/**
 * Starts handshakes for strangers: version negotiation, the stateless retry, the limits, and then the trust
 * gate. Until a packet has passed all that is stateless, it costs no memory.
 */
import { randomBytes } from 'node:crypto';
import type { LinkClosed } from '../ports/transport.ts';
import { closeCodes } from '../protocol/index.ts';
import { QuicConnection } from './connection.ts';
import type { EndpointCore } from './endpoint.ts';
import { HandshakeLimits, type HandshakePlace } from './handshake-limits.ts';
import { type NativeConfig, type NativeHeader, quiche } from './native.ts';
import { connectionIdBytes, connectionIdKey, initialDatagramBytesMin } from './packet-header.ts';
import { serverConfig } from './quic-config.ts';
import { createRetryTokens, type RetryTokens } from './retry-tokens.ts';
import { hostOfSocketHost, type Remote, type UdpSocket } from './udp-socket.ts';

const givesWay = { by: 'us', code: closeCodes.busy, reason: 'too many handshakes' } as const;

export class Acceptor {
  readonly #core: EndpointCore;
  readonly #handshakes: HandshakeLimits;
  readonly #tokens: RetryTokens;
  readonly #pending = new Set<QuicConnection>();
  #config: NativeConfig | null = null;

  constructor(core: EndpointCore) {
    this.#core = core;
    this.#handshakes = new HandshakeLimits(core.limits);
    this.#tokens = createRetryTokens({
      lifeMs: core.limits.retryTokenMs,
      monotonicMs: () => core.timers.monotonicMs(),
    });
  }

  get inProgress(): number {
    return this.#handshakes.inProgress;
  }

  get retrying(): boolean {
    return this.#handshakes.retrying;
  }

  /** From now on handshakes are made with the protocols as they are registered. */
  protocolsChanged(): void {
    const { identity, limits, protocols } = this.#core;
    if (protocols.alpns.length === 0) {
      this.#config = null;
      return;
    }
    this.#config = serverConfig(identity, limits);
    this.#config.setApplicationProtos([...protocols.alpns]);
    this.#config.setInitialMaxStreamsBidi(protocols.streamsMax);
  }

  close(): void {
    for (const connection of [...this.#pending])
      connection.closeNow(closeCodes.shuttingDown, 'the node stops');
  }

  /** A long-header packet for nobody we know. Drops what cannot start a connection. */
  consider(socket: UdpSocket, datagram: Buffer, socketHost: string, port: number): void {
    if (this.#config === null || datagram.length < initialDatagramBytesMin) return;
    const header = readHeader(datagram);
    if (header === null) return;
    const remote: Remote = { host: hostOfSocketHost(socketHost), port, socketHost };
    // t[impl robust.versions]
    if (!quiche.versionIsSupported(header.version)) {
      reply(socket, remote, (out) => quiche.negotiateVersion(header.scid, header.dcid, out));
      return;
    }
    if (header.ty !== quiche.Type.Initial) return;
    const token = header.token ?? new Uint8Array(0);
    const originalId = this.#tokens.verify({ host: remote.host, port, retryId: header.dcid }, token);
    const admission = this.#handshakes.judge(remote.host, originalId !== null);
    if (admission === 'retry') this.#retry(socket, remote, header);
    else this.#accept(this.#config, socket, remote, header, originalId).receive(datagram, socketHost, port);
  }

  #retry(socket: UdpSocket, remote: Remote, header: NativeHeader): void {
    this.#core.refuse('retry');
    const retryId = randomBytes(connectionIdBytes);
    const token = this.#tokens.mint({ host: remote.host, port: remote.port, retryId }, header.dcid);
    reply(socket, remote, (out) =>
      quiche.retry(header.scid, header.dcid, retryId, token, header.version, out),
    );
  }

  #accept(
    config: NativeConfig,
    socket: UdpSocket,
    remote: Remote,
    header: NativeHeader,
    originalId: Uint8Array | null,
  ): QuicConnection {
    const core = this.#core;
    // After a retry the client already uses the id we gave it.
    const ourId = originalId === null ? randomBytes(connectionIdBytes) : header.dcid;
    const local = { host: remote.host.includes(':') ? '::' : '0.0.0.0', port: socket.address.port };
    const peer = { host: remote.host, port: remote.port };
    const native = quiche.Connection.accept(ourId, originalId, local, peer, config);
    const ids = [connectionIdKey(ourId), connectionIdKey(header.dcid)];
    const place = this.#handshakes.start(remote.host, originalId !== null, () => {
      core.refuse('handshakes_max');
      connection.discard(givesWay);
    });
    const connection = new QuicConnection({
      id: core.nextId(),
      direction: 'inbound',
      native,
      socket,
      remote,
      local,
      limits: core.limits,
      timers: core.timers,
      queue: core.queue,
      handshakeTimeoutMs: core.limits.handshakeTimeoutMs,
      established: (established, alpn, fingerprint) =>
        this.#established(established, alpn, fingerprint, place),
      failed: (end) => {
        this.#handshakeOver(connection, place);
        if (isRefusal(end)) core.refusals.note(connection, end);
      },
      streamRefused: () => core.refuse('streams_max'),
      ended: () => core.ended(connection),
      lingers: () => core.linger(connection),
      gone: () => {
        this.#handshakeOver(connection, place);
        core.forget(connection, ids);
      },
    });
    for (const id of ids) core.routes.set(id, connection);
    this.#pending.add(connection);
    return connection;
  }

  #handshakeOver(connection: QuicConnection, place: HandshakePlace): void {
    place.release();
    this.#pending.delete(connection);
  }

  // t[impl trust.live-set]
  #established(connection: QuicConnection, alpn: string, fingerprint: string, place: HandshakePlace): void {
    const { protocols, refuse } = this.#core;
    this.#handshakeOver(connection, place);
    const judged = protocols.judge(alpn, fingerprint);
    if ('refusal' in judged) {
      refuse(judged.refusal.counter);
      connection.closeNow(judged.refusal.code, judged.refusal.reason);
      return;
    }
    connection.admit(judged.protocol.streamsPerConnectionMax);
    protocols.add(connection);
    judged.protocol.accept(connection);
  }
}

/** Neither a handshake that only took too long, nor one that gave way to others, nor our own stop. */
function isRefusal(end: LinkClosed): boolean {
  return end.code !== null && end !== givesWay && !(end.by === 'us' && end.code === closeCodes.shuttingDown);
}

function readHeader(datagram: Buffer): NativeHeader | null {
  try {
    return quiche.Header.fromSlice(datagram, connectionIdBytes);
  } catch {
    return null;
  }
}

/** Sends one stateless packet. It is never longer than the datagram it answers. */
function reply(socket: UdpSocket, remote: Remote, write: (out: Uint8Array) => number): void {
  const out = Buffer.alloc(initialDatagramBytesMin);
  try {
    socket.send(out.subarray(0, write(out)), remote);
  } catch {
    // A header quiche cannot answer deserves no answer.
  }
}
