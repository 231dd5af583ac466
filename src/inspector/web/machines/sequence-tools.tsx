/** Pause, scrub, filter, export. */
import type { Signal } from '@preact/signals';
import { Icon } from '../parts/icon.tsx';
import { clockText } from '../parts/time.tsx';
import { peerName } from './actor-names.ts';
import { download, toJsonLines, toMermaid } from './export.ts';
import { cursor, follow, timeline } from './selection.ts';
import type { SequenceFilter, SequenceRows } from './sequence-model.ts';

interface SequenceToolsProps {
  readonly model: SequenceRows;
  /** Rows that can be looked at. */
  readonly count: number;
  /** Index of the row looked at. */
  readonly at: number;
  readonly filter: Signal<SequenceFilter>;
  readonly moveTo: (index: number) => void;
}

export function SequenceTools({ model, count, at, filter, moveTo }: SequenceToolsProps) {
  const isPaused = cursor.value !== null;
  const shownAt = model.rows[at]?.at;
  return (
    <div class="sequence-tools" role="toolbar" aria-label="Events">
      <button
        type="button"
        class={isPaused ? 'primary' : ''}
        onClick={() => {
          if (isPaused) follow();
          else moveTo(count - 1);
        }}
      >
        <Icon name={isPaused ? 'play' : 'pause'} /> {isPaused ? 'Follow' : 'Pause'}
      </button>
      <input
        class="scrub"
        type="range"
        min="0"
        max={Math.max(0, count - 1)}
        value={Math.max(0, at)}
        aria-label="Moment"
        aria-valuetext={shownAt === undefined ? 'nothing yet' : clockText(shownAt)}
        onInput={(event) => moveTo(Number(event.currentTarget.value))}
      />
      <output class="tabular moment">{shownAt === undefined ? '' : clockText(shownAt)}</output>
      <Filters model={model} filter={filter} />
      <button
        type="button"
        onClick={() =>
          download(toMermaid(model.rows.slice(0, at + 1), model.lines), 'grove-sequence.mmd', 'text/plain')
        }
      >
        <Icon name="save" /> Mermaid
      </button>
      <button
        type="button"
        onClick={() =>
          download(
            toJsonLines(model.rows.slice(0, at + 1), model.lines),
            'grove-sequence.jsonl',
            'application/x-ndjson',
          )
        }
      >
        <Icon name="save" /> JSON
      </button>
    </div>
  );
}

/** More choices than this nobody looks through. */
const choicesMax = 300;

function Filters({ model, filter }: Pick<SequenceToolsProps, 'model' | 'filter'>) {
  const { text, line, peer, states } = filter.value;
  const change = (changed: Partial<SequenceFilter>): void => {
    filter.value = { ...filter.value, ...changed };
  };
  const lines = [...model.allLines.values()].slice(0, choicesMax);
  const peers = [...new Set(lines.flatMap((one) => (one.peer === null ? [] : [one.peer])))];
  return (
    <>
      <input
        type="search"
        class="type-filter"
        aria-label="Event type contains"
        placeholder="Event type…"
        value={text}
        onInput={(event) => change({ text: event.currentTarget.value })}
      />
      <select
        aria-label="Actor"
        value={line}
        onChange={(event) => change({ line: event.currentTarget.value })}
      >
        <option value="">all actors</option>
        {lines.map(({ key, label, detail }) => (
          <option key={key} value={key}>
            {`${label} ${detail}`.trim()}
          </option>
        ))}
      </select>
      <select
        aria-label="Peer"
        value={peer}
        onChange={(event) => change({ peer: event.currentTarget.value })}
      >
        <option value="">{timeline.value.isLive ? 'all peers' : 'all nodes'}</option>
        {peers.map((fingerprint) => (
          <option key={fingerprint} value={fingerprint}>
            {peerName(fingerprint)}
          </option>
        ))}
      </select>
      <label class="tick">
        <input
          type="checkbox"
          checked={states}
          onChange={(event) => change({ states: event.currentTarget.checked })}
        />
        <span>States</span>
      </label>
    </>
  );
}
