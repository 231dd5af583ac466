/** Turns sections into one Markdown page and one JSON file. A section is `{title, notes[], tables[], data}`. */
import { mkdirSync, writeFileSync } from 'node:fs';

const directory = new URL('../results/', import.meta.url);
const root = new URL('../../', import.meta.url).pathname;

/** Writes `results/<name>.md` and `results/<name>.json`; returns the Markdown. */
export function writeReport(name, machine, settings, sections) {
  const page = ['# Bench results', '', machineTable(machine), ...sections.map(renderSection), ''].join('\n');
  const markdown = withoutRoot(page);
  const json = { machine, settings, sections: sections.map(({ title, data }) => ({ title, data })) };
  mkdirSync(directory, { recursive: true });
  writeFileSync(new URL(`${name}.md`, directory), markdown);
  writeFileSync(new URL(`${name}.json`, directory), `${withoutRoot(JSON.stringify(json, null, 2))}\n`);
  return markdown;
}

/** A Markdown table: `rows` of cells under `headings`; all columns but the first are aligned right. */
export function table(headings, rows) {
  const rule = headings.map((_, column) => (column === 0 ? '---' : '---:'));
  return [headings, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Three significant digits, and no exponent. */
export function figure(value) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: Math.min(digits, 3),
  });
}

/** `✓` or `✗` with the target, or `–` when there is nothing to compare. */
export function verdict(value, { atLeast, atMost, unit = '' }) {
  const target = atLeast === undefined ? `≤ ${atMost}${unit}` : `≥ ${atLeast}${unit}`;
  if (value === null || value === undefined) return `– (${target})`;
  const kept = atLeast === undefined ? value <= atMost : value >= atLeast;
  return `${kept ? '✓' : '✗'} (${target})`;
}

/** Where this checkout lies is nobody's business, and differs from machine to machine. */
const withoutRoot = (text) => text.replaceAll(root, '');

function renderSection({ title, notes, tables }) {
  return ['', `## ${title}`, '', tables.join('\n\n'), '', notes.map((note) => `- ${note}`).join('\n')].join(
    '\n',
  );
}

function machineTable(machine) {
  const { packages, temporaryFiles, ...rest } = machine;
  const rows = [
    ['date', rest.date],
    ['revision', rest.revision],
    ['CPU', `${rest.cpu}, ${rest.cores} cores (load ${rest.loadBefore} before the run)`],
    ['memory', `${rest.memoryGiB} GiB`],
    ['system', rest.os],
    ['Node', rest.node],
    ['temporary files', `${temporaryFiles.fileSystem}, 4 KiB made durable in ${temporaryFiles.flushMs} ms`],
    [
      'packages',
      Object.entries(packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ];
  return table(
    ['', ''],
    rows.map(([name, value]) => [name, value]),
  );
}
