/** The output of one run, as far as it is kept: its beginning, its end, and how much was between them. */
const secretMark = '[secret]';
/** Of a secret of many lines, such as a key: a line alone is as telling as the whole. */
const secretLinesMax = 512;
const secretLineCharactersMin = 8;

export interface KeptOutput {
  readonly output: string;
  readonly outputTruncated: boolean;
}

export class HookOutput {
  readonly #halfMax: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #droppedBytes = 0;

  /** Keeps `bytesMax` at most, half from the beginning and half from the end. */
  constructor(bytesMax: number) {
    this.#halfMax = bytesMax / 2;
  }

  push(chunk: Buffer): void {
    const head = chunk.subarray(0, this.#halfMax - this.#headBytes);
    if (head.length > 0) this.#head.push(Buffer.from(head));
    this.#headBytes += head.length;
    this.#pushTail(chunk.subarray(head.length));
  }

  // i[impl app.output]
  /** `secrets` are taken out, also where the cut went through one. */
  keep(secrets: readonly string[]): KeptOutput {
    this.#mergeTail();
    const wanted = secrets.flatMap(appearances).sort((left, right) => right.length - left.length);
    const head = toBytesText(Buffer.concat(this.#head));
    const tail = toBytesText(Buffer.concat(this.#tail));
    if (this.#droppedBytes === 0) {
      return { output: fromBytesText(blot(head + tail, wanted)), outputTruncated: false };
    }
    const start = fromBytesText(withoutBegun(blot(head, wanted), wanted));
    const end = fromBytesText(withoutEnded(blot(tail, wanted), wanted));
    const between = `\n[… ${this.#droppedBytes} bytes left out …]\n`;
    return { output: `${start}${between}${end}`, outputTruncated: true };
  }

  #pushTail(chunk: Buffer): void {
    if (chunk.length === 0) return;
    // A copy: a slice would keep the whole buffer of the stream alive.
    const kept = Buffer.from(chunk.subarray(Math.max(0, chunk.length - this.#halfMax)));
    this.#droppedBytes += chunk.length - kept.length;
    this.#tail.push(kept);
    this.#tailBytes += kept.length;
    // Merged only now and then, so that the work stays in proportion to what arrives.
    if (this.#tailBytes > 2 * this.#halfMax || this.#tail.length > 1_024) this.#mergeTail();
  }

  #mergeTail(): void {
    const merged = Buffer.concat(this.#tail);
    const kept = Buffer.from(merged.subarray(Math.max(0, merged.length - this.#halfMax)));
    this.#droppedBytes += merged.length - kept.length;
    this.#tail = [kept];
    this.#tailBytes = kept.length;
  }
}

/** One character a byte: cuts and secrets meet bytes, whatever characters they are part of. */
function toBytesText(bytes: Buffer): string {
  return bytes.toString('latin1');
}

function fromBytesText(bytesText: string): string {
  return Buffer.from(bytesText, 'latin1').toString('utf8');
}

/** How a program may print a secret: as it is, as JSON, and line by line. */
function appearances(secret: string): readonly string[] {
  const lines = secret
    .split('\n', secretLinesMax)
    .map((line) => line.trim())
    .filter((line) => line.length >= secretLineCharactersMin);
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), ...lines])]
    .filter((shown) => shown !== '')
    .map((shown) => toBytesText(Buffer.from(shown)));
}

function blot(shown: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, secretMark), shown);
}

/** Without a secret's beginning at the end of `shown`. */
function withoutBegun(shown: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => {
    const length = longest(left, secret, (count) => left.endsWith(secret.slice(0, count)));
    return length === 0 ? left : left.slice(0, -length) + secretMark;
  }, shown);
}

/** Without a secret's end at the beginning of `shown`. */
function withoutEnded(shown: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => {
    const length = longest(left, secret, (count) => left.startsWith(secret.slice(-count)));
    return length === 0 ? left : secretMark + left.slice(length);
  }, shown);
}

function longest(shown: string, secret: string, matches: (count: number) => boolean): number {
  for (let count = Math.min(shown.length, secret.length - 1); count > 0; count -= 1) {
    if (matches(count)) return count;
  }
  return 0;
}
