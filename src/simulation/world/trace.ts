/**
 * What happened in a world, in order. Every record goes into one hash, so that two runs can be compared by 64 digits; the
 * records themselves are kept only when somebody wants to read them.
 */
import { createHash } from 'node:crypto';

export interface TraceRecord {
  /** Milliseconds since the world began. */
  readonly at: number;
  /** `n7`, or `world`. */
  readonly node: string;
  /** `sent`, `received`, `event`, `started`, … */
  readonly event: string;
  readonly detail: string;
  /** The node at the other end, for lines. */
  readonly peer?: string;
  /** With states recorded: the actor, and its state before and after. */
  readonly actor?: string;
  readonly before?: string;
  readonly after?: string;
}

/** Records kept at most; a longer trace keeps its end. */
const keptMax = 2_000_000;
/** Characters that go into the hash together: a call for each record would take longer than the hashing. */
const hashedTogether = 65_536;

export class Trace {
  readonly keeps: boolean;
  /** Records so far. */
  count = 0;
  /** Records dropped from the beginning of what is kept. */
  dropped = 0;
  #records: TraceRecord[] = [];
  readonly #hash = createHash('sha256');
  #unhashed = '';

  constructor(options: { readonly keeps: boolean }) {
    this.keeps = options.keeps;
  }

  add(record: TraceRecord): void {
    this.count += 1;
    this.#unhashed += `${record.at} ${record.node} ${record.event} ${record.peer ?? ''} ${record.detail}\n`;
    if (this.#unhashed.length >= hashedTogether) this.#hashAll();
    if (!this.keeps) return;
    this.#records.push(record);
    if (this.#records.length < 2 * keptMax) return;
    this.dropped += this.#records.length - keptMax;
    this.#records = this.#records.slice(-keptMax);
  }

  /** A change of state: for readers, not for the hash, which must not depend on whether anybody reads. */
  note(record: TraceRecord): void {
    if (this.keeps) this.#records.push(record);
  }

  get records(): readonly TraceRecord[] {
    return this.#records;
  }

  /** Lowercase hex SHA-256 of all records so far. */
  digest(): string {
    this.#hashAll();
    return this.#hash.copy().digest('hex');
  }

  #hashAll(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = '';
  }
}
