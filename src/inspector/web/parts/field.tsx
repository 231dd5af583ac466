/** A labelled input, area or choice, with what is expected said below it. */
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly hint?: string;
  readonly kind?: 'line' | 'lines' | 'choice' | 'secret';
  /** Of `lines`: how many are seen at once. */
  readonly rows?: number;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  readonly pattern?: string;
  readonly monospaced?: boolean;
  readonly readOnly?: boolean;
}

export function Field(props: FieldProps) {
  const id = useId();
  const { label, value, change, hint, kind = 'line', choices = [] } = props;
  const shared = {
    id,
    value,
    required: props.required ?? false,
    class: props.monospaced === true ? 'mono' : '',
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
    autocomplete: 'off' as const,
    spellcheck: false,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === 'line' && (
        <input
          {...shared}
          type="text"
          pattern={props.pattern}
          readOnly={props.readOnly ?? false}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
      {kind === 'secret' && (
        <input
          {...shared}
          type="password"
          // A browser would offer to keep it otherwise.
          autocomplete="new-password"
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
      {kind === 'lines' && (
        <textarea {...shared} rows={props.rows ?? 4} onInput={(event) => change(event.currentTarget.value)} />
      )}
      {kind === 'choice' && (
        <select {...shared} onChange={(event) => change(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
