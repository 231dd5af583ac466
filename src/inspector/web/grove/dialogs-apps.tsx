/** Local apps: creating, setting a value by hand, removing. */
import { useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import type { App } from '../data/node.ts';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { type AppParamShown, appName } from './app-fields.ts';
import { closeDialog, openDialog } from './dialog-state.ts';

export function CreateAppDialog() {
  const [app, setApp] = useState('');
  const [names, setNames] = useState('');
  const [command, setCommand] = useState('');
  return (
    <Dialog title="Create an app" close={closeDialog}>
      <ActionForm
        method="/apps/create"
        params={() => ({
          app: app.trim(),
          params: wordsOf(names).map((name) => ({ name, kind: 'text' })),
          ...(command.trim() === '' ? {} : { on_change: { command: linesOf(command) } }),
        })}
        submit="Create"
        cancel={closeDialog}
        done={() => {
          notify(`The app ${app} is created on this node.`);
          closeDialog();
        }}
      >
        <p>
          For kinds, defaults, secrets, templates and services{' '}
          <button type="button" class="link" onClick={() => (openDialog.value = { kind: 'create-app-from' })}>
            describe it in a file
          </button>
          .
        </p>
        <Field label="Name" value={app} change={setApp} required />
        <Field
          label="Parameters"
          value={names}
          change={setNames}
          hint="Names, separated by spaces. All of them are plain text."
        />
        <Field
          label="Command to run on a change"
          kind="lines"
          value={command}
          change={setCommand}
          hint="One argument a line, the program first. It runs without a shell."
          monospaced
        />
      </ActionForm>
    </Dialog>
  );
}

interface SetAppParamDialogProps {
  readonly app: string;
  readonly param: AppParamShown;
}

export function SetAppParamDialog({ app, param }: SetAppParamDialogProps) {
  const { name, isSecret, hasLines } = param;
  const [value, setValue] = useState(param.value ?? '');
  return (
    <Dialog title={`Set ${name} of ${app}`} close={closeDialog}>
      <ActionForm
        method="/apps/params/set"
        params={() => ({ app, name, value })}
        submit="Set"
        cancel={closeDialog}
        done={() => {
          notify(`${name} of ${app} is set on this node.`);
          closeDialog();
        }}
      >
        <Field
          label="Value"
          kind={isSecret ? 'secret' : hasLines ? 'lines' : 'line'}
          value={value}
          change={setValue}
          {...(isSecret ? { hint: 'Kept encrypted on this node, and shown nowhere.' } : {})}
        />
      </ActionForm>
    </Dialog>
  );
}

export function RemoveAppDialog({ app }: { readonly app: App }) {
  const name = appName(app);
  return (
    <Dialog title={`Remove the app ${name}`} close={closeDialog}>
      <ActionForm
        method="/apps/remove"
        params={() => ({ app: name })}
        submit={`Remove ${name}`}
        dangerous
        cancel={closeDialog}
        done={() => {
          notify(`The app ${name} is removed from this node.`);
          closeDialog();
        }}
      >
        <p>
          Its values, its bindings and its record of runs are forgotten. What it configured stays as it is.
        </p>
      </ActionForm>
    </Dialog>
  );
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
