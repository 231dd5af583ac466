/** Several changes in one publish: what belongs together is never seen apart. */
import { useState } from 'preact/hooks';
import type { Json } from '../../contract.ts';
import { notify } from '../app/notices.tsx';
import { params } from '../data/node.ts';
import { ActionForm } from '../parts/action-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { closeDialog } from './dialog-state.ts';
import { namePattern } from './dialogs-params.tsx';

interface Row {
  readonly name: string;
  readonly value: string;
  readonly isUnset: boolean;
}

const blank: Row = { name: '', value: '', isUnset: false };
/** More is a file's work: `seedling-ctl grove apply`. */
const rowsMax = 20;

export function SeveralDialog({ expectSeq }: { readonly expectSeq: number }) {
  const [rows, setRows] = useState<readonly Row[]>([blank, blank]);
  const change = (place: number, changed: Partial<Row>): void =>
    setRows(rows.map((row, index) => (index === place ? { ...row, ...changed } : row)));
  return (
    <Dialog title="Change several parameters" close={closeDialog}>
      <ActionForm<{ readonly seq: number }>
        method="/grove/params/apply"
        params={() => ({ ...changesOf(rows), expect_seq: expectSeq })}
        submit="Publish"
        cancel={closeDialog}
        done={({ seq }) => {
          notify(`All of it is published under number ${seq}.`);
          closeDialog();
        }}
      >
        <p>All of them are published under one number, or none. Every member can read them.</p>
        {rows.map((row, place) => (
          <RowFields key={place} row={row} number={place + 1} change={(changed) => change(place, changed)} />
        ))}
        <div>
          <button type="button" disabled={rows.length >= rowsMax} onClick={() => setRows([...rows, blank])}>
            <Icon name="plus" /> Another
          </button>
        </div>
      </ActionForm>
    </Dialog>
  );
}

interface RowFieldsProps {
  readonly row: Row;
  readonly number: number;
  readonly change: (changed: Partial<Row>) => void;
}

function RowFields({ row, number, change }: RowFieldsProps) {
  const { name, value, isUnset } = row;
  return (
    <fieldset class="several" aria-label={`Change ${number}`}>
      <Field
        label={`Name ${number}`}
        value={name}
        change={(text) => change({ name: text })}
        pattern={namePattern}
        required={number === 1}
      />
      {!isUnset && (
        <Field
          label={`Value ${number}`}
          kind={kindOf(name) === 'multiline' ? 'lines' : 'line'}
          value={value}
          change={(text) => change({ value: text })}
        />
      )}
      <label class="tick">
        <input
          type="checkbox"
          checked={isUnset}
          onChange={(event) => change({ isUnset: event.currentTarget.checked })}
        />
        <span>Unset {name === '' ? `parameter ${number}` : name}</span>
      </label>
    </fieldset>
  );
}

/** A parameter keeps its kind; a new one is text. */
function kindOf(name: string): string {
  return params.value.find((param) => param.name === name)?.kind ?? 'text';
}

function changesOf(rows: readonly Row[]): { readonly [name: string]: Json } {
  const named = rows.filter(({ name }) => name !== '');
  return {
    set: named
      .filter(({ isUnset }) => !isUnset)
      .map(({ name, value }) => ({ name, kind: kindOf(name), value })),
    unset: named.filter(({ isUnset }) => isUnset).map(({ name }) => name),
  };
}
