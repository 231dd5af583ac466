/** What is written down of a conversation: one line a thing, with its moment, and names instead of fingerprints. */
import type { StoredEvent } from '../../src/ports/index.ts';
import type { Json } from '../../src/protocol/types.ts';

const hexPattern = /\b[0-9a-f]{64}\b/g;
const uuidPattern = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const momentWidth = 6;

interface SentLine {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** A link with both its ends, which have ids of one number. */
interface LinkRecord {
  readonly number: number;
  readonly between: string;
  /** How it ended, as the first end heard it. */
  end: string | null;
  /** Ends that are read and have not closed. */
  endsOpen: number;
  readonly underWay: SentLine[];
}

export class Recording {
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
    this.#links.set(keyOf(id), { number, between, end: null, endsOpen: 0, underWay: [] });
    this.note(`${dialler}→${listener} link ${number} dialled`);
  }

  /** Somebody reads this end from now on. */
  endOpened(id: string): void {
    const link = this.#links.get(keyOf(id));
    if (link !== undefined) link.endsOpen += 1;
  }

  sent(id: string, line: SentLine): void {
    this.#links.get(keyOf(id))?.underWay.push(line);
  }

  read(id: string, from: string): void {
    const underWay = this.#links.get(keyOf(id))?.underWay ?? [];
    const index = underWay.findIndex((line) => line.from === from);
    const [line] = index === -1 ? [] : underWay.splice(index, 1);
    if (line !== undefined) this.note(`${from}→${line.to} ${line.text}${this.#which(id)}`);
  }

  /** Both ends hear of it: the second says something only when it heard something else. */
  endClosed(id: string, text: string): void {
    const link = this.#links.get(keyOf(id));
    if (link === undefined) return;
    if (link.end !== text) this.note(`${link.between} link ${link.number} ${text}`);
    link.end = text;
    link.endsOpen -= 1;
    if (link.endsOpen > 0) return;
    for (const line of link.underWay.splice(0)) {
      this.note(`${line.from}→${line.to} ${line.text} (never read)`);
    }
  }

  /** Two nodes may have two links for a while. */
  #which(id: string): string {
    const link = this.#links.get(keyOf(id));
    const open = [...this.#links.values()].filter(
      ({ between, end }) => between === link?.between && end === null,
    );
    return link !== undefined && open.length > 1 ? ` (link ${link.number})` : '';
  }

  /** Said of a hello only when there is more than one. */
  groveText(groveId: string): string {
    const name = this.readable(groveId);
    return this.#groves.length > 1 ? ` grove=${name}` : '';
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
