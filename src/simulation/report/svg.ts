/** A plot as SVG: axes, lines, a legend. Scales and curves are d3's; what is around them is small enough to write. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { line as lineThrough } from 'd3-shape';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly dashed?: boolean;
  /** Draws each point. */
  readonly marked?: boolean;
}

export interface PlotOptions {
  readonly title: string;
  readonly subtitle: string;
  readonly x: { readonly label: string; readonly log?: boolean };
  readonly y: { readonly label: string; readonly from?: number };
  readonly series: readonly Series[];
}

const size = { width: 820, height: 480 };
const margin = { top: 64, right: 190, bottom: 52, left: 68 };
const colours = ['#2a6f97', '#c1666b', '#4f772d', '#7b5ea7', '#b07d2b', '#3d5a80', '#8d5524', '#5b7065'];
const legendMax = 14;

export function plotSvg(options: PlotOptions): string {
  const { series, title, subtitle } = options;
  const points = series.flatMap((one) => one.points);
  const right = size.width - margin.right;
  const bottom = size.height - margin.bottom;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const isLog = options.x.log === true;
  const least = Math.min(...xs, Number.POSITIVE_INFINITY);
  const domain = [points.length === 0 ? (isLog ? 1 : 0) : least, Math.max(...xs, isLog ? 10 : 1)];
  const x = (isLog ? scaleLog() : scaleLinear()).domain(domain).range([margin.left, right]);
  const from = options.y.from ?? 0;
  const y = scaleLinear()
    .domain([from, Math.max(...ys, from + 1)])
    .nice()
    .range([bottom, margin.top]);
  const path = lineThrough<readonly [number, number]>(
    ([px]) => round(x(px)),
    ([, py]) => round(y(py)),
  );
  const xTicks = isLog ? [...new Set(xs)].sort((a, b) => a - b) : x.ticks(8);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${size.width}" height="${size.height}" fill="#ffffff"/>`,
    text(margin.left, 26, title, 'font-size="16" font-weight="600" fill="#1b1f23"'),
    text(margin.left, 46, subtitle, 'fill="#57606a"'),
    ...y
      .ticks(6)
      .flatMap((tick) => [
        `<line x1="${margin.left}" x2="${right}" y1="${round(y(tick))}" y2="${round(y(tick))}" stroke="#e4e7eb"/>`,
        text(margin.left - 8, y(tick) + 4, short(tick), 'text-anchor="end" fill="#57606a"'),
      ]),
    ...xTicks.map((tick) => text(x(tick), bottom + 20, short(tick), 'text-anchor="middle" fill="#57606a"')),
    `<line x1="${margin.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="#8b949e"/>`,
    text((margin.left + right) / 2, size.height - 12, options.x.label, 'text-anchor="middle" fill="#1b1f23"'),
    text(16, margin.top - 10, options.y.label, 'fill="#1b1f23"'),
    ...series.flatMap((one, index) => drawn(one, colourOf(index), path(one.points) ?? '', { x, y })),
    ...legend(series, right + 18),
    '</svg>',
    '',
  ].join('\n');
}

function drawn(
  { points, dashed, marked }: Series,
  colour: string,
  path: string,
  scale: { x(value: number): number; y(value: number): number },
): string[] {
  const dash = dashed === true ? ' stroke-dasharray="5 4"' : '';
  const marks = (marked === true ? points : []).map(
    ([px, py]) => `<circle cx="${round(scale.x(px))}" cy="${round(scale.y(py))}" r="3" fill="${colour}"/>`,
  );
  return [`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.8"${dash}/>`, ...marks];
}

function legend(series: readonly Series[], left: number): string[] {
  const rows = series.slice(0, legendMax).flatMap(({ name, dashed }, index) => {
    const y = margin.top + 8 + index * 20;
    const dash = dashed === true ? ' stroke-dasharray="5 4"' : '';
    return [
      `<line x1="${left}" x2="${left + 22}" y1="${y}" y2="${y}" stroke="${colourOf(index)}" stroke-width="2"${dash}/>`,
      text(left + 30, y + 4, name, 'fill="#1b1f23"'),
    ];
  });
  const more = series.length - legendMax;
  return more > 0
    ? [...rows, text(left, margin.top + 12 + legendMax * 20, `and ${more} more`, 'fill="#57606a"')]
    : rows;
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? '#000000';
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function short(value: number): string {
  return value >= 1_000 && value % 1_000 === 0
    ? `${value / 1_000}k`
    : String(Math.round(value * 1_000) / 1_000);
}
