/**
 * The shared QUIC endpoint as its users see it: register an ALPN and get connections, or dial one. It knows
 * nothing of gossip or of the operator interface. Callbacks never run inside the call that registers them.
 */
import type { DialFailure, LinkClosed, TrustVerdict } from '../ports/transport.ts';

/** What a protocol brings: its name, its own trust set, and what to do with a connection that passed it. */
export interface ProtocolRegistration {
  readonly alpn: string;
  /** Asked after every handshake, before any application byte is read, and again at every `recheck`. */
  trust(fingerprint: string): TrustVerdict;
  /** A peer's connection that passed the trust gate. */
  accept(connection: Connection): void;
  /** Inbound connections of this protocol at once; the next is closed with `busy`. A budget of its own, so one protocol cannot starve another. */
  readonly connectionsMax: number;
  /** Inbound connections of one fingerprint at once; 2 when absent. The next is closed with `busy`, or replaces one that fell silent. */
  readonly connectionsPerFingerprintMax?: number;
  /** Bidirectional streams a peer may have open at once. */
  readonly streamsPerConnectionMax: number;
}

export interface Registration {
  /** Asks `trust` again for every open connection of this protocol and closes those it now refuses. */
  recheck(): void;
  unregister(): void;
}

export interface DialTarget {
  readonly alpn: string;
  /** `ip:port` or `[ip]:port`; IP literals only. */
  readonly address: string;
  /** The pinned fingerprint, or null to learn it (a probe: use a single-use identity, send nothing). */
  readonly fingerprint: string | null;
  readonly timeoutMs?: number;
}

export interface Connection {
  /** Unique within the process, never reused. */
  readonly id: string;
  readonly alpn: string;
  readonly direction: 'inbound' | 'outbound';
  /** Lowercase hex SHA-256 of the peer's SubjectPublicKeyInfo DER, proved by the handshake. */
  readonly fingerprint: string;
  readonly address: string;
  /** Opens a stream of ours; null when the peer's stream limit is reached or the connection is ending. */
  openStream(kind: 'bidirectional' | 'unidirectional'): Stream | null;
  /** Streams the peer opens. Earlier ones are delivered first. Set once. */
  onStream(handler: (stream: Stream) => void): void;
  /** Called once; nothing follows. At once (asynchronously) when the connection is already over. */
  onClosed(handler: (end: LinkClosed) => void): void;
  /** Hands the packets that are ready to the socket before it returns, instead of at the end of the turn: for what must leave before slow work begins. */
  flush(): void;
  /** Flushes what is queued (for at most a second), then closes with code and reason. Idempotent. */
  close(code: number, reason: string): void;
}

export interface StreamHandler {
  /** Bytes that arrived; they belong to the receiver. Return false to stop reading until `resume()`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most readers want everything and return nothing
  data(bytes: Uint8Array): boolean | void;
  /** The peer finished its side: no more data. */
  end(): void;
  /** What `write` refused fits again. */
  drain?(): void;
  /** Nothing waits any more, after something had to. */
  emptied?(): void;
  /** The stream broke off: reset by the peer, or its connection ended. Called at most once, and not after a clean end of both sides. */
  aborted(reason: string): void;
}

export interface Stream {
  readonly id: number;
  readonly kind: 'bidirectional' | 'unidirectional';
  /** Starts delivery. Call once. */
  open(handler: StreamHandler): void;
  /** Queues bytes; takes all or nothing. False: more than `streamBufferedBytesMax` would wait; try again at `drain`. */
  write(bytes: Uint8Array): boolean;
  /** Finishes our side after what is queued. Idempotent. */
  end(): void;
  /** Reads again after `data` returned false. */
  resume(): void;
  /** Drops both sides at once with an application error code. */
  reset(code: number): void;
  /** Bytes queued and not yet taken by the connection. */
  readonly bufferedBytes: number;
}

export interface EndpointStats {
  readonly connections: number;
  readonly connectionsByAlpn: { readonly [alpn: string]: number };
  readonly handshakes: number;
  readonly timers: number;
  readonly retrying: boolean;
  readonly refused: { readonly [reason: string]: number };
}

export interface Endpoint {
  /** Bound addresses with real ports, in the order given. */
  readonly listening: readonly string[];
  readonly fingerprint: string;
  register(protocol: ProtocolRegistration): Registration;
  /** Exactly one of the handler's methods is called, once, unless cancelled first. Returns how to cancel. */
  dial(
    target: DialTarget,
    handler: { connected(connection: Connection): void; failed(failure: DialFailure): void },
  ): () => void;
  stats(): EndpointStats;
  /** Tells every peer `shutting_down`, waits for the packets to leave (at most two seconds), frees the sockets. Idempotent. */
  close(): Promise<void>;
}
