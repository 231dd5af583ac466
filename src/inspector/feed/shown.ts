/**
 * What of an event or a context may leave the node. Everything is hidden unless a shape names it, so that a field added
 * to a machine tomorrow is not shown before somebody decided that it may be.
 */
import { printable } from '../../protocol/index.ts';
import type { Json } from '../../protocol/types.ts';
import { shownCharactersMax, shownEntriesMax } from '../limits.ts';

/**
 * `plain`: a text, number, truth value or null; anything else is hidden. `hidden`: decided not to be shown.
 * `each`: the entries of a list, or the values of a record whose keys are ids.
 */
export type Shape =
  | 'plain'
  | 'hidden'
  | { readonly each: Shape }
  | {
      readonly fields: Fields /** A plain value in the object's place is shown too. */;
      readonly orPlain?: true;
    };
export type Fields = { readonly [name: string]: Shape };

export function each(shape: Shape): Shape {
  return { each: shape };
}

export function fields(names: Fields): Shape {
  return { fields: names };
}

/** A word, or an object in its place. */
export function plainOr(names: Fields): Shape {
  return { fields: names, orPlain: true };
}

/** Fields that are plain, by name. */
export function plain(...names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, 'plain' as const]));
}

// w[impl feed.allow-list]
/** What may be shown of a value, cut to its bounds; undefined when nothing may. */
export function show(value: unknown, shape: Shape): Json | undefined {
  if (shape === 'hidden') return undefined;
  if (value === null) return null;
  if (shape === 'plain') return showPlain(value);
  if (typeof value !== 'object') return 'orPlain' in shape ? showPlain(value) : undefined;
  if ('each' in shape)
    return Array.isArray(value) ? showList(value, shape.each) : showRecord(value, shape.each);
  return Array.isArray(value) ? undefined : showFields(value, shape.fields);
}

function showPlain(value: unknown): Json | undefined {
  if (typeof value === 'string') return printable(value, shownCharactersMax);
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function showList(values: readonly unknown[], shape: Shape): Json {
  const shown = values.slice(0, shownEntriesMax).map((value) => show(value, shape) ?? '…');
  return values.length > shownEntriesMax ? [...shown, more(values.length)] : shown;
}

function showRecord(record: object, shape: Shape): Json {
  const names = Object.keys(record);
  const shown: { [name: string]: Json } = {};
  for (const name of names.slice(0, shownEntriesMax)) {
    shown[printable(name, shownCharactersMax)] = show(Reflect.get(record, name), shape) ?? '…';
  }
  if (names.length > shownEntriesMax) shown['…'] = more(names.length);
  return shown;
}

function showFields(record: object, names: Fields): Json {
  const shown: { [name: string]: Json } = {};
  for (const [name, shape] of Object.entries(names)) {
    if (!Object.hasOwn(record, name)) continue;
    const value = show(Reflect.get(record, name), shape);
    if (value !== undefined) shown[name] = value;
  }
  return shown;
}

function more(length: number): string {
  return `… ${length - shownEntriesMax} more`;
}
