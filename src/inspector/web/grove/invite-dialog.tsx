/** Inviting: first the new node's fingerprint and label, then what to give to its operator, as text and as a code to scan. */
import { useEffect, useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { ActionForm } from '../parts/action-form.tsx';
import { copyText } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { closeDialog } from './dialog-state.ts';
import { fingerprintPattern, labelHint } from './dialogs-members.tsx';

interface Invited {
  readonly seq: number;
  readonly invite: string | null;
}

export function InviteDialog({ expectSeq }: { readonly expectSeq: number }) {
  const [fingerprint, setFingerprint] = useState('');
  const [label, setLabel] = useState('');
  const [invited, setInvited] = useState<Invited | null>(null);
  if (invited !== null) return <Invitation label={label} invited={invited} />;
  return (
    <Dialog title="Invite a node" close={closeDialog}>
      <ActionForm<Invited>
        method="/grove/invite"
        params={() => ({ fingerprint: fingerprint.trim(), label: label.trim(), expect_seq: expectSeq })}
        submit="Invite"
        cancel={closeDialog}
        done={(answer) => {
          notify(`${label} is invited, as of number ${answer.seq}.`);
          setInvited(answer);
        }}
      >
        <Field
          label="Fingerprint of the new node"
          value={fingerprint}
          change={setFingerprint}
          hint="64 hex digits: its page shows them, and so does `seedling-ctl fingerprint` there."
          pattern={`\\s*${fingerprintPattern}\\s*`}
          required
          monospaced
        />
        <Field label="Label" value={label} change={setLabel} hint={labelHint} required />
      </ActionForm>
    </Dialog>
  );
}

function Invitation({ label, invited }: { readonly label: string; readonly invited: Invited }) {
  const { invite } = invited;
  return (
    <Dialog title={`${label} is invited`} close={closeDialog}>
      {invite === null ? (
        <p>
          No address of this node can be reached from elsewhere, so there is no invitation to copy. Start the
          node with <code>--listen ADDR:PORT</code>, then join with the address and the fingerprints.
        </p>
      ) : (
        <>
          <p>
            Give this line to the operator of {label}: for its page, or for the command line there. It is no
            secret.
          </p>
          <textarea class="invite mono" readOnly rows={5} value={invite} aria-label="Invitation" />
          <div class="form-actions">
            <button
              type="button"
              onClick={() => copyText(`seedling-ctl grove join ${invite}`, 'the command')}
            >
              <Icon name="copy" /> Copy as command
            </button>
            <button type="button" class="primary" onClick={() => copyText(invite, 'the invitation')}>
              <Icon name="copy" /> Copy the invitation
            </button>
          </div>
          <Code text={invite} />
        </>
      )}
    </Dialog>
  );
}

/** The code to scan. Its library is fetched now, since few pages ever need it. */
function Code({ text }: { readonly text: string }) {
  const [path, setPath] = useState<{ readonly size: number; readonly data: string } | null>(null);
  useEffect(() => {
    void import('uqr').then(({ encode }) => {
      const { size, data } = encode(text, { border: 4 });
      const cells = data.flatMap((row, y) =>
        row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
      );
      setPath({ size, data: cells.join('') });
    });
  }, [text]);
  return (
    <div class="code">
      {path !== null && (
        <svg viewBox={`0 0 ${path.size} ${path.size}`} role="img" aria-label="The invitation as a QR code">
          <path d={path.data} />
        </svg>
      )}
    </div>
  );
}
