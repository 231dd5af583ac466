/** Lines of JSON from one unidirectional stream, whatever the pieces they arrive in. */
import { closeCodes } from '../protocol/index.ts';
import type { Json } from '../protocol/types.ts';
import type { Stream } from '../transport/types.ts';
import { eventLineBytesMax } from './limits.ts';

type Line = { readonly type: string } & { readonly [key: string]: Json };

export class LineReader {
  readonly ended: Promise<void>;
  readonly #onLine: (line: Line) => void;
  #settle: () => void = () => {};
  #stream: Stream | null = null;
  #over = false;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(onLine: (line: Line) => void) {
    this.#onLine = onLine;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Reads `stream`; a second one is refused, as is any after the end. */
  attach(stream: Stream): void {
    if (this.#over || this.#stream !== null) {
      stream.reset(closeCodes.ok);
      return;
    }
    this.#stream = stream;
    stream.open({
      data: (bytes) => this.#take(bytes),
      end: () => this.#finish(),
      aborted: () => this.#finish(),
    });
  }

  /** Stops reading and drops the stream. Idempotent. */
  end(): void {
    if (this.#over) return;
    this.#stream?.reset(closeCodes.ok);
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#pending = [];
    this.#settle();
  }

  #take(bytes: Uint8Array): void {
    let start = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
      const line = Buffer.concat([...this.#pending, bytes.subarray(start, at)]).toString('utf8');
      this.#pending = [];
      this.#pendingBytes = 0;
      start = at + 1;
      if (this.#over) return;
      this.#deliver(line);
    }
    this.#pendingBytes += bytes.length - start;
    if (start < bytes.length) this.#pending.push(bytes.subarray(start));
    if (this.#pendingBytes > eventLineBytesMax) this.end();
  }

  #deliver(text: string): void {
    let line: unknown;
    try {
      line = JSON.parse(text);
    } catch {
      this.end();
      return;
    }
    if (typeof line === 'object' && line !== null && 'type' in line && typeof line.type === 'string') {
      this.#onLine(line as Line);
    }
  }
}
