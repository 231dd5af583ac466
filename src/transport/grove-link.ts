/** One link: lines over the single stream of a connection, in order, bounded both ways, with an orderly end. */
import type { Link, LinkClosed, LinkHandler } from '../ports/transport.ts';
import { closeCodes, LineSplitter, linkBufferedBytesMax } from '../protocol/index.ts';
import type { TransportTimers } from './timers.ts';
import type { Connection, Stream } from './types.ts';

export interface LinkRenewal {
  /** Milliseconds after which the dialler closes a link with `ok`, to dial anew. */
  readonly ageMsMax: number;
  /** Bytes in both directions after which it does. */
  readonly bytesMax: number;
}

export interface LinkSettings {
  readonly timers: TransportTimers;
  readonly closeGraceMs: number;
  readonly renewal: LinkRenewal;
}

/** The accepting side waits this much longer, so that normally the dialler renews, which then dials. */
const inboundRenewalFactor = 1.125;
const renewReason = 'renew';
const newline = 0x0a;

export class GroveLink implements Link {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly fingerprint: string;
  readonly address: string;
  readonly #connection: Connection;
  readonly #stream: Stream;
  readonly #settings: LinkSettings;
  readonly #lines = new LineSplitter();
  readonly #bytesMax: number;
  readonly #renewalTimer: unknown;
  readonly #over: () => void;
  #handler: LinkHandler | null = null;
  #bytes = 0;
  #malformed: string | null = null;
  #end: LinkClosed | null = null;
  #closing = false;
  #closeWith: { readonly code: number; readonly reason: string } | null = null;
  #graceTimer: unknown = null;
  #peerEnded = false;

  constructor(connection: Connection, stream: Stream, settings: LinkSettings, over: () => void) {
    const { timers, renewal } = settings;
    const factor = connection.direction === 'inbound' ? inboundRenewalFactor : 1;
    this.id = connection.id;
    this.direction = connection.direction;
    this.fingerprint = connection.fingerprint;
    this.address = connection.address;
    this.#connection = connection;
    this.#stream = stream;
    this.#settings = settings;
    this.#over = over;
    this.#bytesMax = renewal.bytesMax * factor;
    this.#renewalTimer = timers.setTimeout(
      () => this.close(closeCodes.ok, renewReason),
      renewal.ageMsMax * factor,
    );
    connection.onClosed((end) => this.#ended(end));
  }

  open(handler: LinkHandler): void {
    if (this.#handler !== null) return;
    this.#handler = handler;
    this.#stream.open({
      data: (bytes) => this.#received(bytes),
      emptied: () => this.#handler?.drained?.(),
      end: () => this.#peerFinished(),
      aborted: (reason) => this.#brokeOff(reason),
    });
    if (this.#malformed !== null || this.#end !== null) queueMicrotask(() => this.#tellEarlier());
  }

  get waitingBytes(): number {
    return this.#stream.bufferedBytes;
  }

  // t[impl link.send]
  send(line: Uint8Array): boolean {
    if (this.#closing || this.#end !== null) return false;
    const bytes = new Uint8Array(line.length + 1);
    bytes.set(line);
    bytes[line.length] = newline;
    const fits = this.#stream.bufferedBytes + bytes.length <= linkBufferedBytesMax;
    if (!fits || !this.#stream.write(bytes)) {
      this.#closing = true;
      this.#connection.close(closeCodes.busy, 'the peer does not read');
      return false;
    }
    // What follows in this turn may be a flush to disk: the line does not wait for it.
    this.#connection.flush();
    this.#count(bytes.length);
    return true;
  }

  // t[impl link.close]
  close(code: number, reason: string): void {
    if (this.#closing || this.#end !== null) return;
    this.#closing = true;
    this.#closeWith = { code, reason };
    this.#stream.end();
    // Before the link was opened nobody reads the stream, so the peer's end cannot be waited for.
    if (this.#peerEnded || this.#handler === null) this.#finishClose();
    else
      this.#graceTimer = this.#settings.timers.setTimeout(
        () => this.#finishClose(),
        this.#settings.closeGraceMs,
      );
  }

  // t[impl link.one-stream]
  /** A second stream appeared. */
  extraStream(stream: Stream): void {
    stream.reset(closeCodes.protocolError);
    this.#refuse('a second stream was opened');
  }

  // t[impl link.lines]
  #received(bytes: Uint8Array): void {
    // What a peer says after our last word is not waited for by anybody.
    if (this.#closing) return;
    const { lines, refusal } = this.#lines.push(bytes);
    for (const line of lines) {
      if (this.#closing) return;
      this.#handler?.line(line);
    }
    if (refusal !== null) this.#refuse(refusal.detail);
    else this.#count(bytes.length);
  }

  /** The peer finished its side: it is about to close, and waits for us to finish ours. */
  #peerFinished(): void {
    this.#peerEnded = true;
    if (this.#closing) {
      this.#finishClose();
      return;
    }
    if (this.#lines.pendingBytes > 0) {
      this.#refuse('the stream ended inside a line');
      return;
    }
    this.#closing = true;
    this.#stream.end();
    this.#closeWith = { code: closeCodes.ok, reason: 'the peer finished' };
    // Twice its grace: the reason it closes with comes after its end, and is worth more than ours.
    const { timers, closeGraceMs } = this.#settings;
    this.#graceTimer = timers.setTimeout(() => this.#finishClose(), closeGraceMs * 2);
  }

  /** Ends a close that waits for the peer. Does nothing to a link that is not closing. */
  settle(): void {
    if (this.#closing && this.#end === null) this.#finishClose();
  }

  #finishClose(): void {
    const { timers } = this.#settings;
    timers.clearTimeout(this.#graceTimer);
    if (this.#closeWith !== null) this.#connection.close(this.#closeWith.code, this.#closeWith.reason);
  }

  /** Alone, that ends the link; with its connection, that one says why in this same turn. */
  #brokeOff(reason: string): void {
    queueMicrotask(() => this.#refuse(`the stream broke off: ${reason}`));
  }

  // t[impl link.malformed]
  #refuse(detail: string): void {
    if (this.#closing || this.#end !== null) return;
    this.#closing = true;
    this.#connection.close(closeCodes.protocolError, detail);
    if (this.#handler === null) this.#malformed = detail;
    else this.#handler.malformed(detail);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#bytesMax) this.close(closeCodes.ok, renewReason);
  }

  #ended(end: LinkClosed): void {
    const { timers } = this.#settings;
    timers.clearTimeout(this.#renewalTimer);
    timers.clearTimeout(this.#graceTimer);
    this.#end = end;
    this.#over();
    this.#handler?.closed(end);
  }

  /** What happened before anybody listened. */
  #tellEarlier(): void {
    const malformed = this.#malformed;
    this.#malformed = null;
    if (malformed !== null) this.#handler?.malformed(malformed);
    const end = this.#end;
    if (end !== null && this.#handler !== null) this.#handler.closed(end);
  }
}
