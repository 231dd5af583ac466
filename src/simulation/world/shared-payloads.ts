/**
 * The work on payloads, shared by all nodes of a world: whoever reads the same bytes comes to the same result, so it is
 * reached once. Every function is the one a daemon calls; only the repetition is left out.
 */
import { type PayloadWork, plainWork } from '../../../actors/index.ts';
import type { MessageVerdict, PayloadDiff, PayloadDigest } from '../../protocol/index.ts';
import { assert, decodeHex, encodeHex } from '../../protocol/index.ts';
import type { HelloMessage, Json, Payload } from '../../protocol/types.ts';
import type { PayloadCells } from '../../store/index.ts';

type JsonObject = { readonly [key: string]: Json };

/** Hellos kept of one node. */
const hellosMax = 4;

interface Kept {
  readonly digest: PayloadDigest;
  readonly payload: JsonObject;
}

export interface SharedPayloads {
  readonly work: PayloadWork;
  /** Columns that hold a payload's hash; its bytes are kept here once, for all databases. */
  readonly cells: PayloadCells;
}

export function sharePayloads(): SharedPayloads {
  const library = new PayloadLibrary();
  return { work: sharedWork(library), cells: sharedCells(library) };
}

/** Every payload of the world once: its bytes, and the object they were parsed into. */
class PayloadLibrary {
  readonly #byHash = new Map<string, Kept>();
  readonly #digests = new WeakMap<JsonObject, PayloadDigest>();
  readonly #hashes = new WeakMap<Uint8Array, string>();

  digestOf(payload: JsonObject, sha256?: (bytes: Uint8Array) => string): PayloadDigest {
    const known = this.#digests.get(payload);
    if (known !== undefined) return known;
    const { digest } = this.#keep(plainWork.digestPayload(payload, sha256), payload);
    this.#digests.set(payload, digest);
    return digest;
  }

  hashOf(canonical: Uint8Array): string {
    const known = this.#hashes.get(canonical);
    if (known !== undefined) return known;
    const payload = JSON.parse(Buffer.from(canonical).toString('utf8')) as JsonObject;
    const { hash } = this.digestOf(payload);
    this.#hashes.set(canonical, hash);
    return hash;
  }

  withHash(hash: string): Kept {
    const found = this.#byHash.get(hash);
    assert(found !== undefined, `some payload has the hash ${hash}`);
    return found;
  }

  #keep(digest: PayloadDigest, payload: JsonObject): Kept {
    const earlier = this.#byHash.get(digest.hash);
    if (earlier !== undefined) return earlier;
    const kept = { digest, payload };
    this.#byHash.set(digest.hash, kept);
    this.#hashes.set(digest.canonical, digest.hash);
    return kept;
  }
}

/** What each node says of itself at the moment: the same to all links that want their news in one way. */
class HelloLines {
  readonly #byNode = new Map<string, { readonly hello: HelloMessage; readonly line: Uint8Array }[]>();

  lineOf(hello: HelloMessage): Uint8Array {
    const said = this.#byNode.get(hello.our_fingerprint) ?? [];
    const known = said.find((earlier) => isSameHello(earlier.hello, hello));
    if (known !== undefined) return known.line;
    const line = plainWork.encodeMessage(hello);
    const others = said.filter((earlier) => earlier.hello.our_payload_hash === hello.our_payload_hash);
    this.#byNode.set(hello.our_fingerprint, [...others, { hello, line }].slice(-hellosMax));
    return line;
  }
}

function isSameHello(one: HelloMessage, other: HelloMessage): boolean {
  return (
    one.our_payload_hash === other.our_payload_hash &&
    one.push === other.push &&
    one.our_role === other.our_role &&
    one.our_seq === other.our_seq &&
    one.nonce === other.nonce &&
    one.grove_id === other.grove_id &&
    one.protocol_version === other.protocol_version
  );
}

function sharedWork(library: PayloadLibrary): PayloadWork {
  const parsed = new WeakMap<Uint8Array, MessageVerdict>();
  const told = new WeakMap<object, Uint8Array>();
  const hellos = new HelloLines();
  const lines = new WeakMap<Uint8Array, Map<string, Uint8Array>>();
  const diffs = new WeakMap<Payload, WeakMap<Payload, PayloadDiff>>();
  return {
    parseMessage: (line) => {
      const known = parsed.get(line);
      if (known !== undefined) return known;
      const verdict = plainWork.parseMessage(line);
      parsed.set(line, verdict);
      return verdict;
    },
    // A node says the same to all its links.
    encodeMessage: (message) => {
      if (message.type === 'peers') {
        const line = told.get(message.entries) ?? plainWork.encodeMessage(message);
        told.set(message.entries, line);
        return line;
      }
      return message.type === 'hello' ? hellos.lineOf(message) : plainWork.encodeMessage(message);
    },
    digestPayload: (payload, sha256) => library.digestOf(payload, sha256),
    encodeVersionLine: (canonical, signature, leaderKey) => {
      const ofPayload = lines.get(canonical) ?? new Map<string, Uint8Array>();
      lines.set(canonical, ofPayload);
      const name = `${signature} ${leaderKey ?? ''}`;
      const line = ofPayload.get(name) ?? plainWork.encodeVersionLine(canonical, signature, leaderKey);
      ofPayload.set(name, line);
      return line;
    },
    diffPayloads: (previous, next) => {
      if (previous === null) return plainWork.diffPayloads(previous, next);
      const ofNext = diffs.get(next) ?? new WeakMap<Payload, PayloadDiff>();
      diffs.set(next, ofNext);
      const diff = ofNext.get(previous) ?? plainWork.diffPayloads(previous, next);
      ofNext.set(previous, diff);
      return diff;
    },
  };
}

function sharedCells(library: PayloadLibrary): PayloadCells {
  return {
    put: (canonical) => {
      const hash = library.hashOf(canonical);
      return { cell: decodeHex(hash), hash };
    },
    get: (cell) => {
      const hash = encodeHex(cell);
      const { digest, payload } = library.withHash(hash);
      return { canonical: digest.canonical, hash, parsed: payload };
    },
  };
}
