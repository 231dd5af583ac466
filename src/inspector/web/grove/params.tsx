/** The grove's parameters, each with what it was before: who changed it, when, from what to what. */
import { signal } from '@preact/signals';
import type { GroveStatus } from '../../contract.ts';
import { history, type Param, params } from '../data/node.ts';
import { Icon } from '../parts/icon.tsx';
import { Section } from '../parts/section.tsx';
import { Ago } from '../parts/time.tsx';
import { openDialog } from './dialog-state.ts';
import { authorOf } from './history-words.ts';
import { LeaderOnly, leads } from './leader-only.tsx';

type Membership = Extract<GroveStatus, { is_member: true }>;

/** Names of the parameters whose history is open. */
const opened = signal<ReadonlySet<string>>(new Set());
const valueCharactersMax = 240;

export function Params({ status }: { readonly status: Membership }) {
  const isLeader = leads(status);
  return (
    <Section
      title="Parameters"
      id="params"
      count={status.params_count}
      actions={
        <LeaderOnly status={status} what="Parameters are set">
          <button
            type="button"
            class="plain"
            onClick={() => (openDialog.value = { kind: 'several', expectSeq: status.current_seq })}
          >
            Change several…
          </button>
          <button
            type="button"
            onClick={() => (openDialog.value = { kind: 'set', param: null, expectSeq: status.current_seq })}
          >
            <Icon name="plus" /> Set a parameter…
          </button>
        </LeaderOnly>
      }
    >
      {params.value.length === 0 ? (
        <p class="empty">The grove has no parameters yet. {isLeader && 'Set the first one.'}</p>
      ) : (
        <ul class="params">
          {params.value.map((param) => (
            <ParamRow key={param.name} param={param} status={status} />
          ))}
        </ul>
      )}
      <Removed />
    </Section>
  );
}

function ParamRow({ param, status }: { readonly param: Param; readonly status: Membership }) {
  const isOpen = opened.value.has(param.name);
  const setAt = history.value.find(({ seq }) => seq === param.version_seq);
  const expectSeq = status.current_seq;
  return (
    <li data-param={param.name}>
      <div class="param">
        <span class="param-name">{param.name}</span>
        <span class="param-value">
          <Value text={param.value} />
        </span>
        <span class="param-meta">
          {param.kind} · no. {param.version_seq}
          {setAt !== undefined && (
            <>
              {' · '}
              <Ago time={setAt.created_at} />
            </>
          )}
        </span>
        <span class="param-actions">
          <button
            type="button"
            class="plain"
            aria-expanded={isOpen}
            aria-label={`History of ${param.name}`}
            onClick={() => toggle(param.name)}
          >
            History <Icon name="more" />
          </button>
          {leads(status) && (
            <>
              <button
                type="button"
                aria-label={`Change ${param.name}`}
                onClick={() => (openDialog.value = { kind: 'set', param, expectSeq })}
              >
                Change…
              </button>
              <button
                type="button"
                class="quiet-danger"
                aria-label={`Unset ${param.name}`}
                onClick={() => (openDialog.value = { kind: 'unset', param, expectSeq })}
              >
                Unset…
              </button>
            </>
          )}
        </span>
      </div>
      {isOpen && <ParamHistory name={param.name} />}
    </li>
  );
}

function toggle(name: string): void {
  const next = new Set(opened.value);
  if (!next.delete(name)) next.add(name);
  opened.value = next;
}

/** Parameters that the history knows and the grove no longer has. */
function Removed() {
  const present = new Set(params.value.map(({ name }) => name));
  const names = new Set(
    history.value.flatMap(({ changes }) =>
      changes.flatMap((change) => ('name' in change && !present.has(change.name) ? [change.name] : [])),
    ),
  );
  if (names.size === 0) return null;
  return (
    <details class="removed">
      <summary>
        {names.size === 1 ? 'One parameter that was unset' : `${names.size} parameters that were unset`}
      </summary>
      {[...names].map((name) => (
        <div key={name}>
          <h3>{name}</h3>
          <ParamHistory name={name} />
        </div>
      ))}
    </details>
  );
}

function ParamHistory({ name }: { readonly name: string }) {
  const rows = history.value.flatMap((entry) =>
    entry.changes.flatMap((change) => ('name' in change && change.name === name ? [{ entry, change }] : [])),
  );
  if (rows.length === 0) return <p class="empty">It was set before what this node keeps in its history.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
    <ol class="history" tabIndex={0} aria-label={`History of ${name}`}>
      {rows.map(({ entry, change }) => (
        <li key={entry.seq}>
          <span class="tabular">no. {entry.seq}</span>
          <Ago time={entry.created_at} />
          <span class="by">{authorOf(entry)}</span>
          <span class="change">
            <Value text={change.old_value} /> <span aria-hidden="true">→</span>
            <span class="unseen">became</span> <Value text={change.new_value} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Value({ text }: { readonly text: string | null }) {
  if (text === null) return <em class="faint">unset</em>;
  if (text === '') return <em class="faint">empty</em>;
  const isLong = text.length > valueCharactersMax;
  return (
    <span class="value">
      {isLong ? `${text.slice(0, valueCharactersMax)}… (${text.length} characters)` : text}
    </span>
  );
}
