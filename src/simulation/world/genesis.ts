/** A grove that has been there for a while: everybody holds the same payload, and knows where some others are. */

import type { Signer } from '../../ports/index.ts';
import { signPayload, toJson } from '../../protocol/index.ts';
import type { Payload } from '../../protocol/types.ts';
import { type NodeStore, openStore } from '../../store/index.ts';
import { worldBeganAt } from './node-clock.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SharedPayloads } from './shared-payloads.ts';
import { memberRows } from './simulated-disk.ts';

/** Others whose addresses a node knows at the beginning. */
const acquaintances = 10;

export interface Founder {
  readonly signer: Signer;
  readonly address: string;
}

export interface Genesis {
  readonly groveId: string;
  /** The disk of each node, in their order. */
  readonly stores: readonly NodeStore[];
}

/** The first of `founders` leads. */
export function foundGrove(
  founders: readonly Founder[],
  options: {
    readonly random: SeededRandom;
    readonly shared: SharedPayloads;
    readonly fillerBytes: number;
    /** How many of them are members already; the others are outside. */
    readonly members: number;
  },
): Genesis {
  const { random, shared, fillerBytes } = options;
  const groveId = random.uuid();
  const inside = founders.slice(0, options.members);
  const template = templateStores(payloadOf(inside, groveId, fillerBytes), inside[0], shared);
  const stores = founders.map((_, number) => {
    const image = number >= options.members ? undefined : number === 0 ? template.leader : template.follower;
    return openStore({
      directory: ':memory:',
      payloadCells: shared.cells,
      ...(image === undefined ? {} : { image }),
    });
  });
  for (const [number, store] of stores.slice(0, options.members).entries()) {
    introduce(store, number, inside, random);
  }
  return { groveId, stores };
}

/** A node begins knowing some others, drawn at random, as if it had been linked to them before. */
function introduce(store: NodeStore, own: number, founders: readonly Founder[], random: SeededRandom): void {
  const numbers = new Set<number>();
  const wanted = Math.min(acquaintances, founders.length - 1);
  while (numbers.size < wanted) {
    const number = random.below(founders.length);
    if (number !== own) numbers.add(number);
  }
  store.savePeers(
    [...numbers].flatMap((number) => {
      const founder = founders[number];
      if (founder === undefined) return [];
      const { signer, address } = founder;
      return [
        {
          fingerprint: signer.fingerprint,
          label: null,
          addresses: [{ address, source: 'verified' as const }],
          lastSeenAt: null,
          lastConnectedAt: null,
        },
      ];
    }),
  );
}

function payloadOf(founders: readonly Founder[], groveId: string, fillerBytes: number): Payload {
  const members = founders
    .map(({ signer }, number) => ({ fp: signer.fingerprint, label: `n${number}` }))
    .sort((left, right) => (left.fp < right.fp ? -1 : 1));
  const filler =
    fillerBytes === 0 ? [] : [{ name: 'filler', kind: 'text' as const, value: 'x'.repeat(fillerBytes) }];
  return {
    grove_id: groveId,
    seq: 1,
    created_at: new Date(worldBeganAt - 60_000).toISOString().replace('.000', ''),
    leader_fp: founders[0]?.signer.fingerprint ?? '',
    members,
    params: filler,
    secrets: [],
  };
}

/** What the leader's and a follower's database hold. Everybody's is a copy of one of the two. */
function templateStores(payload: Payload, leader: Founder | undefined, shared: SharedPayloads) {
  if (leader === undefined) return { leader: undefined, follower: undefined };
  const { signed, digest } = signPayload(toJson(payload), leader.signer);
  const imageFor = (role: 'leader' | 'follower') => {
    const store = openStore({ directory: ':memory:', payloadCells: shared.cells });
    store.commitPayload({
      role,
      groveId: payload.grove_id,
      leaderFingerprint: payload.leader_fp,
      leaderKey: signed.leader_key,
      version: { seq: payload.seq, hash: digest.hash },
      canonical: digest.canonical,
      signature: signed.signature,
      members: memberRows(payload.members),
      params: payload.params,
      removedFingerprints: [],
      receivedAt: payload.created_at,
      revokesUs: false,
      replacesSameSeq: false,
    });
    const image = store.image();
    store.close();
    return image;
  };
  return { leader: imageFor('leader'), follower: imageFor('follower') };
}
