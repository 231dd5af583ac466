/** What a terminal gets to see: aligned text without surprises, or JSON and nothing else. */
import { printable } from '../protocol/index.ts';
import type { Json } from '../protocol/types.ts';
import type { CtlError } from './exit.ts';

/** Where text goes. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export interface Output {
  readonly json: boolean;
  /** The result as the node gave it. Only with --json. */
  result(value: Json): void;
  /** A line for a person. Not with --json. */
  line(text?: string): void;
  /** A remark on stderr for a person. Not with --json. */
  note(text: string): void;
  error(error: CtlError): void;
  readonly style: Style;
}

export interface Style {
  strong(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

const valueCharactersMax = 120;
const messageCharactersMax = 2_000;

// i[impl ctl.json]
export function createOutput(options: {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly json: boolean;
  readonly noColor: boolean;
}): Output {
  const { stdout, stderr, json } = options;
  const style = createStyle(stdout.isTTY === true && !options.noColor);
  const errorStyle = createStyle(stderr.isTTY === true && !options.noColor);
  return {
    json,
    style,
    result: (value) => json && stdout.write(`${jsonText(value)}\n`),
    line: (text = '') => !json && stdout.write(`${text}\n`),
    note: (text) => !json && stderr.write(`${text}\n`),
    error: ({ code, message, details }) => {
      const error = details === undefined ? { code, message } : { code, message, details };
      const text = json ? jsonText({ error }) : `${errorStyle.bad('error:')} ${lines(message)}`;
      stderr.write(`${text}\n`);
    },
  };
}

// i[impl ctl.colours]
function createStyle(colours: boolean): Style {
  const sgr =
    (code: number) =>
    (text: string): string =>
      colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { strong: sgr(1), dim: sgr(2), good: sgr(32), bad: sgr(31) };
}

// i[impl ctl.printable]
/** Text from the network, on one line, safe for a terminal. */
export function safe(text: string, charactersMax = valueCharactersMax): string {
  return printable(text, charactersMax);
}

/** A message of several lines, each one safe. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => safe(line, messageCharactersMax))
    .join('\n');
}

/** The same JSON value; what a terminal would act on or hide is escaped, as JSON allows. */
function jsonText(value: Json): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Enough of a fingerprint for a person to tell nodes apart. */
export function short(fingerprint: string): string {
  return safe(fingerprint.slice(0, 12), 12);
}

/** Rows under a heading, columns as wide as their widest cell. Cells are made safe. */
export function table(
  style: Style,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map((row) => row.map((cell) => safe(cell)));
  const widths = heading.map((title, column) =>
    Math.max(...[title, ...cells.map((row) => row[column] ?? '')].map(width)),
  );
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join('  ')
      .trimEnd();
  return [style.dim(format(heading)), ...cells.map(format)].join('\n');
}

/** Names and values below each other. Values are made safe. */
export function fields(entries: readonly (readonly [name: string, value: string | number])[]): string {
  const widest = Math.max(...entries.map(([name]) => width(name)));
  return entries
    .map(
      ([name, value]) =>
        `${name}${' '.repeat(widest - width(name))}  ${safe(String(value), messageCharactersMax)}`,
    )
    .join('\n');
}

/** Columns a text takes on a terminal; close enough for labels. */
function width(text: string): number {
  let columns = 0;
  for (const character of text)
    columns +=
      /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Katakana}|\p{Script=Hiragana}|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  return columns;
}

/** `3 members`, `1 member`. */
export function count(amount: number, singular: string): string {
  return `${amount} ${singular}${amount === 1 ? '' : 's'}`;
}

export function duration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}
