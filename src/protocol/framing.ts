/**
 * Cuts a stream of bytes into lines, and stops a peer that lets one grow: memory for an unfinished line is
 * bounded, and beyond the short length the line must already say that it is of a type that may be longer.
 * The verdict about a line does not depend on how the network cut it into chunks.
 */
import { lineBytesMax, shortLineBytesMax } from './limits.ts';
import { lineBytesMaxOf } from './messages.ts';
import { peekType } from './peek-type.ts';

/** Why the stream is given up. */
export interface FramingRefusal {
  readonly code: 'line_too_long';
  readonly detail: string;
}

export interface PushedLines {
  /** Complete lines without their newlines, in order. The bytes belong to the caller; one chunk's lines may share its memory. */
  readonly lines: readonly Uint8Array[];
  /** Set from the line that broke a limit on; the lines before it are still good. */
  readonly refusal: FramingRefusal | null;
}

const newline = 0x0a;
const initialCapacity = 256;

export class LineSplitter {
  private buffer = new Uint8Array(0);
  private length = 0;
  /** What the unfinished line may grow to, once its type was read. */
  private bytesMax = shortLineBytesMax;
  private refusal: FramingRefusal | null = null;

  /** Bytes of the unfinished line. Not zero at the end of a stream means that it was cut off. */
  get pendingBytes(): number {
    return this.length;
  }

  // g[impl read.framing]
  /** Takes the next bytes of the stream. After a refusal nothing is taken any more. */
  push(chunk: Uint8Array): PushedLines {
    const lines: Uint8Array[] = [];
    let start = 0;
    while (this.refusal === null && start < chunk.length) {
      const end = chunk.indexOf(newline, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      start += piece.length + 1;
      if (end !== -1 && this.length === 0) {
        this.refusal = judge(piece);
        if (this.refusal === null) lines.push(piece);
        continue;
      }
      this.append(piece);
      if (end !== -1 && this.refusal === null) lines.push(this.take());
    }
    return { lines, refusal: this.refusal };
  }

  private append(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.bytesMax) {
      if (this.bytesMax === shortLineBytesMax) this.bytesMax = allowance(this.beginning(piece));
      if (length > this.bytesMax) {
        this.refusal = tooLong(this.bytesMax);
        this.clear();
        return;
      }
    }
    this.reserve(length);
    this.buffer.set(piece, this.length);
    this.length = length;
  }

  /** The first bytes of the line, whether they already lie in the buffer or are still in the piece. */
  private beginning(piece: Uint8Array): Uint8Array {
    const beginning = new Uint8Array(Math.min(shortLineBytesMax, this.length + piece.length));
    beginning.set(this.buffer.subarray(0, this.length));
    beginning.set(piece.subarray(0, beginning.length - this.length), this.length);
    return beginning;
  }

  /** Doubling keeps the copying in proportion to the line, however small the pieces are. */
  private reserve(length: number): void {
    if (length <= this.buffer.length) return;
    const capacity = Math.max(length, Math.min(this.buffer.length * 2, lineBytesMax), initialCapacity);
    const grown = new Uint8Array(capacity);
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  private take(): Uint8Array {
    const line = this.buffer.subarray(0, this.length);
    this.clear();
    return line;
  }

  /** A new buffer for the next line: this one was given away, or belongs to a refused peer. */
  private clear(): void {
    this.buffer = new Uint8Array(0);
    this.length = 0;
    this.bytesMax = shortLineBytesMax;
  }
}

// g[impl read.type-early]
/** What the type in a line's first bytes lets the line grow to. */
function allowance(beginning: Uint8Array): number {
  const type = peekType(beginning);
  return type === null ? shortLineBytesMax : lineBytesMaxOf(type);
}

/** The same limits for a line that came in one piece. */
function judge(line: Uint8Array): FramingRefusal | null {
  if (line.length <= shortLineBytesMax) return null;
  const bytesMax = allowance(line.subarray(0, shortLineBytesMax));
  return line.length > bytesMax ? tooLong(bytesMax) : null;
}

function tooLong(bytesMax: number): FramingRefusal {
  return { code: 'line_too_long', detail: `a line passed ${bytesMax} bytes, the most its type may have` };
}
