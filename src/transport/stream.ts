/**
 * One QUIC stream. Bytes are handed to quiche at once and whatever it does not take waits here, within a bound;
 * reading stops with the reader, and then the peer is stopped by flow control.
 */
import { closeCodes } from '../protocol/index.ts';
import { type NativeConnection, nativeErrorText, quiche } from './native.ts';
import type { Stream, StreamHandler } from './types.ts';

/** What a stream needs of its connection. */
export interface StreamOwner {
  /** Null once the connection is over. */
  native(): NativeConnection | null;
  /** False once the peer is not to be heard any more. */
  reading(): boolean;
  /** Asks for attention in this turn: packets are to be sent, or data to be delivered. */
  wake(): void;
  /** The stream is over, on both sides. `broken`: quiche may still mention it. */
  forget(stream: QuicStream, broken: boolean): void;
  readonly bufferedBytesMax: number;
}

const nothing = new Uint8Array(0);
/** Queued pieces taken off the front before the array is cut. */
const takenPiecesMax = 256;

export class QuicStream implements Stream {
  readonly id: number;
  readonly kind: 'bidirectional' | 'unidirectional';
  readonly #owner: StreamOwner;
  #handler: StreamHandler | null = null;
  #opened = false;
  #paused = false;
  #readOpen: boolean;
  /** The peer's fin was read while the reader was paused. */
  #endPending = false;
  #writeOpen: boolean;
  #finSent: boolean;
  /** Quiche knows a stream of ours from its first byte on. */
  #primed: boolean;
  #queue: Uint8Array[] = [];
  #queueHead = 0;
  #queuedBytes = 0;
  #wantsDrain = false;
  #broken: string | null = null;
  #over = false;

  constructor(id: number, local: boolean, owner: StreamOwner) {
    this.id = id;
    this.kind = (id & 2) === 0 ? 'bidirectional' : 'unidirectional';
    this.#owner = owner;
    const bidirectional = this.kind === 'bidirectional';
    this.#readOpen = bidirectional || !local;
    this.#writeOpen = bidirectional || local;
    this.#finSent = !this.#writeOpen;
    this.#primed = !local;
  }

  get bufferedBytes(): number {
    return this.#queuedBytes;
  }

  get primed(): boolean {
    return this.#primed;
  }

  open(handler: StreamHandler): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#handler = handler;
    const broken = this.#broken;
    if (broken === null) this.#owner.wake();
    else queueMicrotask(() => this.#tellAborted(broken));
  }

  // t[impl flow.bounded-writes]
  write(bytes: Uint8Array): boolean {
    const native = this.#owner.native();
    if (!this.#writeOpen || native === null) return false;
    if (bytes.length === 0) return true;
    if (this.#queuedBytes + bytes.length > this.#owner.bufferedBytesMax) {
      this.#wantsDrain = true;
      return false;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    // Behind others it waits its turn; alone it goes to quiche now and leaves with this turn's packets.
    if (this.#queuedBytes === bytes.length) this.#flush(native);
    this.#owner.wake();
    return true;
  }

  // t[impl flow.half-close]
  end(): void {
    const native = this.#owner.native();
    if (!this.#writeOpen || native === null) return;
    this.#writeOpen = false;
    this.#flush(native);
    this.#owner.wake();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#owner.wake();
  }

  // t[impl close.stream-reset]
  reset(code: number): void {
    if (this.#over) return;
    this.#handler = null;
    this.#opened = true;
    this.#drop(code);
    this.#owner.wake();
  }

  // t[impl flow.paused-reader]
  /** Called by the connection: delivers what has arrived, as far as the reader wants it. */
  read(native: NativeConnection, scratch: Uint8Array): void {
    if (this.#broken !== null) {
      this.abort(this.#broken);
      return;
    }
    while (this.#handler !== null && this.#readOpen && !this.#paused && this.#owner.reading()) {
      let received: [number, boolean] | null;
      try {
        received = native.streamRecv(this.id, scratch);
      } catch (error) {
        this.#break(resetText(nativeErrorText(error)));
        return;
      }
      if (received === null) break;
      const [length, fin] = received;
      if (fin) {
        this.#readOpen = false;
        this.#endPending = true;
      }
      if (length > 0 && this.#handler.data(scratch.slice(0, length)) === false) this.#paused = true;
    }
    this.#deliverEnd();
  }

  /** Called by the connection: hands over what waits, and notices a peer that does not want it any more. */
  flush(native: NativeConnection): void {
    if (this.#broken !== null) {
      this.abort(this.#broken);
      return;
    }
    this.#deliverEnd();
    const waiting = this.#queuedBytes > 0 || (!this.#writeOpen && !this.#finSent);
    if (waiting) this.#flush(native);
    else if (this.#writeOpen && this.#primed) this.#probe(native);
    if (this.#broken !== null) {
      this.abort(this.#broken);
      return;
    }
    if (waiting && this.#queuedBytes === 0 && this.#writeOpen) this.#handler?.emptied?.();
    if (this.#wantsDrain && this.#queuedBytes * 2 <= this.#owner.bufferedBytesMax) {
      this.#wantsDrain = false;
      this.#handler?.drain?.();
    }
  }

  /** The stream broke off, or its connection is over. */
  abort(reason: string): void {
    if (this.#over) return;
    this.#broken = reason;
    this.#drop(closeCodes.aborted);
    this.#tellAborted(reason);
  }

  #tellAborted(reason: string): void {
    const handler = this.#handler;
    this.#handler = null;
    handler?.aborted(reason);
  }

  #deliverEnd(): void {
    if (!this.#endPending || this.#paused || this.#handler === null || !this.#owner.reading()) return;
    this.#endPending = false;
    this.#handler.end();
    this.#settle();
  }

  #flush(native: NativeConnection): void {
    try {
      while (this.#queueHead < this.#queue.length) {
        const piece = this.#queue[this.#queueHead] ?? nothing;
        const fin = !this.#writeOpen && this.#queueHead === this.#queue.length - 1;
        const taken = native.streamSend(this.id, piece, fin);
        this.#primed = true;
        if (taken === null) return;
        this.#queuedBytes -= taken;
        if (taken < piece.length) {
          this.#queue[this.#queueHead] = piece.subarray(taken);
          return;
        }
        this.#finSent = fin;
        this.#advance();
      }
      if (!this.#writeOpen && !this.#finSent) {
        native.streamSend(this.id, nothing, true);
        this.#primed = true;
        this.#finSent = true;
      }
    } catch (error) {
      this.#break(stopText(nativeErrorText(error)));
      return;
    }
    this.#settle();
  }

  #advance(): void {
    this.#queueHead += 1;
    if (this.#queueHead === this.#queue.length || this.#queueHead >= takenPiecesMax) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
  }

  /** Quiche tells of a stream the peer stopped, or one that is gone, only when asked. */
  #probe(native: NativeConnection): void {
    try {
      native.streamCapacity(this.id);
    } catch (error) {
      this.#break(stopText(nativeErrorText(error)));
    }
  }

  /** Told to the handler from the connection's next round, never from inside a call of the handler's owner. */
  #break(reason: string): void {
    this.#broken ??= reason;
    this.#owner.wake();
  }

  #settle(): void {
    if (this.#over || this.#readOpen || this.#endPending || !this.#finSent) return;
    this.#over = true;
    this.#handler = null;
    this.#owner.forget(this, false);
  }

  /** Lets go of both sides at once. */
  #drop(code: number): void {
    this.#over = true;
    const reading = this.#readOpen;
    const writing = !this.#finSent || this.#queuedBytes > 0;
    this.#readOpen = false;
    this.#writeOpen = false;
    this.#endPending = false;
    this.#queue = [];
    this.#queueHead = 0;
    this.#queuedBytes = 0;
    const native = this.#owner.native();
    if (native !== null) {
      if (reading) shutDown(native, this.id, quiche.Shutdown.Read, code);
      if (writing) shutDown(native, this.id, quiche.Shutdown.Write, code);
    }
    this.#owner.forget(this, true);
  }
}

/** Shuts one side of a stream down; a side that is gone already is what was wanted. */
export function shutDown(
  native: NativeConnection,
  id: number,
  side: (typeof quiche.Shutdown)[keyof typeof quiche.Shutdown],
  code: number,
): void {
  try {
    native.streamShutdown(id, side, code);
  } catch {
    // Quiche collected the stream before.
  }
}

function resetText(error: string): string {
  const code = /^StreamReset\((\d+)\)/.exec(error)?.[1];
  return code === undefined ? `the stream is gone (${error})` : `the peer reset the stream (code ${code})`;
}

function stopText(error: string): string {
  const code = /^StreamStopped\((\d+)\)/.exec(error)?.[1];
  return code === undefined
    ? `the stream is gone (${error})`
    : `the peer stopped reading the stream (code ${code})`;
}
