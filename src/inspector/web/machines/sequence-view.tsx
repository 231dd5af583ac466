/** Events between actors, and with other nodes, over time: follows what happens, or stands still and is scrubbed back. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { clockText } from '../parts/time.tsx';
import { inOrder } from './actor-names.ts';
import { EventRow, LineHead, rowHeight } from './event-row.tsx';
import { cursor, haltedAt, lookAt, useTimeline } from './selection.ts';
import { detailOf, openFilter, type Row, type SequenceFilter, SequenceRows } from './sequence-model.ts';
import { SequenceTools } from './sequence-tools.tsx';

const drawEveryMs = 100;
const rowsMin = 6;

const filter = signal<SequenceFilter>(openFilter);

// w[impl view.steady]
export function SequenceView() {
  const timeline = useTimeline(drawEveryMs);
  const wanted = filter.value;
  const model = useMemo(() => new SequenceRows(timeline, wanted), [timeline, wanted]);
  model.update();
  const frame = useRef<HTMLDivElement>(null);
  const fit = useRowsThatFit(frame);
  const count = haltedAt.value === null ? model.rows.length : model.indexAt(haltedAt.value) + 1;
  const at = cursor.value === null ? count - 1 : Math.max(0, model.indexAt(cursor.value));
  // At rest the row looked at stands at the end, as it did when it came.
  const end = Math.max(Math.min(at + 1, count), Math.min(fit, count));
  const visible = model.rows.slice(Math.max(0, end - fit), end);
  const picked = cursor.value === null ? null : (model.rows[at] ?? null);
  // A trace may be of a thousand nodes: it has the lines of what is in view. Live ones stay where they are.
  const used = new Set(visible.flatMap(({ from, to }) => [from, to]));
  const lines = inOrder([...model.lines.values()].filter(({ key }) => timeline.isLive || used.has(key)));

  function moveTo(index: number): void {
    const row = model.rows[Math.min(Math.max(0, index), count - 1)];
    if (row !== undefined) lookAt(row.n);
  }

  return (
    <section class="sequence" aria-label="Events over time">
      <SequenceTools model={model} count={count} at={at} filter={filter} moveTo={moveTo} />
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
          {visible.map((row, place) => (
            // A row is a place that events pass through: nothing moves while they do.
            <EventRow key={place} row={row} lines={lines} isPicked={picked?.n === row.n} />
          ))}
        </ol>
        {visible.length === 0 && (
          <p class="empty">{model.rows.length === 0 ? 'Nothing happened yet that passes the filter.' : ''}</p>
        )}
      </div>
      <section class="event-detail" aria-label="The event looked at" aria-live="polite">
        <ScrollBox element="pre" label="What it carries">
          {picked === null
            ? 'Pick an event, or move the slider, to see what it carries.'
            : detailText(picked)}
        </ScrollBox>
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
