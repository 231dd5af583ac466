/** Randomness of a simulated world. Each use has a stream of its own, so that a new draw in one place moves nothing in another. */
import type { Random } from '../../ports/index.ts';
import { encodeHex, nextUint32, type RandomState, seedRandom } from '../../protocol/index.ts';

export class SeededRandom implements Random {
  #state: RandomState;

  /** The stream of one use: the seed of the world, and what it is for. */
  constructor(seed: number, use: string) {
    this.#state = seedRandom(`${seed} ${use}`);
  }

  uint32(): number {
    const [value, state] = nextUint32(this.#state);
    this.#state = state;
    return value;
  }

  /** Uniform over [0, 1). */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Uniform over 0 … bound-1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** Uniform over [low, high), in thousandths. */
  between(low: number, high: number): number {
    return Math.round((low + (high - low) * this.fraction()) * 1_000) / 1_000;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** One of a list; undefined when it is empty. */
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(items.length)];
  }

  /** `count` different ones of a list, in random order; all when there are fewer. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    for (let index = 0; index < Math.min(count, rest.length); index += 1) {
      const other = index + this.below(rest.length - index);
      [rest[index], rest[other]] = [rest[other] as Item, rest[index] as Item];
    }
    return rest.slice(0, count);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() >>> 24);
  }

  uuid(): string {
    const bytes = this.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = encodeHex(bytes);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}
