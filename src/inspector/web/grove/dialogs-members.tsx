/** Founding, leaving, removing. */
import { useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { about, type Member, members, status } from '../data/node.ts';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { closeDialog } from './dialog-state.ts';

export const labelHint = 'The name people know it by: a place or a machine. 64 characters at most.';
export const fingerprintPattern = '[0-9a-f]{64}';

export function InitDialog() {
  const [label, setLabel] = useState(about.value?.hostname ?? '');
  return (
    <Dialog title="Found a new grove" close={closeDialog}>
      <ActionForm<{ seq: number }>
        method="/grove/init"
        params={() => ({ label })}
        submit="Found the grove"
        cancel={closeDialog}
        done={() => {
          notify(`The grove is founded. ${label} is its leader and, so far, its only member.`);
          closeDialog();
        }}
      >
        <p>
          This node becomes the leader for good: its key signs every change. Keep a copy of its data directory
          in a safe place.
        </p>
        <Field label="Label of this node" value={label} change={setLabel} hint={labelHint} required />
      </ActionForm>
    </Dialog>
  );
}

export function LeaveDialog() {
  const [sure, setSure] = useState(false);
  const known = status.value;
  const isLeader = known?.is_member === true && known.role === 'leader';
  const others = members.value.length - 1;
  return (
    <Dialog title="Leave the grove" close={closeDialog}>
      <ActionForm
        method="/grove/leave"
        params={() => (isLeader ? { force: true } : {})}
        submit="Leave the grove"
        dangerous
        disabled={isLeader && !sure}
        cancel={closeDialog}
        done={() => {
          notify('This node left the grove.');
          closeDialog();
        }}
      >
        <p>
          This node closes its links and forgets the grove's parameters. Apps keep the values they have. To
          come back it needs a new invitation.
        </p>
        {isLeader && (
          <>
            <p class="warning">
              This node is the leader. When it leaves, nobody can change this grove again
              {others > 0 ? `, and its ${others} other members stay with what they have` : ''}.
            </p>
            <label class="tick">
              <input
                type="checkbox"
                checked={sure}
                onChange={(event) => setSure(event.currentTarget.checked)}
              />
              <span>I know that this ends the grove</span>
            </label>
          </>
        )}
      </ActionForm>
    </Dialog>
  );
}

interface RevokeDialogProps {
  readonly member: Member;
  readonly expectSeq: number;
}

export function RevokeDialog({ member, expectSeq }: RevokeDialogProps) {
  return (
    <Dialog title={`Remove ${member.label}`} close={closeDialog}>
      <ActionForm<{ seq: number }>
        method="/grove/revoke"
        params={() => ({ fingerprint: member.fingerprint, expect_seq: expectSeq })}
        submit={`Remove ${member.label}`}
        dangerous
        cancel={closeDialog}
        done={({ seq }) => {
          notify(`${member.label} is removed, as of number ${seq}.`);
          closeDialog();
        }}
      >
        <p>
          Every member closes its links with <strong>{member.label}</strong> and refuses it from then on. It
          keeps the parameters it has, and gets no new ones. To let it in again it has to be invited again.
        </p>
        <p>
          <code class="wrap">{member.fingerprint}</code>
        </p>
      </ActionForm>
    </Dialog>
  );
}
