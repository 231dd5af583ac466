/** Opening a simulation's trace: a file that is chosen or dropped on the view, or the one the server was started with. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { charts, loadCharts } from '../data/charts.ts';
import { liveTimeline } from '../data/live.ts';
import { about } from '../data/node.ts';
import { fetchText } from '../data/request.ts';
import { Icon } from '../parts/icon.tsx';
import { sentence } from '../parts/sentence.tsx';
import { readTrace, traceBytesMax } from './read-trace.ts';
import { openTimeline, selectedActor, timeline } from './selection.ts';

/** A file is over the view, about to be dropped. */
export const isDropping = signal(false);

export async function openTraceFile(file: File): Promise<void> {
  if (file.size > traceBytesMax) {
    notify(`${file.name} is larger than this page can hold (${traceBytesMax / 1_048_576} MiB).`, 'bad');
    return;
  }
  let text: string;
  try {
    text = await file.text();
  } catch {
    // A folder that was dropped, or a file that is gone by now.
    notify(`${file.name} could not be read: it is no file, or this browser may not open it.`, 'bad');
    return;
  }
  await openTrace(text, file.name);
}

async function openTrace(text: string, title: string): Promise<void> {
  await loadCharts();
  const read = readTrace(text, title, charts.value);
  if (read.lines === read.skipped) {
    notify(`${title} is no trace: no line of it has an actor and an event.`, 'bad');
    return;
  }
  openTimeline(read.timeline);
  const first = [...read.timeline.actors.values()].find(({ machine }) => machine !== null);
  if (first !== undefined) selectedActor.value = first.id;
  const skipped = read.skipped === 0 ? '' : ` ${read.skipped} lines were not understood.`;
  notify(`${title}: ${read.lines - read.skipped} events of ${read.nodes.length} nodes.${skipped}`);
}

/** In mode `trace` the server has the trace. */
export function useServedTrace(): void {
  useEffect(() => {
    if (about.value?.mode !== 'trace') return;
    void fetchText('/api/trace').then((answer) => {
      if (answer.ok) void openTrace(answer.value, 'trace');
      else notify(sentence(answer.refusal.message), 'bad');
    });
  }, []);
}

export function TraceTools() {
  const input = useRef<HTMLInputElement>(null);
  const shown = timeline.value;
  return (
    <div class="source">
      <span class="source-name">{shown.isLive ? 'This node, live' : shown.title}</span>
      {!shown.isLive && about.value?.mode === 'node' && (
        <button type="button" onClick={() => openTimeline(liveTimeline)}>
          Back to this node
        </button>
      )}
      <button type="button" onClick={() => input.current?.click()}>
        <Icon name="open" /> Open a trace…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Trace file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) void openTraceFile(file);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
