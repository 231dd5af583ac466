/** A form that asks the node for one thing: says what was refused and why, and never asks twice at the same time. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Json, OperatorRefusal } from '../../contract.ts';
import { refresh } from '../data/node.ts';
import { request } from '../data/request.ts';
import { Icon } from './icon.tsx';
import { Sentence } from './sentence.tsx';

interface ActionFormProps<Result> {
  readonly method: string;
  readonly params: () => { readonly [name: string]: Json };
  readonly submit: string;
  readonly dangerous?: boolean;
  readonly disabled?: boolean;
  readonly done: (result: Result) => void;
  readonly cancel?: () => void;
  readonly children: ComponentChildren;
}

export function ActionForm<Result>(props: ActionFormProps<Result>) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<OperatorRefusal | null>(null);
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    const answer = await request<Result>(props.method, props.params());
    setBusy(false);
    if (!answer.ok) setRefusal(answer.refusal);
    else props.done(answer.value);
    void refresh();
  }
  return (
    <form onSubmit={(event) => void send(event)}>
      {props.children}
      {refusal !== null && <Refusal refusal={refusal} />}
      <div class="form-actions">
        {props.cancel !== undefined && (
          <button type="button" onClick={props.cancel}>
            Cancel
          </button>
        )}
        <button
          type="submit"
          class={props.dangerous === true ? 'danger' : 'primary'}
          disabled={busy || props.disabled === true}
        >
          {busy ? 'Asking the node…' : props.submit}
        </button>
      </div>
    </form>
  );
}

export function Refusal({ refusal }: { readonly refusal: OperatorRefusal }) {
  const current = refusal.details?.current_seq;
  return (
    <div class="refusal" role="alert">
      <Icon name="warning" />
      <div>
        {typeof current === 'number'
          ? `Another change came first: the grove is at number ${current} now. Close this, look at what changed, and try again.`
          : refusal.message.split('\n').map((line) => (
              <p key={line}>
                <Sentence text={line} />
              </p>
            ))}
      </div>
    </div>
  );
}
