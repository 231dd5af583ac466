/**
 * Who is linked to whom, as far as this node knows: itself in the middle, its links around it, the other members outside. A
 * node is told of its own links only; what others have among themselves it does not know, and the picture says so.
 */
import type { GroveStatus, PeerStatus } from '../../contract.ts';
import { members, peers } from '../data/node.ts';

type Membership = Extract<GroveStatus, { is_member: true }>;

const width = 640;
const height = 380;
const center = { x: width / 2, y: height / 2 };
const drawnMax = 36;

interface Spot {
  readonly fingerprint: string;
  readonly label: string;
  readonly peer: PeerStatus | null;
  readonly isLinked: boolean;
  readonly isLeader: boolean;
  readonly tone: 'level' | 'behind' | 'unknown';
  readonly x: number;
  readonly y: number;
}

export function MemberGraph({ status }: { readonly status: Membership }) {
  const spots = place(status);
  const left = status.members_count - 1 - spots.length;
  const linked = spots.filter(({ isLinked }) => isLinked);
  const own = members.value.find(({ fingerprint }) => fingerprint === status.own_fp)?.label ?? 'this node';
  return (
    <figure class="graph">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${own} is linked with ${linked.length} of ${status.members_count - 1} other members: ${linked.map(({ label }) => label).join(', ')}`}
      >
        <ellipse class="ring" cx={center.x} cy={center.y} rx={ringOf(true).x} ry={ringOf(true).y} />
        {linked.map(({ fingerprint, x, y, tone }) => (
          <line key={fingerprint} class={`edge ${tone}`} x1={center.x} y1={center.y} x2={x} y2={y} />
        ))}
        {spots.map((spot) => (
          <Node key={spot.fingerprint} spot={spot} />
        ))}
        <g class="node own">
          <circle cx={center.x} cy={center.y} r="15" />
          {status.own_fp === status.leader_fp && <Crown x={center.x} y={center.y} />}
          <text x={center.x} y={center.y + 33}>
            {clip(own)}
          </text>
        </g>
      </svg>
      <figcaption>
        <span class="key level">holds our number</span>
        <span class="key behind">another number</span>
        <span class="key unlinked">not linked with this node</span>
        <span class="faint">
          Links among the others are not known here.{left > 0 && ` ${left} more members are not drawn.`}
        </span>
      </figcaption>
    </figure>
  );
}

function Node({ spot }: { readonly spot: Spot }) {
  const { x, y, label, isLinked, isLeader, tone } = spot;
  return (
    <g class={`node ${isLinked ? 'linked' : 'unlinked'} ${tone}`}>
      <title>{label}</title>
      <circle cx={x} cy={y} r={isLinked ? 10 : 7} />
      {isLeader && <Crown x={x} y={y} />}
      <text x={x} y={y + (isLinked ? 25 : 21)}>
        {clip(label)}
      </text>
    </g>
  );
}

/** The leader's sign. */
function Crown({ x, y }: { readonly x: number; readonly y: number }) {
  return <path class="crown" d={`M${x - 5} ${y + 3.5}v-7l2.500 3 2.500-4 2.500 4 2.500-3v7z`} />;
}

function place(status: Membership): readonly Spot[] {
  const byFingerprint = new Map(peers.value.map((peer) => [peer.fingerprint, peer]));
  const others = members.value
    .filter(({ fingerprint }) => fingerprint !== status.own_fp)
    .map(({ fingerprint, label }) => {
      const peer = byFingerprint.get(fingerprint) ?? null;
      return { fingerprint, label, peer, isLinked: peer?.connected === true };
    });
  // In order of fingerprint: a member that links or unlinks moves in or out, and nobody else jumps.
  const drawn = [
    ...others.filter(({ isLinked }) => isLinked),
    ...others.filter(({ isLinked }) => !isLinked),
  ].slice(0, drawnMax);
  const order = drawn.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return order.map((member, index) => {
    const angle = (index / order.length) * 2 * Math.PI - Math.PI / 2 + (order.length === 2 ? Math.PI / 2 : 0);
    const ring = ringOf(member.isLinked);
    const seq = member.peer?.seq ?? null;
    return {
      ...member,
      isLeader: member.fingerprint === status.leader_fp,
      tone: seq === null ? 'unknown' : seq === status.current_seq ? 'level' : 'behind',
      x: Math.round(center.x + ring.x * Math.cos(angle)),
      y: Math.round(center.y + ring.y * Math.sin(angle)),
    };
  });
}

function ringOf(isLinked: boolean): { readonly x: number; readonly y: number } {
  return isLinked ? { x: 175, y: 112 } : { x: 262, y: 152 };
}

function clip(label: string): string {
  return label.length > 16 ? `${label.slice(0, 15)}…` : label;
}
