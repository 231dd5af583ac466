/**
 * Drives one quiche connection: datagrams in, datagrams out, its timer, its streams, its end. It decides
 * nothing about trust; `established` does, before any stream is touched.
 *
 * handshaking → open → flushing → closing → lingering → gone. Lingering: our last words have left and are
 * repeated to a peer that missed them; the program was told of the end before.
 */
import type { LinkClosed } from '../ports/transport.ts';
import { closeCodes, formatAddress } from '../protocol/index.ts';
import type { Verdict } from '../protocol/types.ts';
import { fingerprintOfCertificate } from './certificate.ts';
import { encodeReason, nativeEnd, printableReason } from './close-reasons.ts';
import { inboundKeepAliveFactor, type TransportLimits } from './limits.ts';
import type { NativeConnection, NativeHost, NativeReceiveInfo } from './native.ts';
import { StreamTable } from './stream-table.ts';
import type { TransportTimers } from './timers.ts';
import type { TurnQueue } from './turn-queue.ts';
import type { Connection, Stream } from './types.ts';
import type { Remote, UdpSocket } from './udp-socket.ts';

export interface ConnectionOptions {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly native: NativeConnection;
  readonly socket: UdpSocket;
  readonly remote: Remote;
  /** The constant local end of the path, as quiche was told it. */
  readonly local: NativeHost;
  readonly limits: TransportLimits;
  readonly timers: TransportTimers;
  readonly queue: TurnQueue<QuicConnection>;
  readonly handshakeTimeoutMs: number;
  /** The handshake is done and the peer's key is proved. Answers by `admit` or `closeNow`. */
  established(connection: QuicConnection, alpn: string, fingerprint: string): void;
  /** It ended before it was admitted. */
  failed(end: LinkClosed): void;
  /** Dials only: the system would not send to that address. */
  readonly unsendable?: (code: string) => void;
  streamRefused(): void;
  /** An admitted connection is over for the program. */
  ended(connection: QuicConnection): void;
  /** Only its last words are left. */
  lingers(connection: QuicConnection): void;
  /** Nothing of it is left: its ids may be forgotten. */
  gone(connection: QuicConnection): void;
}

type Phase = 'handshaking' | 'open' | 'flushing' | 'closing' | 'lingering' | 'gone';

const keepAliveMomentsPerInterval = 4;

/** Shared by all connections: quiche writes each packet here, and a copy of its exact length is sent. */
const packet = new Uint8Array(65_535);

export class QuicConnection implements Connection {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly address: string;
  readonly #options: ConnectionOptions;
  readonly #receiveInfo: NativeReceiveInfo;
  readonly #keepAliveMs: number;
  #native: NativeConnection | null;
  #phase: Phase = 'handshaking';
  #alpn = '';
  #fingerprint = '';
  #streams: StreamTable | null = null;
  #closedHandler: ((end: LinkClosed) => void) | null = null;
  /** How it ends: set when we close, or when the end was told. */
  #end: LinkClosed | null = null;
  #deadline: number;
  #heardAt: number;
  #askedForLife = false;
  /** Set where no handler may be called: the next round ends it. */
  #attending = false;
  #givenUp: LinkClosed | null = null;
  #timer: unknown = null;
  #timerAt = 0;

  constructor(options: ConnectionOptions) {
    const { remote, limits, timers } = options;
    const family = remote.host.includes(':') ? 6 : 4;
    this.id = options.id;
    this.direction = options.direction;
    this.address = formatAddress({ family, ip: remote.host, port: remote.port });
    this.#options = options;
    this.#native = options.native;
    this.#receiveInfo = { from: { host: remote.host, port: remote.port }, to: options.local };
    this.#keepAliveMs = limits.keepAliveMs * (options.direction === 'inbound' ? inboundKeepAliveFactor : 1);
    this.#heardAt = timers.monotonicMs();
    this.#deadline = this.#heardAt + options.handshakeTimeoutMs;
  }

  get alpn(): string {
    return this.#alpn;
  }

  get fingerprint(): string {
    return this.#fingerprint;
  }

  /** Monotonic milliseconds of the last datagram from the peer. */
  get heardAt(): number {
    return this.#heardAt;
  }

  openStream(kind: Stream['kind']): Stream | null {
    if (this.#phase !== 'open' || this.#native === null) return null;
    return this.#streams?.open(this.#native, kind) ?? null;
  }

  onStream(handler: (stream: Stream) => void): void {
    this.#streams?.onStream(handler);
  }

  onClosed(handler: (end: LinkClosed) => void): void {
    const end = this.#end;
    const over = this.#phase === 'lingering' || this.#phase === 'gone';
    if (over && end !== null) queueMicrotask(() => handler(end));
    else this.#closedHandler = handler;
  }

  // t[impl flow.flush]
  flush(): void {
    // Within a round it is done at the end of the round.
    if (this.#native !== null && this.#phase === 'open' && !this.#attending) this.#pump(this.#native);
  }

  // t[impl close.flush]
  close(code: number, reason: string): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'flushing';
    this.#end = endByUs(code, reason);
    this.#deadline = this.#now() + this.#options.limits.closeFlushMs;
    this.#options.queue.thisTurn(this);
  }

  /** Closes a peer that is not to be heard any more; what was queued for it still leaves. */
  closeUnheard(code: number, reason: string): void {
    this.#streams?.stopReading();
    this.close(code, reason);
  }

  /** Lets the peer in. Called from `established`. */
  admit(streamsMax: number): void {
    const { limits, direction, queue } = this.#options;
    this.#phase = 'open';
    this.#streams = new StreamTable({
      direction,
      peerStreamsMax: streamsMax,
      bufferedBytesMax: limits.streamBufferedBytesMax,
      native: () => this.#native,
      wake: () => queue.thisTurn(this),
      refused: () => this.#options.streamRefused(),
    });
  }

  /** Closes without waiting for what is queued. */
  closeNow(code: number, reason: string): void {
    const native = this.#native;
    if (native === null || this.#phase === 'closing' || this.#phase === 'lingering') return;
    // A close replaces whatever waits, and a server cannot read ours before it has the end of our handshake.
    if (this.#phase !== 'handshaking' || this.direction === 'outbound') this.#pump(native);
    this.#end ??= endByUs(code, reason);
    this.#phase = 'closing';
    native.close(true, this.#end.code ?? closeCodes.ok, encodeReason(this.#end.reason));
    this.#options.queue.thisTurn(this);
  }

  /** Drops everything at once; the peer is told nothing more. */
  discard(end: LinkClosed): void {
    if (this.#phase === 'gone') return;
    const told = this.#phase === 'lingering';
    this.#phase = 'gone';
    this.#native = null;
    this.#options.timers.clearTimeout(this.#timer);
    this.#timer = null;
    this.#options.gone(this);
    if (!told) this.#tell(this.#end ?? end);
  }

  /** Like `discard`, but not before the next round. */
  giveUp(end: LinkClosed): void {
    this.#givenUp ??= end;
    this.#options.queue.thisTurn(this);
  }

  // t[impl robust.handler-failure]
  /** A handler of ours threw. Ends the connection, or goes on ending it. */
  fail(): void {
    this.closeNow(closeCodes.aborted, 'internal mistake');
    this.#options.queue.thisTurn(this);
  }

  receive(datagram: Buffer, socketHost: string, port: number): void {
    const { remote, timers, queue } = this.#options;
    // t[impl robust.moved-peer]
    if (this.#native === null || port !== remote.port || socketHost !== remote.socketHost) return;
    try {
      this.#native.recv(datagram, this.#receiveInfo);
    } catch {
      // Quiche noted the error and closes; `attend` sends its last words and reads why.
    }
    this.#heardAt = timers.monotonicMs();
    this.#askedForLife = false;
    queue.afterReads(this);
  }

  /** One round: look at what changed, deliver, send, set the timer. */
  attend(): void {
    this.#attending = true;
    try {
      this.#attendOnce();
    } finally {
      this.#attending = false;
    }
  }

  #attendOnce(): void {
    const native = this.#native;
    if (native === null) return;
    if (this.#givenUp !== null) {
      this.discard(this.#givenUp);
      return;
    }
    // Nobody migrates here, but quiche keeps such events until they are fetched.
    while (native.pathEventNext() !== null);
    while (native.retiredScidNext() !== null);
    if (this.#phase === 'handshaking') this.#lookAtHandshake(native);
    if (this.#native === null) return;
    if (this.#phase === 'open' || this.#phase === 'flushing') this.#streams?.attend(native);
    if (this.#native === null) return;
    this.#pump(native);
    if (this.#phase === 'flushing' && this.#isFlushed(native)) this.#sayLastWords(native);
    this.#lookForEnd(native);
    this.#setTimer();
  }

  // t[impl trust.before-bytes]
  #lookAtHandshake(native: NativeConnection): void {
    if (!native.isEstablished() || native.isDraining()) return;
    const alpn = Buffer.from(native.applicationProto()).toString('latin1');
    this.#alpn = alpn;
    const peer = peerOf(native);
    if (!peer.ok) {
      this.closeNow(closeCodes.unauthorised, peer.reason);
      return;
    }
    this.#fingerprint = peer.value;
    this.#options.established(this, alpn, peer.value);
  }

  #sayLastWords(native: NativeConnection): void {
    this.#phase = 'closing';
    native.close(true, this.#end?.code ?? closeCodes.ok, encodeReason(this.#end?.reason ?? ''));
    this.#pump(native);
  }

  /**
   * True when the peer has everything, or its time is up. Quiche does not say what is unacknowledged, but while
   * anything is, its timer waits for that and not for the idle time-out, which is much further away.
   */
  #isFlushed(native: NativeConnection): boolean {
    if (this.#now() >= this.#deadline) return true;
    const timeout = native.timeout();
    const acknowledged = timeout === null || timeout > this.#options.limits.idleTimeoutMs / 4;
    return (this.#streams?.flushed ?? true) && acknowledged;
  }

  #pump(native: NativeConnection): void {
    const { socket, remote, limits, queue, unsendable } = this.#options;
    const reporting = this.#phase === 'handshaking' ? unsendable : undefined;
    if (socket.queued() > limits.datagramsQueuedMax) {
      queue.afterReads(this);
      return;
    }
    const room = packet.subarray(0, limits.datagramBytesMax);
    for (let count = 0; count < limits.datagramsPerTurnMax; count += 1) {
      const made = native.send(room);
      if (made === null) return;
      const datagram = Buffer.from(room.subarray(0, made[0]));
      if (reporting === undefined) socket.send(datagram, remote);
      else socket.sendReporting(datagram, remote, reporting);
    }
    // Others come first; the rest follows in the next turn.
    queue.afterReads(this);
  }

  #lookForEnd(native: NativeConnection): void {
    if (this.#native === null) return;
    if (this.#phase === 'lingering') {
      if (native.isClosed()) this.discard(nativeEnd(native));
      return;
    }
    const closed = native.isClosed();
    if (this.#phase === 'closing') {
      if (closed) {
        this.discard(nativeEnd(native));
        return;
      }
      this.#linger(this.#end ?? nativeEnd(native));
      return;
    }
    if (!closed && !native.isDraining()) return;
    const end = nativeEnd(native);
    this.#end = end;
    // Nobody waits for words of ours when the peer closed or fell silent.
    if (closed || native.peerError() !== null) this.discard(end);
    else this.#linger(end);
  }

  #linger(end: LinkClosed): void {
    this.#phase = 'lingering';
    this.#end = end;
    this.#options.lingers(this);
    this.#tell(end);
  }

  #tell(end: LinkClosed): void {
    this.#end = end;
    const streams = this.#streams;
    const handler = this.#closedHandler;
    this.#streams = null;
    this.#closedHandler = null;
    if (streams === null) {
      this.#options.failed(end);
      return;
    }
    this.#options.ended(this);
    try {
      streams.abortAll(end.reason === '' ? 'the connection is closed' : end.reason);
    } finally {
      handler?.(end);
    }
  }

  /**
   * One timer for quiche's own deadline and ours. An earlier one is left alone: it looks again when it fires,
   * which is cheaper than moving a timer with every packet.
   */
  #setTimer(): void {
    const native = this.#native;
    if (native === null) return;
    const now = this.#now();
    const timeout = native.timeout();
    let due = timeout === null ? Number.POSITIVE_INFINITY : now + timeout + 1;
    if (this.#phase === 'handshaking' || this.#phase === 'flushing') due = Math.min(due, this.#deadline);
    if (this.#phase === 'open' && !this.#askedForLife) due = Math.min(due, this.#keepAliveDue());
    if (due === Number.POSITIVE_INFINITY || (this.#timer !== null && this.#timerAt <= due)) return;
    const { timers } = this.#options;
    timers.clearTimeout(this.#timer);
    this.#timerAt = due;
    this.#timer = timers.setTimeout(() => this.#timerFired(), Math.max(1, due - now));
  }

  #timerFired(): void {
    this.#timer = null;
    const native = this.#native;
    if (native === null) return;
    const now = this.#now();
    if (this.#phase === 'handshaking' && now >= this.#deadline) {
      // t[impl limits.handshake-deadline]
      this.giveUp({ by: 'transport', code: null, reason: 'the handshake took too long' });
      return;
    }
    const timeout = native.timeout();
    if (timeout !== null && timeout <= 0) native.onTimeout();
    // t[impl idle.keep-alive]
    if (this.#phase === 'open' && !this.#askedForLife && now >= this.#keepAliveDue()) {
      this.#askedForLife = true;
      native.sendAckEliciting();
    }
    this.#options.queue.thisTurn(this);
  }

  /**
   * When to ask for a sign of life: a little earlier than the interval says, at a moment many connections share,
   * so that an idle node wakes up once for all of them.
   */
  #keepAliveDue(): number {
    const grid = this.#options.limits.keepAliveMs / keepAliveMomentsPerInterval;
    return Math.floor((this.#heardAt + this.#keepAliveMs) / grid) * grid;
  }

  #now(): number {
    return this.#options.timers.monotonicMs();
  }
}

// t[impl tls.no-resumption]
/** Who the peer is, as TLS proved it. */
function peerOf(native: NativeConnection): Verdict<string, string> {
  if (native.isResumed()) return { ok: false, reason: 'TLS sessions are not resumed: make a full handshake' };
  const certificate = native.peerCertChain()?.[0];
  if (certificate === undefined) return { ok: false, reason: 'no certificate was presented' };
  return fingerprintOfCertificate(certificate);
}

function endByUs(code: number, reason: string): LinkClosed {
  return { by: 'us', code, reason: printableReason(encodeReason(reason)) };
}
