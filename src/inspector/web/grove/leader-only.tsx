/** Actions that only the leader's node takes. Elsewhere stands who that is and what to do, not a dead button. */
import type { ComponentChildren } from 'preact';
import type { GroveStatus } from '../../contract.ts';
import { about, nameOf } from '../data/node.ts';

type Membership = Extract<GroveStatus, { is_member: true }>;

export function leads(status: Membership): boolean {
  return status.role === 'leader' && about.value?.read_only !== true && status.state !== 'revoked';
}

interface LeaderOnlyProps {
  readonly status: Membership;
  readonly what: string;
  readonly children: ComponentChildren;
}

// w[impl view.actions]
export function LeaderOnly({ status, what, children }: LeaderOnlyProps) {
  if (leads(status)) return <>{children}</>;
  if (about.value?.read_only === true) return <p class="note">This page only reads.</p>;
  if (status.state === 'revoked') return null;
  return (
    <p class="note">
      {what} on the leader, <strong>{nameOf(status.leader_fp)}</strong>{' '}
      <code>{status.leader_fp.slice(0, 8)}</code>.
    </p>
  );
}
