/**
 * The node's one QUIC endpoint: a UDP socket per listen address, shared by every protocol and every dial.
 * Incoming datagrams are routed by connection id; those of strangers may start a handshake (`Acceptor`), and
 * `Dialler` starts ours.
 */

import { closeCodes } from '../protocol/index.ts';
import { Acceptor } from './acceptor.ts';
import type { QuicConnection } from './connection.ts';
import { Dialler } from './dialler.ts';
import type { Identity } from './identity.ts';
import type { TransportLimits } from './limits.ts';
import { resolveLimits } from './limits.ts';
import type { TransportLog } from './log.ts';
import { silentLog } from './log.ts';
import { readPacketHeader } from './packet-header.ts';
import { ProtocolRegistry } from './protocol-registry.ts';
import { RefusalLog } from './refusal-log.ts';
import { type CountedTimers, countTimers, systemTimers, type TransportTimers } from './timers.ts';
import { TurnQueue } from './turn-queue.ts';
import type { Endpoint, EndpointStats } from './types.ts';
import { bindUdpSocket, type UdpReceiver, type UdpSocket } from './udp-socket.ts';

export interface EndpointOptions {
  readonly identity: Identity;
  /** `ip:port` or `[ip]:port`; port 0 for any. At least one, at most `listenMax`. `[::]` takes IPv4 as well. */
  readonly listen: readonly string[];
  readonly limits?: Partial<TransportLimits>;
  readonly log?: TransportLog;
  readonly timers?: TransportTimers;
}

export const listenMax = 16;

/** What acceptor and dialler share. */
export interface EndpointCore {
  readonly identity: Identity;
  readonly limits: TransportLimits;
  readonly timers: CountedTimers;
  readonly log: TransportLog;
  readonly queue: TurnQueue<QuicConnection>;
  readonly protocols: ProtocolRegistry;
  readonly refusals: RefusalLog;
  /** Connections by the ids packets are addressed to. */
  readonly routes: Map<string, QuicConnection>;
  nextId(): string;
  refuse(reason: string): void;
  /** An admitted connection is over for the program. */
  ended(connection: QuicConnection): void;
  linger(connection: QuicConnection): void;
  /** Takes the connection's ids away. */
  forget(connection: QuicConnection, ids: readonly string[]): void;
}

/** Binds the sockets. Throws `ListenError` when an address cannot be bound; none is left bound then. */
export async function createEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const endpoint = new QuicEndpoint(options);
  await endpoint.bind(options.listen);
  return endpoint;
}

let connectionCount = 0;

class QuicEndpoint implements Endpoint, UdpReceiver {
  readonly #core: EndpointCore;
  readonly #acceptor: Acceptor;
  readonly #dialler: Dialler;
  readonly #sockets: UdpSocket[] = [];
  readonly #refused = new Map<string, number>();
  readonly #lingering = new Set<QuicConnection>();
  #closing: Promise<void> | null = null;
  #someoneLeft: (() => void) | null = null;

  constructor(options: EndpointOptions) {
    const limits = resolveLimits(options.limits);
    const timers = countTimers(options.timers ?? systemTimers);
    const log = options.log ?? silentLog;
    const protocols = new ProtocolRegistry({
      limits,
      monotonicMs: () => timers.monotonicMs(),
      changed: () => this.#acceptor.protocolsChanged(),
    });
    this.#core = {
      identity: options.identity,
      limits,
      timers,
      log,
      protocols,
      refusals: new RefusalLog({
        log,
        linesPerMinuteMax: limits.refusalLinesPerMinuteMax,
        monotonicMs: () => timers.monotonicMs(),
      }),
      queue: new TurnQueue((connection, error) => this.#attendFailed(connection, error)),
      routes: new Map(),
      nextId: () => {
        connectionCount += 1;
        return `q${connectionCount}`;
      },
      refuse: (reason) => this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1),
      ended: (connection) => {
        protocols.remove(connection);
        this.#someoneLeft?.();
      },
      linger: (connection) => this.#linger(connection),
      forget: (connection, ids) => this.#forget(connection, ids),
    };
    this.#acceptor = new Acceptor(this.#core);
    this.#dialler = new Dialler(this.#core, this.#sockets);
  }

  get listening(): readonly string[] {
    return this.#sockets.map((socket) => socket.text);
  }

  get fingerprint(): string {
    return this.#core.identity.fingerprint;
  }

  async bind(listen: readonly string[]): Promise<void> {
    if (listen.length === 0 || listen.length > listenMax)
      throw new RangeError(`1 to ${listenMax} listen addresses`);
    try {
      for (const address of listen) this.#sockets.push(await bindUdpSocket(address, this, this.#core.log));
    } catch (error) {
      await Promise.all(this.#sockets.map((socket) => socket.close()));
      throw error;
    }
  }

  register(protocol: Parameters<Endpoint['register']>[0]): ReturnType<Endpoint['register']> {
    return this.#core.protocols.register(protocol);
  }

  dial(...dial: Parameters<Endpoint['dial']>): () => void {
    return this.#dialler.dial(...dial);
  }

  stats(): EndpointStats {
    const { protocols, timers } = this.#core;
    return {
      connections: protocols.all().length,
      connectionsByAlpn: protocols.countByAlpn(),
      handshakes: this.#acceptor.inProgress + this.#dialler.inProgress,
      timers: timers.active(),
      retrying: this.#acceptor.retrying,
      refused: Object.fromEntries(this.#refused),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  // t[impl robust.garbage]
  datagram(socket: UdpSocket, datagram: Buffer, socketHost: string, port: number): void {
    const header = readPacketHeader(datagram);
    if (header === null) return;
    const connection = this.#core.routes.get(header.destination);
    if (connection !== undefined) connection.receive(datagram, socketHost, port);
    else if (header.long && this.#closing === null)
      this.#acceptor.consider(socket, datagram, socketHost, port);
  }

  // t[impl close.shutdown]
  async #close(): Promise<void> {
    const { protocols, timers, limits } = this.#core;
    this.#dialler.close();
    this.#acceptor.close();
    for (const connection of protocols.all()) connection.close(closeCodes.shuttingDown, 'the node stops');
    await new Promise<void>((resolve) => {
      const timer = timers.setTimeout(resolve, limits.shutdownMs);
      const check = (): void => {
        if (protocols.all().length > 0) return;
        timers.clearTimeout(timer);
        resolve();
      };
      this.#someoneLeft = check;
      check();
    });
    const end = { by: 'us', code: closeCodes.shuttingDown, reason: 'the node stops' } as const;
    for (const connection of new Set(this.#core.routes.values())) connection.discard(end);
    await Promise.all(this.#sockets.map((socket) => socket.close()));
  }

  // t[impl limits.lingering]
  #linger(connection: QuicConnection): void {
    this.#lingering.add(connection);
    const oldest = this.#lingering.values().next();
    if (this.#lingering.size > this.#core.limits.lingeringMax && oldest.done !== true) {
      oldest.value.discard({ by: 'us', code: null, reason: 'closed' });
    }
  }

  #forget(connection: QuicConnection, ids: readonly string[]): void {
    for (const id of ids) if (this.#core.routes.get(id) === connection) this.#core.routes.delete(id);
    this.#lingering.delete(connection);
  }

  /** A handler of ours threw: our own mistake, which ends that connection and nothing else. */
  #attendFailed(connection: QuicConnection, error: unknown): void {
    this.#core.log.error(
      { error, connection: connection.id, alpn: connection.alpn },
      'a connection handler failed',
    );
    try {
      connection.fail();
    } catch (again) {
      this.#core.log.error({ error: again, connection: connection.id }, 'a connection handler failed');
    }
  }
}
