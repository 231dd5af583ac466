/**
 * The work on payloads, shared by all nodes of a world: whoever reads the same bytes comes to the same result, so it is
 * reached once. Every function is the one a daemon calls; only the repetition is left out.
 */
import { type PayloadWork, plainWork } from '../../../actors/index.ts';
import type { MessageVerdict, PayloadDiff, PayloadDigest } from '../../protocol/index.ts';
import { decodeHex, encodeHex } from '../../protocol/index.ts';
import type { Json, Payload } from '../../protocol/types.ts';
import type { PayloadCells } from '../../store/index.ts';

type JsonObject = { readonly [key: string]: Json };

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
  const byHash = new Map<string, Kept>();
  const parsed = new WeakMap<Uint8Array, MessageVerdict>();
  const digests = new WeakMap<JsonObject, PayloadDigest>();
  const lines = new WeakMap<Uint8Array, Map<string, Uint8Array>>();
  const diffs = new WeakMap<Payload, WeakMap<Payload, PayloadDiff>>();
  const hashes = new WeakMap<Uint8Array, string>();

  const digestPayload: PayloadWork['digestPayload'] = (payload, sha256) => {
    const known = digests.get(payload);
    if (known !== undefined) return known;
    const fresh = plainWork.digestPayload(payload, sha256);
    const digest = keep(fresh, payload).digest;
    digests.set(payload, digest);
    return digest;
  };

  function keep(digest: PayloadDigest, payload: JsonObject): Kept {
    const earlier = byHash.get(digest.hash);
    if (earlier !== undefined) return earlier;
    const kept = { digest, payload };
    byHash.set(digest.hash, kept);
    hashes.set(digest.canonical, digest.hash);
    return kept;
  }

  function kept(hash: string): Kept {
    const found = byHash.get(hash);
    if (found === undefined) throw new Error(`no payload has the hash ${hash}`);
    return found;
  }

  return {
    work: {
      parseMessage: (line) => {
        const known = parsed.get(line);
        if (known !== undefined) return known;
        const verdict = plainWork.parseMessage(line);
        parsed.set(line, verdict);
        return verdict;
      },
      digestPayload,
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
    },
    cells: {
      put: (canonical) => {
        const known = hashes.get(canonical);
        if (known !== undefined) return { cell: decodeHex(known), hash: known };
        const payload = JSON.parse(Buffer.from(canonical).toString('utf8')) as JsonObject;
        const { hash } = keep(plainWork.digestPayload(payload), payload).digest;
        hashes.set(canonical, hash);
        return { cell: decodeHex(hash), hash };
      },
      get: (cell) => {
        const hash = encodeHex(cell);
        const { digest, payload } = kept(hash);
        digests.set(payload, digest);
        return { canonical: digest.canonical, hash, parsed: payload };
      },
    },
  };
}
