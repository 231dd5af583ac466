/** The machines at work: actors on the left, the chart of one in the middle, what it knows on the right, events below. */
import '../styles/machines.css';
import '../styles/chart.css';
import '../styles/sequence.css';
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { charts, chartsProblem, loadCharts } from '../data/charts.ts';
import { followMachines } from '../data/live.ts';
import { about } from '../data/node.ts';
import { ActorPanel } from './actor-panel.tsx';
import { ActorTree } from './actor-tree.tsx';
import { ChartView } from './chart-view.tsx';
import { selectedActor, selectedMachine, timeline } from './selection.ts';
import { SequenceView } from './sequence-view.tsx';
import { isDropping, openTraceFile, TraceTools, useServedTrace } from './trace-files.tsx';

const parts = ['Actors', 'Chart', 'Details', 'Events'] as const;
/** On a narrow screen one part is shown at a time. */
const part = signal<(typeof parts)[number]>('Chart');

export function MachinesView() {
  useEffect(() => {
    void loadCharts();
    return about.value?.mode === 'trace' ? undefined : followMachines();
  }, []);
  useServedTrace();
  const frame = useRef<HTMLDivElement>(null);
  useDrop(frame);
  return (
    <div
      ref={frame}
      class={`machines show-${part.value.toLowerCase()} ${isDropping.value ? 'dropping' : ''}`}
    >
      <TraceTools />
      <fieldset class="parts" aria-label="Parts of this view">
        {parts.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={part.value === name}
            onClick={() => {
              part.value = name;
            }}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <ActorTree />
      <ShownChart />
      <ActorPanel />
      <SequenceView />
    </div>
  );
}

/** A trace file that is dropped anywhere on the view is opened. */
function useDrop(frame: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const over = new AbortController();
    const { signal: until } = over;
    const hover = (isOver: boolean) => (event: Event) => {
      event.preventDefault();
      isDropping.value = isOver;
    };
    frame.current?.addEventListener('dragover', hover(true), { signal: until });
    frame.current?.addEventListener('dragleave', hover(false), { signal: until });
    frame.current?.addEventListener(
      'drop',
      (event) => {
        hover(false)(event);
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) void openTraceFile(file);
      },
      { signal: until },
    );
    return () => over.abort();
  }, []);
}

function ShownChart() {
  const id = selectedActor.value;
  const actor = id === null ? undefined : timeline.value.actors.get(id);
  const name = actor === undefined ? selectedMachine.value : actor.machine;
  const chart = charts.value.find((one) => one.name === name);
  return (
    <section class="chart-part" aria-label="Statechart">
      {chart !== undefined ? (
        <ChartView key={chart.name} chart={chart} />
      ) : (
        <p class="empty">{chartsProblem.value ?? (actor === undefined ? 'Loading the charts…' : noChart)}</p>
      )}
    </section>
  );
}

const noChart = 'This actor is no statechart: it reads, writes or waits for one of the machines.';
