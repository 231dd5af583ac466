/** The plot, drawn by uPlot: numbers to the right, milliseconds upwards on a logarithmic scale, one line a node. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../app/theme.ts';
import { nameOf } from '../data/node.ts';
import { durationWords, type PublishDelays } from './delays.ts';

interface PlotProps {
  readonly list: readonly PublishDelays[];
  readonly nodes: readonly string[];
  readonly own: string;
}

/** More lines than this cannot be told apart: the rest is in the slowest line. */
const linesMax = 8;
const height = 320;
/** A logarithm has no zero: what came at the same moment stands at the foot. */
const floorMs = 0.5;

export function Plot({ list, nodes, own }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = nodes.slice(0, linesMax);
  const names = shown.map((node) => (node === own ? `${nameOf(node)} (this node)` : nameOf(node)));
  const key = [...names, theme.value].join('|');
  const data = dataOf(list, shown);

  useEffect(() => {
    const parent = frame.current;
    if (parent === null) return;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(names, parent), data, parent);
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: parent.clientWidth, height }));
    observer.observe(parent);
    return () => {
      scheme.removeEventListener('change', draw);
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [key]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  const last = list.at(-1);
  const slowest =
    last?.slowestMs === undefined
      ? 'no other node yet'
      : `slowest node after ${durationWords(last.slowestMs)}`;
  const label = last === undefined ? '' : `Newest: number ${last.seq}, ${slowest}.`;
  return (
    <div
      class="plot"
      ref={frame}
      role="img"
      aria-label={`Plot of ${list.length} publishes. ${label} The table below has the figures.`}
    />
  );
}

function dataOf(list: readonly PublishDelays[], nodes: readonly string[]): uPlot.AlignedData {
  return [
    list.map(({ seq }) => seq),
    ...nodes.map((node) =>
      list.map(({ delays }) => {
        const ms = delays.get(node);
        return ms === undefined ? null : Math.max(floorMs, ms);
      }),
    ),
  ];
}

function optionsOf(names: readonly string[], parent: HTMLElement): uPlot.Options {
  const style = getComputedStyle(parent);
  const color = (name: string): string => resolve(style.getPropertyValue(name).trim(), parent);
  const font = '12px "Atkinson Hyperlegible Next Variable"';
  const grid = { stroke: color('--line'), width: 1 };
  const axis = {
    stroke: color('--ink-soft'),
    grid,
    ticks: grid,
    font,
  };
  return {
    width: parent.clientWidth,
    height,
    scales: {
      x: { time: false },
      y: { distr: 3, range: (_plot, _min, max) => [floorMs, Math.max(100, max * 1.5)] },
    },
    axes: [
      {
        ...axis,
        label: 'number of the publish',
        labelFont: font,
        labelSize: 20,
        incrs: [1, 2, 5, 10, 20, 50, 100],
      },
      {
        ...axis,
        size: 62,
        filter: (_plot, ticks) => ticks.map((ms) => (isDecade(ms) ? ms : null)),
        grid: {
          ...grid,
          filter: (_plot: uPlot, ticks: number[]) => ticks.map((ms) => (isDecade(ms) ? ms : null)),
        },
        values: (_plot, ticks) => ticks.map((ms) => (ms === null ? '' : durationWords(ms))),
      },
    ],
    series: [
      { label: 'number', value: (_plot, seq) => (seq === null ? '–' : `no. ${seq}`) },
      ...names.map((label, index) => {
        const stroke = color(`--series-${index + 1}`);
        return {
          label,
          stroke,
          width: 1.25,
          points: { show: true, size: 7, fill: stroke },
          value: (_plot: uPlot, ms: number | null) =>
            ms === null ? '–' : ms <= floorMs ? 'first' : durationWords(ms),
        };
      }),
    ],
    legend: { live: true },
    cursor: { drag: { x: true, y: false } },
  };
}

/** Powers of ten alone have a line and a label. */
function isDecade(ms: number): boolean {
  const power = Math.log10(ms);
  return Math.abs(power - Math.round(power)) < 1e-9;
}

/** A canvas knows nothing of `light-dark()`: the browser works a colour out when an element has it. */
function resolve(color: string, parent: HTMLElement): string {
  const probe = document.createElement('span');
  probe.style.color = color;
  parent.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
