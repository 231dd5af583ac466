/** What an invite says: where the new member can dial, whom it must find there, and which leader to believe. */
import { type Invite, inviteFromParts, inviteInvitersMax } from '../protocol/index.ts';
import type { Refusal, Verdict } from '../protocol/types.ts';
import { refuse } from './errors.ts';
import type { MethodNode } from './method.ts';

const ownAddressesMax = 8;

// i[impl grove.invite]
/** The leader's own addresses first, then one address of each member it is linked to. */
export function buildInvite(node: MethodNode): Verdict<Invite, Refusal> {
  const status = node.control.status();
  if (!status.is_member) return refuse('not_found', 'this node is in no grove: run grove init first');
  const payload = node.control.payload();
  if (!payload.ok) return payload;
  const peers = node.control.peers();
  if (!peers.ok) return peers;

  const own = node.dialableAddresses().map((address) => ({ address, fingerprint: status.own_fp }));
  const linked = peers.value.flatMap(({ connected, addresses: [address], fingerprint }) =>
    connected && address !== undefined ? [{ address, fingerprint }] : [],
  );
  const inviters = [...own.slice(0, ownAddressesMax), ...linked]
    .filter(({ address, fingerprint }) => inviteFromParts(address, fingerprint, status.leader_fp).ok)
    .slice(0, inviteInvitersMax);
  if (inviters.length === 0)
    return refuse('requirements_invalid', 'this node has no address that others can dial');
  return {
    ok: true,
    value: {
      inviters,
      leader_fp: status.leader_fp,
      leader_key: payload.value.leader_key,
      grove_id: status.grove_id,
    },
  };
}
