/** The streams of one connection: ids for ours, admission of the peer's, and a round of attention for all. */
import { closeCodes } from '../protocol/index.ts';
import type { NativeConnection } from './native.ts';
import { quiche } from './native.ts';
import { QuicStream, type StreamOwner, shutDown } from './stream.ts';
import type { Stream } from './types.ts';

const serverBit = 1;
const unidirectionalBit = 2;
/** Bytes read from quiche at once; one buffer serves all streams. */
const scratch = new Uint8Array(65_536);
/** Ids of broken streams that quiche may still mention. */
const brokenIdsMax = 256;

export interface StreamTableOptions {
  readonly direction: 'inbound' | 'outbound';
  /** Bidirectional streams the peer may have open. */
  readonly peerStreamsMax: number;
  readonly bufferedBytesMax: number;
  native(): NativeConnection | null;
  wake(): void;
  /** A stream was turned away at the limit. */
  refused(): void;
}

export class StreamTable {
  readonly #options: StreamTableOptions;
  readonly #streams = new Map<number, QuicStream>();
  readonly #brokenIds = new Set<number>();
  readonly #owner: StreamOwner;
  readonly #localBit: number;
  #nextBidirectional: number;
  #nextUnidirectional: number;
  #peerBidirectional = 0;
  #handler: ((stream: Stream) => void) | null = null;
  #undelivered: QuicStream[] = [];
  #reading = true;

  constructor(options: StreamTableOptions) {
    this.#options = options;
    this.#localBit = options.direction === 'inbound' ? serverBit : 0;
    this.#nextBidirectional = this.#localBit;
    this.#nextUnidirectional = this.#localBit | unidirectionalBit;
    this.#owner = {
      native: () => options.native(),
      wake: () => options.wake(),
      reading: () => this.#reading,
      forget: (stream, broken) => this.#forget(stream, broken),
      bufferedBytesMax: options.bufferedBytesMax,
    };
  }

  /** True when no stream holds bytes quiche has not taken. */
  get flushed(): boolean {
    for (const stream of this.#streams.values()) if (stream.bufferedBytes > 0) return false;
    return true;
  }

  open(native: NativeConnection, kind: Stream['kind']): QuicStream | null {
    const bidirectional = kind === 'bidirectional';
    const left = bidirectional ? native.peerStreamsLeftBidi() : native.peerStreamsLeftUni();
    let unprimed = 0;
    for (const stream of this.#streams.values()) if (stream.kind === kind && !stream.primed) unprimed += 1;
    if (left <= unprimed) return null;
    const id = bidirectional ? this.#nextBidirectional : this.#nextUnidirectional;
    if (bidirectional) this.#nextBidirectional += 4;
    else this.#nextUnidirectional += 4;
    const stream = new QuicStream(id, true, this.#owner);
    this.#streams.set(id, stream);
    return stream;
  }

  onStream(handler: (stream: Stream) => void): void {
    if (this.#handler !== null) return;
    this.#handler = handler;
    queueMicrotask(() => this.#deliver());
  }

  /** One round: deliver what arrived, hand over what waits. */
  attend(native: NativeConnection): void {
    // Most packets carry only acknowledgements: asking is cheaper than an empty list.
    if (native.isReadable()) this.#read(native);
    for (const stream of this.#streams.values()) stream.flush(native);
  }

  #read(native: NativeConnection): void {
    for (const id of native.readable()) {
      if (!this.#reading) break;
      const stream = this.#streams.get(id) ?? this.#accept(native, id);
      stream?.read(native, scratch);
    }
  }

  /** From now on nothing the peer sent is delivered. */
  stopReading(): void {
    this.#reading = false;
  }

  abortAll(reason: string): void {
    this.#undelivered = [];
    const failures: unknown[] = [];
    for (const stream of [...this.#streams.values()]) {
      try {
        stream.abort(reason);
      } catch (error) {
        failures.push(error);
      }
    }
    // Every stream is told, also when the handler of one of them has a bug.
    if (failures.length > 0) throw failures[0];
  }

  #accept(native: NativeConnection, id: number): QuicStream | null {
    const ours = (id & serverBit) === this.#localBit;
    const bidirectional = (id & unidirectionalBit) === 0;
    if (ours || this.#brokenIds.has(id)) {
      shutDown(native, id, quiche.Shutdown.Read, closeCodes.aborted);
      return null;
    }
    // t[impl limits.streams]
    if (bidirectional && this.#peerBidirectional >= this.#options.peerStreamsMax) {
      shutDown(native, id, quiche.Shutdown.Read, closeCodes.busy);
      shutDown(native, id, quiche.Shutdown.Write, closeCodes.busy);
      this.#remember(id);
      this.#options.refused();
      return null;
    }
    if (bidirectional) this.#peerBidirectional += 1;
    const stream = new QuicStream(id, false, this.#owner);
    this.#streams.set(id, stream);
    this.#undelivered.push(stream);
    this.#deliver();
    return stream;
  }

  #deliver(): void {
    while (this.#handler !== null) {
      const stream = this.#undelivered.shift();
      if (stream === undefined) return;
      this.#handler(stream);
    }
  }

  #forget(stream: QuicStream, broken: boolean): void {
    if (!this.#streams.delete(stream.id)) return;
    if ((stream.id & serverBit) === this.#localBit) return;
    if (stream.kind === 'bidirectional') this.#peerBidirectional -= 1;
    if (broken) this.#remember(stream.id);
  }

  #remember(id: number): void {
    const oldest = this.#brokenIds.values().next();
    if (this.#brokenIds.size >= brokenIdsMax && oldest.done !== true) this.#brokenIds.delete(oldest.value);
    this.#brokenIds.add(id);
  }
}
