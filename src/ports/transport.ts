/**
 * The seam between gossip and the network: authenticated links that carry lines.
 *
 * Promises of every implementation: lines on one link arrive in the order they were sent, once, or the link
 * closes; nothing is delivered before `open`; no callback runs inside the call that caused it being
 * registered; `closed` is called exactly once per link and nothing follows it; no method throws.
 */

/** Why a link ended. Codes are the application close codes of the protocol; `transport` is anything below it. */
export interface LinkClosed {
  /** Who ended it: this side, the peer's application, or the network underneath (time-out, reset, TLS alert). */
  readonly by: 'us' | 'peer' | 'transport';
  /** Application close code when `by` is `us` or `peer`, otherwise the transport's error code, or null for a time-out. */
  readonly code: number | null;
  /** Printable text, at most 256 characters. */
  readonly reason: string;
}

export interface LinkHandler {
  /** One line without its newline. The bytes belong to the receiver. */
  line(bytes: Uint8Array): void;
  /** The peer broke the framing: too long a line, a second stream, bytes after the end. The link is already being closed with `protocol_error`. */
  malformed(detail: string): void;
  /** Nothing sent waits any more for the peer to read, after something had to. */
  drained?(): void;
  closed(end: LinkClosed): void;
}

export interface Link {
  /** Unique within the process, never reused. */
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  /** The peer's fingerprint, proved by the handshake. */
  readonly fingerprint: string;
  /** The address the peer was seen at, `ip:port` or `[ip]:port`. */
  readonly address: string;
  /** Starts delivery. Lines that arrived earlier are delivered first. Call once. */
  open(handler: LinkHandler): void;
  /** Bytes of lines sent that still wait for the peer to read what came before. */
  readonly waitingBytes: number;
  /** Queues one line (newline added here). Returns false, and closes the link as `busy`, when the peer has not read `linkBufferedBytesMax` bytes. */
  send(line: Uint8Array): boolean;
  /** Finishes the stream, gives the peer up to a second to read it, then closes with code and reason. Idempotent. */
  close(code: number, reason: string): void;
}

/** Why a dial gave no link. `detail` is printable and says what an operator can do. */
export interface DialFailure {
  readonly kind:
    | 'unreachable'
    | 'timeout'
    | 'wrong_fingerprint'
    | 'refused'
    | 'tls'
    | 'closed'
    | 'invalid_address'
    | 'shutting_down';
  /** The application close code the peer gave, when it gave one. */
  readonly code: number | null;
  readonly detail: string;
}

export interface DialHandler {
  /** The handshake is done and the pinned fingerprint matched. The peer may still refuse us. */
  connected(link: Link): void;
  failed(failure: DialFailure): void;
}

/** What to answer a peer that completed a handshake: null to let it in, otherwise how to close. */
export type TrustVerdict = null | { readonly code: number; readonly reason: string };

export interface LinkTransport {
  /** The addresses other nodes can dial, real ports, advertised ones first. */
  addresses(): readonly string[];
  /** Inbound links, each after its fingerprint passed the trust gate. Returns how to stop listening. */
  listen(accept: (link: Link) => void): () => void;
  /** Dials one address and pins the fingerprint. Exactly one handler method is called, once, unless cancelled first. */
  dial(target: { readonly address: string; readonly fingerprint: string }, handler: DialHandler): () => void;
  /** Replaces the live trust gate of the gossip protocol; open links it refuses are closed as it says. */
  setTrust(judge: (fingerprint: string) => TrustVerdict): void;
}
