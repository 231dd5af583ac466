/**
 * Payloads a node has at hand, by hash: verified or its own. Machines name a payload by its hash only; whoever needs
 * its bytes takes them from here. The line that carries it is made once, however many links get it.
 */
import type { GroveStore, HeldPayload, Signer } from '../src/ports/index.ts';
import { type PayloadDigest, payloadView } from '../src/protocol/index.ts';
import type { Payload } from '../src/protocol/types.ts';
import type { PayloadWork } from './payload-work.ts';

/** The newest, its predecessor, both sides of a fork, and some being judged. */
const shelvedMax = 8;

export interface ShelvedPayload {
  readonly hash: string;
  readonly signed: HeldPayload;
  /** The typed view of it. */
  readonly payload: Payload;
  /** Canonical JSON, without the signature's domain. */
  readonly canonical: Uint8Array;
  /** The `version` line without its newline. */
  readonly line: Uint8Array;
}

export interface PayloadShelf {
  /** Keeps a payload at hand; the one kept or asked for longest ago goes. */
  put(signed: HeldPayload, digest: Pick<PayloadDigest, 'hash' | 'canonical'>): ShelvedPayload;
  /** Null when it is neither at hand nor the stored one of that number. */
  get(version: { readonly seq: number; readonly hash: string }): ShelvedPayload | null;
}

/** A leader knows its own key, whatever its store kept. */
export function createPayloadShelf(
  store: GroveStore,
  own: Pick<Signer, 'fingerprint' | 'publicKey'>,
  work: PayloadWork,
): PayloadShelf {
  const shelf = new Map<string, ShelvedPayload>();

  function keep(payload: ShelvedPayload): ShelvedPayload {
    shelf.delete(payload.hash);
    shelf.set(payload.hash, payload);
    for (const hash of shelf.keys()) {
      if (shelf.size <= shelvedMax) break;
      shelf.delete(hash);
    }
    return payload;
  }

  function put(
    signed: HeldPayload,
    { hash, canonical }: Pick<PayloadDigest, 'hash' | 'canonical'>,
  ): ShelvedPayload {
    const known = shelf.get(hash);
    // The same payload may come with another signature only from somebody who made it up.
    const lacksKey = known?.signed.leader_key === null && signed.leader_key !== null;
    if (known?.signed.signature === signed.signature && !lacksKey) return keep(known);
    // g[impl store.unknown-key]
    const ours = signed.payload.leader_fp === own.fingerprint ? own.publicKey : null;
    const leader_key = signed.leader_key ?? ours;
    // g[impl gossip.version-line]
    const line = work.encodeVersionLine(canonical, signed.signature, leader_key ?? undefined);
    return keep(new Shelved(hash, { ...signed, leader_key }, canonical, line));
  }

  return {
    put,
    get: ({ seq, hash }) => {
      const known = shelf.get(hash);
      if (known !== undefined) return keep(known);
      const stored = store.payloadAt(seq);
      if (stored === null || stored.version.hash !== hash) return null;
      return put(stored.signed, work.digestPayload(stored.signed.payload));
    },
  };
}

/** The view is made when it is first asked for: what is at hand may turn out not to be valid. */
class Shelved implements ShelvedPayload {
  readonly hash: string;
  readonly signed: HeldPayload;
  readonly canonical: Uint8Array;
  readonly line: Uint8Array;
  #payload: Payload | null = null;

  constructor(hash: string, signed: HeldPayload, canonical: Uint8Array, line: Uint8Array) {
    this.hash = hash;
    this.signed = signed;
    this.canonical = canonical;
    this.line = line;
  }

  get payload(): Payload {
    this.#payload ??= payloadView(this.signed.payload);
    return this.#payload;
  }
}
