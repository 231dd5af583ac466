/** Joining: with the line that the leader's operator gives out, or with what it is made of. */
import { useState } from 'preact/hooks';
import type { Json } from '../../contract.ts';
import { notify } from '../app/notices.tsx';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { closeDialog } from './dialog-state.ts';

interface Parts {
  readonly address: string;
  readonly inviter: string;
  readonly leader: string;
}

const nothing: Parts = { address: '', inviter: '', leader: '' };

export function JoinDialog() {
  const [invite, setInvite] = useState('');
  const [parts, setParts] = useState(nothing);
  const [rollback, setRollback] = useState(false);
  const hasParts = Object.values(parts).some((part) => part !== '');
  return (
    <Dialog title="Join with an invitation" close={closeDialog}>
      <ActionForm<{ seq: number }>
        method="/grove/join"
        params={() => ({
          ...(hasParts ? paramsOf(parts) : { invite: invite.trim() }),
          ...(rollback ? { accept_rollback: true } : {}),
        })}
        submit="Join"
        cancel={closeDialog}
        done={({ seq }) => {
          notify(`Joined. Number ${seq} is in force here.`);
          closeDialog();
        }}
      >
        <Field
          label="Invitation"
          kind="lines"
          value={invite}
          change={setInvite}
          hint="The line that begins with grove1:, from the operator of the leader. It says where to connect and whom to trust there."
          required={!hasParts}
          monospaced
        />
        <WithoutInvitation parts={parts} change={setParts} />
        <details>
          <summary>The leader was restored from a backup</summary>
          <label class="tick">
            <input
              type="checkbox"
              checked={rollback}
              onChange={(event) => setRollback(event.currentTarget.checked)}
            />
            <span>Accept a grove with a lower number than this node has seen before</span>
          </label>
        </details>
      </ActionForm>
    </Dialog>
  );
}

interface WithoutInvitationProps {
  readonly parts: Parts;
  readonly change: (parts: Parts) => void;
}

/** A leader behind a router knows no address of its own that others reach: then there is no line to paste. */
function WithoutInvitation({ parts, change }: WithoutInvitationProps) {
  return (
    <details>
      <summary>There is no invitation, only an address and fingerprints</summary>
      <Field
        label="Address of a member"
        value={parts.address}
        change={(address) => change({ ...parts, address })}
        hint="Where it listens, with its port: 192.0.2.7:7891."
        monospaced
      />
      <Field
        label="Fingerprint of that member"
        value={parts.inviter}
        change={(inviter) => change({ ...parts, inviter })}
        monospaced
      />
      <Field
        label="Fingerprint of the leader"
        value={parts.leader}
        change={(leader) => change({ ...parts, leader })}
        hint="The same, where that member is the leader."
        monospaced
      />
    </details>
  );
}

function paramsOf({ address, inviter, leader }: Parts): { readonly [name: string]: Json } {
  return { address: address.trim(), inviter_fp: inviter.trim(), leader_fp: leader.trim() };
}
