/** One whole message over one half of a stream: how a request or an answer is read to its end, and written. */
import { closeCodes } from '../protocol/index.ts';
import type { Verdict } from '../protocol/types.ts';
import type { Stream } from '../transport/types.ts';
import { writeChunkBytesMax } from './limits.ts';
import type { Timers } from './timers.ts';

export type BodyFailure = 'too_large' | 'too_slow' | 'aborted';

export interface Body {
  /** The bytes the other side sent before it finished, or why they are not all here. */
  readonly received: Promise<Verdict<Uint8Array, BodyFailure>>;
  /**
   * Queues everything, waiting for room as needed, and finishes our side. False: the stream broke off
   * or took too long. A peer that has not finished its side after another `deadlineMs` is reset.
   */
  send(bytes: Uint8Array, deadlineMs: number): Promise<boolean>;
}

export interface BodyOptions {
  readonly bytesMax: number;
  readonly deadlineMs: number;
  readonly timers: Timers;
}

/**
 * Opens `stream`. After `received` has settled, whatever else arrives is thrown away, so that the answer to an
 * oversized request still reaches a client that is busy sending it.
 */
export function openBody(stream: Stream, options: BodyOptions): Body {
  return new StreamBody(stream, options);
}

class StreamBody implements Body {
  readonly received: Promise<Verdict<Uint8Array, BodyFailure>>;
  readonly #stream: Stream;
  readonly #options: BodyOptions;
  readonly #deadline: unknown;
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** Set until what is to be received is settled. */
  #settle: ((verdict: Verdict<Uint8Array, BodyFailure>) => void) | null = null;
  #broken = false;
  #peerEnded = false;
  #lingering: unknown;
  #wakeWriter: (() => void) | null = null;

  constructor(stream: Stream, options: BodyOptions) {
    this.#stream = stream;
    this.#options = options;
    this.received = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#deadline = options.timers.setTimeout(
      () => this.#finish({ ok: false, reason: 'too_slow' }),
      options.deadlineMs,
    );
    stream.open({
      data: (bytes) => this.#take(bytes),
      end: () => this.#end(),
      drain: () => this.#wakeWriter?.(),
      aborted: () => this.#breakOff(),
    });
  }

  async send(bytes: Uint8Array, deadlineMs: number): Promise<boolean> {
    const { timers } = this.#options;
    const timer = timers.setTimeout(() => {
      this.#stream.reset(closeCodes.ok);
      this.#breakOff();
    }, deadlineMs);
    for (let offset = 0; offset < bytes.length && !this.#broken; ) {
      const chunk = bytes.subarray(offset, offset + writeChunkBytesMax);
      if (this.#stream.write(chunk)) offset += chunk.length;
      else await this.#room();
    }
    timers.clearTimeout(timer);
    if (this.#broken) return false;
    this.#stream.end();
    if (!this.#peerEnded) {
      this.#lingering = timers.setTimeout(() => this.#stream.reset(closeCodes.ok), deadlineMs);
    }
    return true;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  #take(bytes: Uint8Array): void {
    if (this.#settle === null) return;
    this.#size += bytes.length;
    this.#chunks.push(bytes);
    if (this.#size > this.#options.bytesMax) this.#finish({ ok: false, reason: 'too_large' });
  }

  #end(): void {
    this.#peerEnded = true;
    this.#options.timers.clearTimeout(this.#lingering);
    this.#finish({ ok: true, value: Buffer.concat(this.#chunks) });
  }

  #breakOff(): void {
    this.#broken = true;
    this.#options.timers.clearTimeout(this.#lingering);
    this.#finish({ ok: false, reason: 'aborted' });
    this.#wakeWriter?.();
  }

  /** Only the first call counts. */
  #finish(verdict: Verdict<Uint8Array, BodyFailure>): void {
    this.#options.timers.clearTimeout(this.#deadline);
    this.#settle?.(verdict);
    this.#settle = null;
    this.#chunks = [];
  }
}
