/** One machine as a chart, with the picked actor's state and transitions on it. */
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Chart } from '../../charts/index.ts';
import { Icon } from '../parts/icon.tsx';
import { ChartDrawing } from './chart-drawing.tsx';
import { LiveChart } from './chart-live.ts';
import { createZoom, type Zoom } from './chart-zoom.ts';
import { cursor, selectedActor, timeline } from './selection.ts';

/** `full`: with actions and what states hear; `outline`: states and events alone. */
const detail = signal<'full' | 'outline'>('outline');
/** Below this a chart that fits its frame cannot be read. */
const fitScaleMin = 0.5;

export function ChartView({ chart }: { readonly chart: Chart }) {
  const frame = useRef<SVGSVGElement>(null);
  const layer = useRef<SVGGElement>(null);
  const zoom = useRef<Zoom | null>(null);
  const live = useRef<LiveChart | null>(null);
  const drawing = chart[detail.value];

  useEffect(() => {
    if (frame.current === null || layer.current === null) return;
    const created = createZoom(frame.current, layer.current, drawing);
    zoom.current = created;
    live.current = new LiveChart(layer.current, chart);
    const stopFollowing = followActor(live.current, frame.current);
    const stopWaiting = onceSized(frame.current, () => {
      created.fit();
      if (created.scale() < fitScaleMin) showCurrent();
    });
    return () => {
      stopWaiting();
      stopFollowing();
      created.stop();
    };
  }, [chart, drawing]);

  function showCurrent(): void {
    const [path] = live.current?.leaves() ?? [];
    const state = drawing.states.find((one) => one.path === path) ?? drawing.states[1];
    if (state !== undefined) zoom.current?.show(state);
  }

  return (
    <div class="chart" data-chart={chart.name}>
      <ChartTools zoom={zoom} showCurrent={showCurrent} />
      <svg
        ref={frame}
        class="chart-frame"
        // In lower case: an attribute of SVG is taken as it is written. Arrow keys move the picture, + and - scale it.
        tabindex={0}
        role="img"
        aria-label={`Statechart of the machine ${chart.name}. Arrow keys move it, plus and minus scale it, zero fits it.`}
      >
        <defs>
          <marker
            id="tip"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8Z" />
          </marker>
        </defs>
        <g ref={layer}>
          <ChartDrawing drawing={drawing} />
        </g>
      </svg>
    </div>
  );
}

interface ChartToolsProps {
  readonly zoom: { readonly current: Zoom | null };
  readonly showCurrent: () => void;
}

function ChartTools({ zoom, showCurrent }: ChartToolsProps) {
  return (
    <div class="chart-tools" role="toolbar" aria-label="Chart">
      <button
        type="button"
        aria-pressed={detail.value === 'full'}
        title="Show what each transition does, and what states hear without leaving"
        onClick={() => {
          detail.value = detail.value === 'full' ? 'outline' : 'full';
        }}
      >
        Actions
      </button>
      <button type="button" onClick={showCurrent}>
        Current state
      </button>
      <button type="button" class="square" aria-label="Zoom out" onClick={() => zoom.current?.by(0.8)}>
        <Icon name="minus" />
      </button>
      <button type="button" class="square" aria-label="Zoom in" onClick={() => zoom.current?.by(1.25)}>
        <Icon name="plus" />
      </button>
      <button
        type="button"
        class="square"
        aria-label="Fit the whole chart"
        onClick={() => zoom.current?.fit()}
      >
        <Icon name="fit" />
      </button>
    </div>
  );
}

/** A chart may be made while its part of the view is hidden: it finds its place when it first has one. */
function onceSized(frame: SVGSVGElement, place: () => void): () => void {
  const observer = new ResizeObserver(() => {
    if (frame.clientWidth === 0) return;
    observer.disconnect();
    place();
  });
  observer.observe(frame);
  return () => observer.disconnect();
}

/** Keeps the chart at the picked actor's state, now or at the cursor, until the returned function is called. */
function followActor(live: LiveChart, frame: SVGSVGElement): () => void {
  let stop: (() => void) | null = null;
  const end = effect(() => {
    const shown = timeline.value;
    const actor = selectedActor.value;
    const moment = cursor.value;
    stop?.();
    stop = null;
    live.clearLast();
    if (actor === null) {
      live.show(null);
      return;
    }
    if (moment !== null) {
      live.show(shown.valueAt(actor, moment));
      const record = shown.stepsOf(actor, moment, 1)[0]?.record;
      if (record?.kind === 'step') live.take(record.transitions, performance.now());
      return;
    }
    let done = shown.lastN();
    live.show(shown.actors.get(actor)?.value ?? null);
    stop = shown.onChange(() => {
      const now = performance.now();
      for (let index = shown.indexOf(done) + 1; index < shown.entries.length; index += 1) {
        const record = shown.entries[index]?.record;
        if (record?.kind !== 'step' || record.actor !== actor) continue;
        live.take(record.transitions, now);
        frame.setAttribute('data-step-at', String(record.at));
      }
      done = shown.lastN();
      live.show(shown.actors.get(actor)?.value ?? null);
    });
  });
  return () => {
    stop?.();
    end();
  };
}
