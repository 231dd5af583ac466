/** Every member: whether it is linked with this node, what it holds, how it was reached. */
import type { GroveStatus, PeerStatus } from '../../contract.ts';
import { about, history, type Member, members, peers } from '../data/node.ts';
import { ShortHex } from '../parts/copy.tsx';
import { Icon } from '../parts/icon.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Section } from '../parts/section.tsx';
import { Ago } from '../parts/time.tsx';
import { openDialog } from './dialog-state.ts';
import { authorOf, memberChangeWords } from './history-words.ts';
import { LeaderOnly, leads } from './leader-only.tsx';

type Membership = Extract<GroveStatus, { is_member: true }>;

/** More rows than this are of no use on a page; the command line lists them all. */
const rowsMax = 300;

export function Members({ status }: { readonly status: Membership }) {
  const byFingerprint = new Map(peers.value.map((peer) => [peer.fingerprint, peer]));
  const sorted = members.value.toSorted(
    (a, b) => rank(b, byFingerprint) - rank(a, byFingerprint) || (a.label < b.label ? -1 : 1),
  );
  const isLeader = leads(status);
  return (
    <Section
      title="Members"
      id="members"
      count={status.members_count}
      actions={
        <LeaderOnly status={status} what="Members are invited and removed">
          <button
            type="button"
            onClick={() => (openDialog.value = { kind: 'invite', expectSeq: status.current_seq })}
          >
            <Icon name="plus" /> Invite…
          </button>
        </LeaderOnly>
      }
    >
      <table class="rows steady members">
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col" class="hex-column">
              Fingerprint
            </th>
            <th scope="col" class="link-column">
              Link
            </th>
            <th scope="col" class="number-column">
              Holds
            </th>
            <th scope="col" class="time-column">
              Last connected
            </th>
            <th scope="col" class="address-column">
              Addresses
            </th>
            <th scope="col">Last error</th>
            {isLeader && (
              <th scope="col" class="action-column">
                <span class="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, rowsMax).map((member) => (
            <MemberRow
              key={member.fingerprint}
              member={member}
              peer={byFingerprint.get(member.fingerprint) ?? null}
              status={status}
              canRemove={isLeader && member.fingerprint !== status.own_fp}
            />
          ))}
        </tbody>
      </table>
      {sorted.length > rowsMax && (
        <p class="note">
          {sorted.length - rowsMax} more: <code>seedling-ctl grove peers</code> lists all.
        </p>
      )}
      <MemberHistory />
    </Section>
  );
}

function MemberHistory() {
  const rows = history.value.flatMap((entry) => memberChangeWords(entry).map((words) => ({ entry, words })));
  return (
    <details class="removed">
      <summary>Who was invited and removed</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard */}
      <ol class="history" tabIndex={0} aria-label="Who was invited and removed">
        {rows.map(({ entry, words }) => (
          <li key={`${entry.seq} ${words}`}>
            <span class="tabular">no. {entry.seq}</span>
            <Ago time={entry.created_at} />
            <span class="by">{authorOf(entry)}</span>
            <span class="change">{words}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** This node first, then those it is linked with. */
function rank(member: Member, known: ReadonlyMap<string, PeerStatus>): number {
  if (member.fingerprint === about.value?.fingerprint) return 2;
  return known.get(member.fingerprint)?.connected === true ? 1 : 0;
}

interface MemberRowProps {
  readonly member: Member;
  readonly peer: PeerStatus | null;
  readonly status: Membership;
  readonly canRemove: boolean;
}

function MemberRow({ member, peer, status, canRemove }: MemberRowProps) {
  const isOwn = member.fingerprint === status.own_fp;
  const isLeader = member.fingerprint === status.leader_fp;
  return (
    <tr data-member={member.label} class={isOwn ? 'own' : ''}>
      <th scope="row">
        <span class="member-name">{member.label}</span>
        {isLeader && <span class="tag">leader</span>}
        {isOwn && <span class="tag plain-tag">this node</span>}
      </th>
      <td data-label="Fingerprint">
        <ShortHex hex={member.fingerprint} what={`the fingerprint of ${member.label}`} />
      </td>
      <td data-label="Link">{isOwn ? <span class="faint">–</span> : <LinkWords peer={peer} />}</td>
      <td data-label="Holds">
        <Holds seq={isOwn ? status.current_seq : (peer?.seq ?? null)} ours={status.current_seq} />
      </td>
      <td data-label="Last connected">
        {isOwn ? <span class="faint">–</span> : <Ago time={peer?.last_connected_at ?? null} />}
      </td>
      <td data-label="Addresses">
        <span class="addresses">
          {peer?.addresses.map((address) => (
            <code key={address}>{address}</code>
          ))}
        </span>
      </td>
      <td data-label="Last error" class="error-cell">
        <LastError label={member.label} text={peer?.last_error ?? null} />
      </td>
      {leads(status) && (
        <td class="actions-cell">
          {canRemove && (
            <button
              type="button"
              class="quiet-danger"
              aria-label={`Remove ${member.label}`}
              onClick={() => (openDialog.value = { kind: 'revoke', member, expectSeq: status.current_seq })}
            >
              Remove…
            </button>
          )}
        </td>
      )}
    </tr>
  );
}

/** Two lines of it, and the rest to scroll: a link that fails moves nothing. */
function LastError({ label, text }: { readonly label: string; readonly text: string | null }) {
  if (text === null) return <span class="faint">none</span>;
  return (
    <ScrollBox class="last-error" label={`Last error of ${label}`}>
      {text}
    </ScrollBox>
  );
}

function LinkWords({ peer }: { readonly peer: PeerStatus | null }) {
  if (peer?.connected !== true) return <span class="link down">not linked</span>;
  const isOut = peer.direction === 'outbound';
  return (
    <span class="link up" title={isOut ? 'This node dialled it' : 'It dialled this node'}>
      linked <Icon name={isOut ? 'out' : 'in'} />
      <span class="unseen">{isOut ? 'dialled from here' : 'dialled from there'}</span>
    </span>
  );
}

/** A number, and how far it is from ours. */
function Holds({ seq, ours }: { readonly seq: number | null; readonly ours: number }) {
  if (seq === null) return <span class="faint">not known</span>;
  const difference = seq - ours;
  return (
    <span class="tabular">
      no. {seq} {difference < 0 && <span class="behind">{-difference} behind</span>}
      {difference > 0 && <span class="ahead">{difference} ahead</span>}
    </span>
  );
}
