/** Setting and unsetting parameters, binding them to apps. */
import { useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { type Mapping, type Param, params } from '../data/node.ts';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { closeDialog } from './dialog-state.ts';

/** The kinds a grove takes: secret ones are refused, since every member reads everything. */
const kinds = ['text', 'multiline', 'email'];
export const namePattern = '[a-zA-Z][a-zA-Z0-9\\-]{1,61}[a-zA-Z0-9]';

interface SetDialogProps {
  readonly param: Param | null;
  readonly expectSeq: number;
}

export function SetDialog({ param, expectSeq }: SetDialogProps) {
  const [name, setName] = useState(param?.name ?? '');
  const [kind, setKind] = useState(param?.kind ?? 'text');
  const [value, setValue] = useState(param?.value ?? '');
  return (
    <Dialog title={param === null ? 'Set a parameter' : `Change ${param.name}`} close={closeDialog}>
      <ActionForm<{ seq: number }>
        method="/grove/params/set"
        params={() => ({ name: name.trim(), kind, value, expect_seq: expectSeq })}
        submit="Publish"
        cancel={closeDialog}
        done={({ seq }) => {
          notify(`${name} is published under number ${seq}.`);
          closeDialog();
        }}
      >
        <p>Every member can read it: a password does not belong here.</p>
        {param === null && (
          <Field
            label="Name"
            value={name}
            change={setName}
            hint="Letters, digits and hyphens, 3 to 63 characters, a letter first."
            pattern={namePattern}
            required
          />
        )}
        <Field label="Kind" kind="choice" choices={kinds} value={kind} change={setKind} />
        <Field label="Value" kind={kind === 'multiline' ? 'lines' : 'line'} value={value} change={setValue} />
        {param !== null && (
          <p class="hint">
            Now: <span class="value">{param.value.slice(0, 200)}</span>
          </p>
        )}
      </ActionForm>
    </Dialog>
  );
}

interface UnsetDialogProps {
  readonly param: Param;
  readonly expectSeq: number;
}

export function UnsetDialog({ param, expectSeq }: UnsetDialogProps) {
  return (
    <Dialog title={`Unset ${param.name}`} close={closeDialog}>
      <ActionForm<{ seq: number }>
        method="/grove/params/unset"
        params={() => ({ name: param.name, expect_seq: expectSeq })}
        submit={`Unset ${param.name}`}
        dangerous
        cancel={closeDialog}
        done={({ seq }) => {
          notify(`${param.name} is unset, as of number ${seq}.`);
          closeDialog();
        }}
      >
        <p>
          The parameter goes from every member. Apps that are bound to it fall back to their own default. Its
          value stays in the history.
        </p>
      </ActionForm>
    </Dialog>
  );
}

export function MapDialog({ app }: { readonly app: string | null }) {
  const [appName, setAppName] = useState(app ?? '');
  const [appParam, setAppParam] = useState('');
  const [groveParam, setGroveParam] = useState(params.value[0]?.name ?? '');
  return (
    <Dialog title="Bind an app's parameter" close={closeDialog}>
      <ActionForm
        method="/grove/map"
        params={() => ({ app: appName.trim(), app_param: appParam.trim(), grove_param: groveParam })}
        submit="Bind"
        cancel={closeDialog}
        done={() => {
          notify(`${appName}: ${appParam} follows ${groveParam} now.`);
          closeDialog();
        }}
      >
        <p>
          The app's value follows the grove's from now on, on this node only. While bound, it is not set by
          hand.
        </p>
        <Field label="App" value={appName} change={setAppName} required />
        <Field label="Parameter of the app" value={appParam} change={setAppParam} required />
        <Field
          label="Parameter of the grove"
          kind="choice"
          choices={params.value.map(({ name }) => name)}
          value={groveParam}
          change={setGroveParam}
          required
        />
      </ActionForm>
    </Dialog>
  );
}

export function UnmapDialog({ mapping }: { readonly mapping: Mapping }) {
  const { app, app_param, grove_param } = mapping;
  return (
    <Dialog title={`Release ${app_param} of ${app}`} close={closeDialog}>
      <ActionForm
        method="/grove/unmap"
        params={() => ({ app, app_param })}
        submit="Release"
        dangerous
        cancel={closeDialog}
        done={() => {
          notify(`${app}: ${app_param} no longer follows ${grove_param}.`);
          closeDialog();
        }}
      >
        <p>
          {app_param} keeps the value it has and no longer follows <strong>{grove_param}</strong>.
        </p>
      </ActionForm>
    </Dialog>
  );
}
