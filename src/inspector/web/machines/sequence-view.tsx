/** Events between actors, and with other nodes, over time: follows what happens, or stands still and is scrubbed back. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clockText } from '../parts/time.tsx';
import type { Lifeline } from './actor-names.ts';
import { cursor, useTimeline } from './selection.ts';
import { detailOf, openFilter, type Row, type SequenceFilter, SequenceRows } from './sequence-model.ts';
import { SequenceTools } from './sequence-tools.tsx';

const drawEveryMs = 100;
const rowHeight = 24;
export const columnWidth = 116;
const rowsMin = 6;

const filter = signal<SequenceFilter>(openFilter);

export function SequenceView() {
  const timeline = useTimeline(drawEveryMs);
  const wanted = filter.value;
  const model = useMemo(() => new SequenceRows(timeline, wanted), [timeline, wanted]);
  model.update();
  const frame = useRef<HTMLDivElement>(null);
  const fit = useRowsThatFit(frame);
  const at = cursor.value === null ? model.rows.length - 1 : Math.max(0, model.indexAt(cursor.value));
  // At rest the row looked at stands at the end, as it did when it came.
  const end = Math.max(Math.min(at + 1, model.rows.length), Math.min(fit, model.rows.length));
  const visible = model.rows.slice(Math.max(0, end - fit), end);
  const picked = cursor.value === null ? null : (model.rows[at] ?? null);
  const lines = [...model.lines.values()];

  function moveTo(index: number): void {
    const row = model.rows[Math.min(Math.max(0, index), model.rows.length - 1)];
    if (row !== undefined) cursor.value = row.n;
  }

  return (
    <section class="sequence" aria-label="Events over time">
      <SequenceTools model={model} at={at} filter={filter} moveTo={moveTo} />
      <div
        class="sequence-frame"
        ref={frame}
        onWheel={(event) => {
          if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
          moveTo(at + Math.sign(event.deltaY) * 3);
        }}
      >
        <div class="lines" aria-hidden="true">
          <span class="time-head" />
          {lines.map((line) => (
            <LineHead key={line.key} line={line} />
          ))}
        </div>
        <ol class="events" aria-label="Events, oldest first">
          {visible.map((row) => (
            <EventRow key={row.n} row={row} lines={lines} isPicked={picked?.n === row.n} />
          ))}
        </ol>
        {visible.length === 0 && (
          <p class="empty">{model.rows.length === 0 ? 'Nothing happened yet that passes the filter.' : ''}</p>
        )}
      </div>
      <section class="event-detail" aria-label="The event looked at" aria-live="polite">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard */}
        <pre tabIndex={0}>
          {picked === null
            ? 'Pick an event, or move the slider, to see what it carries.'
            : detailText(picked)}
        </pre>
      </section>
    </section>
  );
}

function detailText(row: Row): string {
  return `${clockText(row.at)}  ${JSON.stringify(detailOf(row), null, 1)}`;
}

/** How many rows the frame has room for. */
function useRowsThatFit(frame: { readonly current: HTMLDivElement | null }): number {
  const [rows, setRows] = useState(rowsMin);
  useEffect(() => {
    if (frame.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      const height = entry?.contentRect.height ?? 0;
      setRows(Math.max(rowsMin, Math.floor((height - 40) / rowHeight)));
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return rows;
}

function LineHead({ line }: { readonly line: Lifeline }) {
  return (
    <span class={`line-head ${line.kind}`} title={`${line.label} ${line.detail}`}>
      <b>{line.label}</b>
      <small>{line.detail}</small>
    </span>
  );
}

interface EventRowProps {
  readonly row: Row;
  readonly lines: readonly Lifeline[];
  readonly isPicked: boolean;
}

function EventRow({ row, lines, isPicked }: EventRowProps) {
  const from = lines.findIndex(({ key }) => key === row.from);
  const to = lines.findIndex(({ key }) => key === row.to);
  const name = (index: number) => `${lines[index]?.label ?? ''} ${lines[index]?.detail ?? ''}`.trim();
  const words =
    row.kind === 'event' ? `${name(from)} to ${name(to)}: ${row.label}` : `${name(to)} ${row.label}`;
  return (
    <li class={`event ${row.kind} ${isPicked ? 'picked' : ''}`}>
      <button
        type="button"
        tabIndex={-1}
        aria-label={`${clockText(row.at)} ${words}`}
        onClick={() => {
          cursor.value = row.n;
        }}
      >
        <time>{clockText(row.at)}</time>
        <svg width={Math.max(1, lines.length) * columnWidth} height={rowHeight} aria-hidden="true">
          {row.kind === 'lost' ? (
            <text x="8" y="16">
              {row.label}
            </text>
          ) : (
            <Arrow row={row} from={from} to={to} last={lines.length - 1} />
          )}
        </svg>
      </button>
    </li>
  );
}

interface ArrowProps {
  readonly row: Row;
  readonly from: number;
  readonly to: number;
  readonly last: number;
}

function Arrow({ row, from, to, last }: ArrowProps) {
  const x1 = (from + 0.5) * columnWidth;
  const x2 = (to + 0.5) * columnWidth;
  const label = row.label.length > 44 ? `${row.label.slice(0, 43)}…` : row.label;
  // At the right edge there is room on the left only.
  const isLast = Math.max(from, to) === last && last > 1;
  if (row.kind !== 'event') {
    return (
      <>
        <circle cx={x2} cy="12" r="4" />
        <text x={isLast ? x2 - 10 : x2 + 10} y="16" class={isLast ? 'end' : ''}>
          {label}
        </text>
      </>
    );
  }
  if (from === to) {
    const side = isLast ? -1 : 1;
    return (
      <>
        <path d={`M${x1} 6h${side * 16}v10h${side * -12}`} />
        <path class="tip" d={`M${x1} 16l${side * 7}-3.500v7z`} />
        <text x={x1 + side * 22} y="15" class={isLast ? 'end' : ''}>
          {label}
        </text>
      </>
    );
  }
  const side = Math.sign(x2 - x1);
  return (
    <>
      <path d={`M${x1} 18H${x2 - side * 6}`} />
      <path class="tip" d={`M${x2} 18l${side * -7}-3.500v7z`} />
      <text x={(x1 + x2) / 2} y="13" class="middle">
        {label}
      </text>
    </>
  );
}
