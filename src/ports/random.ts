/** The seam for randomness. The daemon draws from the system's generator, a simulation from a seed. */
export interface Random {
  /** A whole number, uniform over 0 … 2^32-1. */
  uint32(): number;
  /** `length` random bytes in a fresh array. */
  bytes(length: number): Uint8Array;
  /** A version 4 UUID, lowercase and hyphenated. */
  uuid(): string;
}
