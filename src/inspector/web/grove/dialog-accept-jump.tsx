/** Taking a payload that is far ahead, which the node has set aside: its number is typed by whoever was told it. */
import { useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { closeDialog } from './dialog-state.ts';

export function AcceptJumpDialog() {
  const [number, setNumber] = useState('');
  return (
    <Dialog title="Take a payload that is far ahead" close={closeDialog}>
      <ActionForm<{ readonly seq: number }>
        method="/grove/accept-jump"
        params={() => ({ seq: Number(number) })}
        submit="Take it"
        dangerous
        cancel={closeDialog}
        done={({ seq }) => {
          notify(`Number ${seq} is taken.`);
          closeDialog();
        }}
      >
        <p>
          It bears the leader's signature, and its number is more than a million ahead: a mistake, or a stolen
          key. Once it is in force, this node takes no lower number any more.
        </p>
        <Field
          label="Number"
          value={number}
          change={setNumber}
          hint="As the operator of the leader confirms it, not as this page says it."
          pattern="[1-9][0-9]{0,15}"
          required
        />
      </ActionForm>
    </Dialog>
  );
}
