/**
 * Who is linked to whom, as far as this node knows: itself in the middle, its links around it, the other members outside. A
 * node is told of its own links only; what others have among themselves it does not know, and the picture says so.
 */
import type { GroveStatus, PeerStatus } from '../../contract.ts';
import { members, peers } from '../data/node.ts';
import { isNarrow } from '../parts/narrow.ts';

type Membership = Extract<GroveStatus, { is_member: true }>;

interface Frame {
  readonly width: number;
  readonly height: number;
  /** Half axes of the two rings: of the linked, and of the others. */
  readonly linked: { readonly x: number; readonly y: number };
  readonly others: { readonly x: number; readonly y: number };
}

const wide: Frame = { width: 640, height: 380, linked: { x: 175, y: 112 }, others: { x: 262, y: 152 } };
/** For a phone: fewer pixels, so that the labels stay as large as other text. */
const narrow: Frame = { width: 380, height: 320, linked: { x: 112, y: 92 }, others: { x: 150, y: 132 } };
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
  const frame = isNarrow.value ? narrow : wide;
  const center = { x: frame.width / 2, y: frame.height / 2 };
  const spots = place(status, frame);
  const left = status.members_count - 1 - spots.length;
  const linked = spots.filter(({ isLinked }) => isLinked);
  const own = members.value.find(({ fingerprint }) => fingerprint === status.own_fp)?.label ?? 'this node';
  return (
    <figure class="graph">
      <svg
        viewBox={`0 0 ${frame.width} ${frame.height}`}
        role="img"
        aria-label={`${own} is linked with ${linked.length} of ${status.members_count - 1} other members: ${linked.map(({ label }) => label).join(', ')}`}
      >
        <ellipse class="ring" cx={center.x} cy={center.y} rx={frame.linked.x} ry={frame.linked.y} />
        {linked.map(({ fingerprint, x, y, tone }) => (
          <line key={fingerprint} class={`edge ${tone}`} x1={center.x} y1={center.y} x2={x} y2={y} />
        ))}
        {spots.map((spot) => (
          <Node key={spot.fingerprint} spot={spot} middle={center.y} />
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

function Node({ spot, middle }: { readonly spot: Spot; readonly middle: number }) {
  const { x, y, label, isLinked, isLeader, tone } = spot;
  return (
    <g class={`node ${isLinked ? 'linked' : 'unlinked'} ${tone}`}>
      <title>{label}</title>
      <circle cx={x} cy={y} r={isLinked ? 10 : 7} />
      {isLeader && <Crown x={x} y={y} />}
      <text x={x} y={y + labelOffset(y - middle, isLinked)}>
        {clip(label)}
      </text>
    </g>
  );
}

/** Away from the middle, where the lines come from. */
function labelOffset(fromMiddle: number, isLinked: boolean): number {
  if (fromMiddle < -20) return isLinked ? -17 : -13;
  return isLinked ? 25 : 21;
}

/** The leader's sign. */
function Crown({ x, y }: { readonly x: number; readonly y: number }) {
  return <path class="crown" d={`M${x - 5} ${y + 3.5}v-7l2.500 3 2.500-4 2.500 4 2.500-3v7z`} />;
}

function place(status: Membership, frame: Frame): readonly Spot[] {
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
    const ring = member.isLinked ? frame.linked : frame.others;
    const seq = member.peer?.seq ?? null;
    return {
      ...member,
      isLeader: member.fingerprint === status.leader_fp,
      tone: seq === null ? 'unknown' : seq === status.current_seq ? 'level' : 'behind',
      x: Math.round(frame.width / 2 + ring.x * Math.cos(angle)),
      y: Math.round(frame.height / 2 + ring.y * Math.sin(angle)),
    };
  });
}

function clip(label: string): string {
  return label.length > 16 ? `${label.slice(0, 15)}…` : label;
}
