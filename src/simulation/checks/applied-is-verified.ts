/**
 * Every payload in force verifies under the leader's key. The signature is checked by the plain JavaScript rules over
 * bytes made anew from what the node holds: nothing the node remembers of its own verification is believed.
 */
import { canonicalBytes, signatureDomains, signedBytes, verifyEd25519 } from '../../protocol/index.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

export function appliedIsVerified(): Check {
  const looked = new Map<number, string>();
  /** By payload object, signature and key: many nodes hold the same one. */
  const verdicts = new WeakMap<object, Map<string, string | null>>();

  function judge(world: World, held: { payload: object; signature: string; leader_key: string | null }) {
    const leaderKey = world.leader.signer.publicKey;
    const known = verdicts.get(held.payload) ?? new Map<string, string | null>();
    verdicts.set(held.payload, known);
    const name = `${held.signature} ${held.leader_key}`;
    const earlier = known.get(name);
    if (earlier !== undefined) return earlier;
    const bytes = signedBytes(signatureDomains.payload, canonicalBytes(held.payload as never));
    const verdict =
      held.leader_key !== leaderKey
        ? `holds a payload under the key ${held.leader_key}`
        : verifyEd25519(held.signature, bytes, leaderKey)
          ? null
          : 'holds a payload whose signature is not the leader’s';
    known.set(name, verdict);
    return verdict;
  }

  return {
    name: 'applied-is-verified',
    afterStep: (world, node) => {
      const version = node.version;
      if (version === null || node.process === null || looked.get(node.number) === version.hash) return null;
      looked.set(node.number, version.hash);
      const held = node.process.system.shelf.get(version);
      return held === null ? `does not have payload ${version.seq} at hand` : judge(world, held.signed);
    },
    atEnd: (world) =>
      world.honest.flatMap((node) => {
        const membership = node.store.membership();
        if (membership === null) return [];
        const verdict = judge(world, membership.signed);
        return verdict === null ? [] : [{ node, detail: `its disk ${verdict}` }];
      }),
  };
}
