/** One row of the sequence: an arrow between two lines, or, where there is no room for lines, the same in words. */
import { useRef } from 'preact/hooks';
import { isNarrow } from '../parts/narrow.ts';
import { clockText } from '../parts/time.tsx';
import { type Lifeline, nameOfLine } from './actor-names.ts';
import { lookAt } from './selection.ts';
import type { Row } from './sequence-model.ts';

export const rowHeight = 24;
const columnWidth = 104;

export function LineHead({ line }: { readonly line: Lifeline }) {
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

export function EventRow({ row, lines, isPicked }: EventRowProps) {
  const from = lines.findIndex(({ key }) => key === row.from);
  const to = lines.findIndex(({ key }) => key === row.to);
  const name = (index: number) => nameOfLine(lines[index]);
  // While events come in, the row says something else by the time the finger is lifted: what it said before is meant.
  const pressed = useRef<number | null>(null);
  const words =
    row.kind === 'event' ? `${name(from)} to ${name(to)}: ${row.label}` : `${name(to)} ${row.label}`;
  return (
    <li class={`event ${row.kind} ${isPicked ? 'picked' : ''}`}>
      <button
        type="button"
        tabIndex={-1}
        onPointerDown={() => {
          pressed.current = row.n;
        }}
        onClick={({ detail }) => {
          // A keyboard presses and lifts in one: the browser counts no click of a pointer then.
          lookAt(detail === 0 ? row.n : (pressed.current ?? row.n));
        }}
      >
        <time>{clockText(row.at)}</time>
        {isNarrow.value ? (
          <>
            <span class="route">{row.kind === 'event' ? `${name(from)} → ${name(to)}` : name(to)}</span>
            <b>{row.label}</b>
          </>
        ) : (
          <>
            <span class="unseen">{words}</span>
            <Picture row={row} lines={lines} from={from} to={to} />
          </>
        )}
      </button>
    </li>
  );
}

interface PictureProps {
  readonly row: Row;
  readonly lines: readonly Lifeline[];
  readonly from: number;
  readonly to: number;
}

function Picture({ row, lines, from, to }: PictureProps) {
  return (
    <svg width={Math.max(1, lines.length) * columnWidth} height={rowHeight} aria-hidden="true">
      {row.kind === 'lost' ? (
        <text x="8" y="16">
          {row.label}
        </text>
      ) : (
        <Arrow row={row} from={from} to={to} last={lines.length - 1} />
      )}
    </svg>
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
