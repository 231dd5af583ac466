/** A chart as one SVG document that needs nothing else: for documents and terminals. The page draws the same data live. */
import type { Chart, ChartLine, Drawing, DrawnEdge, DrawnMark, DrawnState } from './chart.ts';
import { fontSize, nameHeight, padding } from './metrics.ts';

export function drawSvg(chart: Chart, detail: 'full' | 'outline' = 'full'): string {
  const drawing = chart[detail];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox(drawing)}" width="${drawing.width + 16}" height="${drawing.height + 16}" font-family="Atkinson Hyperlegible Mono, ui-monospace, monospace" font-size="${fontSize}">`,
    `<title>${quote(chart.title)}: ${quote(chart.about)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8Z" fill="#56655e"/></marker></defs>',
    `<rect x="-8" y="-8" width="${drawing.width + 16}" height="${drawing.height + 16}" fill="#fff"/>`,
    ...drawing.states.map(state),
    ...drawing.edges.map(edge),
    ...drawing.marks.map(mark),
    '</svg>',
    '',
  ].join('\n');
}

export function viewBox({ width, height }: Drawing): string {
  return `-8 -8 ${width + 16} ${height + 16}`;
}

/** An orthogonal route with rounded corners. */
export function pathData({ points }: Pick<DrawnEdge, 'points'>, radius = 5): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${point.x} ${point.y}`;
      if (after === undefined) return `L${point.x} ${point.y}`;
      const enter = towards(point, before, radius);
      const leave = towards(point, after, radius);
      return `L${enter.x} ${enter.y}Q${point.x} ${point.y} ${leave.x} ${leave.y}`;
    })
    .join('');
}

/** From a corner a little way along one of its arms, at most to the middle of it. */
function towards(corner: DrawnEdge['points'][number], end: DrawnEdge['points'][number], distance: number) {
  const length = Math.hypot(end.x - corner.x, end.y - corner.y);
  const share = length === 0 ? 0 : Math.min(distance, length / 2) / length;
  return { x: corner.x + (end.x - corner.x) * share, y: corner.y + (end.y - corner.y) * share };
}

function state({ x, y, width, height, name, kind, depth, lines }: DrawnState): string {
  const fill = depth % 2 === 0 ? '#f4f6f3' : '#ffffff';
  const double =
    kind === 'final'
      ? `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="5" fill="none" stroke="#8a9a91"/>`
      : '';
  return `<g><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="#8a9a91"/>${double}<text x="${x + padding}" y="${y + nameHeight - 9}" font-weight="700" fill="#1f2a25">${quote(name)}</text>${lines.map(line).join('')}</g>`;
}

function edge(drawn: DrawnEdge): string {
  const { label, lines } = drawn;
  const back =
    label === null || lines.length === 0
      ? ''
      : `<rect x="${label.x}" y="${label.y}" width="${label.width}" height="${label.height}" rx="3" fill="#fff" fill-opacity=".85"/>`;
  return `<g><path d="${pathData(drawn)}" fill="none" stroke="#56655e" marker-end="url(#tip)"/>${back}${lines.map(line).join('')}</g>`;
}

function line({ x, y, text, role }: ChartLine): string {
  return `<text x="${x}" y="${y}" xml:space="preserve" fill="${role === 'trigger' ? '#1f2a25' : '#56655e'}">${quote(text)}</text>`;
}

function mark({ kind, x, y, width, height }: DrawnMark): string {
  if (kind === 'initial') {
    return `<circle cx="${x + width / 2}" cy="${y + height / 2}" r="${width / 2}" fill="#56655e"/>`;
  }
  return `<g><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}" fill="#fff" stroke="#56655e" stroke-dasharray="3 3"/><text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle" fill="#56655e">anywhere</text></g>`;
}

function quote(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
