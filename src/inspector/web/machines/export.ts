/** The sequence for others: as a Mermaid diagram, or as JSON lines. */
import { type Lifeline, nameOfLine } from './actor-names.ts';
import type { Row } from './sequence-model.ts';

/** Mermaid draws no more than a few hundred arrows in a bearable time. */
export const mermaidRowsMax = 300;

export function toMermaid(rows: readonly Row[], lines: ReadonlyMap<string, Lifeline>): string {
  const shown = rows.filter(({ kind }) => kind !== 'lost').slice(-mermaidRowsMax);
  const used = [...lines.values()].filter(({ key }) =>
    shown.some(({ from, to }) => from === key || to === key),
  );
  const ids = new Map(used.map(({ key }, index) => [key, `a${index}`]));
  return [
    'sequenceDiagram',
    ...used.map((line) => `  participant ${ids.get(line.key)} as ${quote(nameOfLine(line))}`),
    ...shown.map((row) => `  ${arrow(row, ids.get(row.from) ?? 'a0', ids.get(row.to) ?? 'a0')}`),
    '',
  ].join('\n');
}

function arrow({ kind, label }: Row, from: string, to: string): string {
  return kind === 'event' ? `${from}->>${to}: ${quote(label)}` : `Note over ${from}: ${quote(label)}`;
}

/** Mermaid ends a text at a semicolon and takes `#` for an entity. */
function quote(text: string): string {
  return text.replace(/[;#\n]/g, ' ');
}

/** Each record as it came, and what the page calls both ends of it. */
export function toJsonLines(rows: readonly Row[], lines: ReadonlyMap<string, Lifeline>): string {
  const nameOf = (key: string) => nameOfLine(lines.get(key));
  return rows
    .map(({ from, to, entry }) => ({ ...entry.record, from_name: nameOf(from), to_name: nameOf(to) }))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

export function download(text: string, name: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
