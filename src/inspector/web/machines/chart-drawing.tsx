/** The still picture of a chart. What is live on it is put on as classes, by `chart-live.ts`, without drawing anew. */

import {
  type ChartLine,
  type Drawing,
  type DrawnEdge,
  nameHeight,
  padding,
  pathData,
} from '../../charts/index.ts';
import { memo } from '../parts/memo.ts';

export const ChartDrawing = memo(function ChartDrawing({ drawing }: { readonly drawing: Drawing }) {
  return (
    <>
      {drawing.states.map(({ path, kind, depth, x, y, width, height, name, lines }) => (
        <g key={path} class={`state ${kind} ${depth % 2 === 0 ? 'even' : 'odd'}`} data-state={path}>
          <rect x={x} y={y} width={width} height={height} rx="7" />
          {kind === 'final' && (
            <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="5" />
          )}
          <text class="name" x={x + padding} y={y + nameHeight - 9}>
            {name}
          </text>
          <Lines lines={lines} />
        </g>
      ))}
      {drawing.edges.map((edge) => (
        <Edge key={`${edge.from} ${edge.to}`} edge={edge} />
      ))}
      {drawing.marks.map(({ kind, path, x, y, width, height }) =>
        kind === 'initial' ? (
          <circle
            key={`initial ${path}`}
            class="initial"
            cx={x + width / 2}
            cy={y + height / 2}
            r={width / 2}
          />
        ) : (
          <g key={`any ${path}`} class="any">
            <rect x={x} y={y} width={width} height={height} rx={height / 2} />
            <text x={x + width / 2} y={y + height / 2 + 4}>
              anywhere
            </text>
          </g>
        ),
      )}
    </>
  );
});

function Edge({ edge }: { readonly edge: DrawnEdge }) {
  const { label, lines, transitions } = edge;
  return (
    <g class="edge" data-transitions={` ${transitions.join(' ')} `}>
      <path d={pathData(edge)} marker-end="url(#tip)" />
      {label !== null && lines.length > 0 && (
        <rect class="label" x={label.x} y={label.y} width={label.width} height={label.height} rx="3" />
      )}
      <Lines lines={lines} />
    </g>
  );
}

function Lines({ lines }: { readonly lines: readonly ChartLine[] }) {
  return (
    <>
      {lines.map(({ text, role, transition, x, y }) => (
        <text key={`${x} ${y}`} class={`line-${role}`} x={x} y={y} data-line={transition ?? undefined}>
          {text}
        </text>
      ))}
    </>
  );
}
