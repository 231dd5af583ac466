/** An app described as `seedling-ctl apps create --from` takes it: written, pasted or taken from a file, and checked by the node. */
import { useState } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { closeDialog } from './dialog-state.ts';

/** What the node reads of such a file at most. */
const fileBytesMax = 1_048_576;

const outline = `app: my-app
params:
  - name: greeting
    default_value: hello
#  - name: token
#    kind: password          # kept encrypted, set on this node
#render:
#  - target: /etc/my-app.conf
#    template: |
#      greeting = {{greeting}}
#on_change: [/usr/local/bin/my-app-changed]
#signal: {pid_file: /run/my-app.pid, signal: SIGHUP}
#restart: {unit: my-app.service}
`;

export function CreateAppFromDialog() {
  const [text, setText] = useState(outline);
  const [problem, setProblem] = useState<string | null>(null);
  async function take(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    const read = await contentOf(file);
    setProblem(read.problem);
    if (read.text !== null) setText(read.text);
  }
  return (
    <Dialog title="Create an app from a file" close={closeDialog}>
      <ActionForm<{ readonly app: string }>
        method="/apps/create-from"
        params={() => ({ text })}
        submit="Create"
        cancel={closeDialog}
        done={({ app }) => {
          notify(`The app ${app} is created on this node.`);
          closeDialog();
        }}
      >
        <Field
          label="Definition"
          kind="lines"
          rows={16}
          value={text}
          change={setText}
          hint="YAML or JSON, as docs/apps.md describes it."
          monospaced
          required
        />
        <div class="field">
          <label for="app-file">Or take a file, chosen here or dropped here</label>
          <input
            id="app-file"
            type="file"
            accept=".yaml,.yml,.json"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </div>
        {problem !== null && (
          <p class="refusal" role="alert">
            {problem}
          </p>
        )}
      </ActionForm>
    </Dialog>
  );
}

async function contentOf(
  file: File,
): Promise<{ readonly text: string | null; readonly problem: string | null }> {
  if (file.size > fileBytesMax) return { text: null, problem: `${file.name} is larger than 1 MiB.` };
  try {
    return { text: await file.text(), problem: null };
  } catch {
    // A folder, or a file that is gone by now.
    return { text: null, problem: `${file.name} could not be read.` };
  }
}
