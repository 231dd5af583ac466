/**
 * The seam to the key that secret values are encrypted with at rest. Every method is one synchronous step and
 * never throws. A sealed text says nothing of the value but its length, opens only for the app and the param it was sealed for,
 * and survives restarts and versions of this program.
 */
import type { Verdict } from '../protocol/types.ts';

/** The param a value belongs to: a sealed text moved to another place does not open. */
export interface SecretPlace {
  readonly app: string;
  readonly param: string;
}

/** `message` is printable, says what an operator can do, and never holds a value or a key. */
export interface SecretFailure {
  readonly kind: /** Values were sealed and the key file is gone. Only `open` says so: `seal` makes a key when there is none. */
    | 'key_missing'
    /** Group or others may read the key file. */
    | 'key_exposed'
    /** The key file cannot be read or made, or is no key. */
    | 'key_unusable'
    /** Sealed with another key. */
    | 'wrong_key'
    /** Altered, or sealed for another place. */
    | 'damaged'
    /** Not a sealed text, or one of a newer version. */
    | 'unknown_format';
  readonly message: string;
}

export interface SecretBox {
  /** Plain ASCII text without white space. Two sealings of one value differ. */
  seal(value: string, place: SecretPlace): Verdict<string, SecretFailure>;
  open(sealed: string, place: SecretPlace): Verdict<string, SecretFailure>;
}
