/** What is written down of a conversation: one line a thing, with its moment, and names instead of fingerprints. */
import type { StoredEvent } from '../../src/ports/index.ts';
import type { Json } from '../../src/protocol/types.ts';

const hexPattern = /\b[0-9a-f]{64}\b/g;
const uuidPattern = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const momentWidth = 6;

/** A link with both its ends, which have ids of one number. */
interface LinkRecord {
  readonly number: number;
  readonly between: string;
  end: string | null;
}

export class Record {
  readonly #now: () => number;
  readonly #names = new Map<string, string>();
  readonly #groves: string[] = [];
  readonly #links = new Map<string, LinkRecord>();
  #begun = 0;
  #lines: string[] = [];

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  introduce(fingerprint: string, name: string): void {
    this.#names.set(fingerprint, name);
  }

  /** From here on moments are counted in milliseconds since now. */
  restart(): void {
    this.#begun = this.#now();
  }

  take(): readonly string[] {
    return this.#lines.splice(0);
  }

  note(text: string): void {
    const moment = String(this.#now() - this.#begun).padStart(momentWidth);
    this.#lines.push(`${moment} ${this.readable(text)}`);
  }

  event(name: string, { type, data }: StoredEvent): void {
    const fields = Object.entries(data).map(([field, value]) => ` ${field}=${fieldText(value)}`);
    this.note(`${name}: ${type.replace('grove.', '')}${fields.join('')}`);
  }

  linkOpened(id: string, dialler: string, listener: string): void {
    const number = this.#links.size + 1;
    const between = [dialler, listener].sort().join('-');
    this.#links.set(keyOf(id), { number, between, end: null });
    this.note(`${dialler}→${listener} link ${number} dialled`);
  }

  said(id: string, from: string, to: string, text: string): void {
    this.note(`${from}→${to} ${text}${this.#which(id)}`);
  }

  /** Both ends hear of it: the second says something only when it heard something else. */
  linkEnded(id: string, text: string): void {
    const link = this.#links.get(keyOf(id));
    if (link === undefined || link.end === text) return;
    link.end = text;
    this.note(`${link.between} link ${link.number} ${text}`);
  }

  /** Two nodes may have two links for a while. */
  #which(id: string): string {
    const link = this.#links.get(keyOf(id));
    const open = [...this.#links.values()].filter(({ between, end }) => between === link?.between && end === null);
    return link !== undefined && open.length > 1 ? ` (link ${link.number})` : '';
  }

  nameOf(fingerprint: string): string {
    return this.readable(fingerprint);
  }

  /** Fingerprints become names, hashes their first four digits, groves are numbered as they come up. */
  readable(text: string): string {
    return text
      .replace(hexPattern, (hex) => this.#names.get(hex) ?? hex.slice(0, 4))
      .replace(uuidPattern, (uuid) => this.#groveName(uuid));
  }

  #groveName(uuid: string): string {
    if (!this.#groves.includes(uuid)) this.#groves.push(uuid);
    return `grove-${this.#groves.indexOf(uuid) + 1}`;
  }
}

function keyOf(id: string): string {
  return id.replace(/^(in|out)-/, '');
}

function fieldText(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(',');
  return typeof value === 'string' && value.includes(' ') ? `"${value}"` : String(value);
}
