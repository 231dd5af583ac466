/**
 * Templates of config files: mustache's syntax, read by its parser, without what would make a program of it. Values
 * are data and never read as a template; a name the app does not have is an error with its line.
 *
 * `{{name}}` `{{name | helper}}` `{{{name}}}` `{{#name}}…{{/name}}` (there is a value, and it is not empty)
 * `{{^name}}…{{/name}}` (there is none) `{{! comment }}` `{{=<% %>=}}` (other delimiters, for files full of braces)
 */
import Mustache from 'mustache';
import type { AppValues } from '../protocol/app-types.ts';
import { printable, renderedBytesMax, templateDepthMax } from '../protocol/index.ts';
import type { Verdict } from '../protocol/types.ts';
import { type Helper, helperNames, helpers, plain } from './template-helpers.ts';

export interface TemplateProblem {
  readonly kind: 'template' | 'value';
  /** Of the template, from 1. */
  readonly line: number;
  /** Says which tag; never holds a value. */
  readonly message: string;
}

export interface Rendered {
  readonly text: string;
  /** Names whose value is in the text. */
  readonly used: readonly string[];
}

/** What the parser makes of a template. */
type Token = readonly [
  kind: string,
  value: string,
  start: number,
  end: number,
  inner?: readonly Token[] | string | number,
  ...rest: readonly unknown[],
];

const shownCharactersMax = 80;

/** Thrown and caught in this file only: a template is walked in many small steps. */
class Problem extends Error {
  readonly kind: TemplateProblem['kind'];
  readonly at: number;
  constructor(kind: TemplateProblem['kind'], at: number, message: string) {
    super(message);
    this.kind = kind;
    this.at = at;
  }
}

// i[impl app.template-names]
/** What is wrong with a template whatever the values; null when nothing is. */
export function templateProblem(template: string, names: readonly string[]): TemplateProblem | null {
  const known = new Set(names);
  const found = attempt(template, (tokens) => checkTokens(tokens, known));
  return found.ok ? null : found.reason;
}

export function renderTemplate(template: string, values: AppValues): Verdict<Rendered, TemplateProblem> {
  return attempt(template, (tokens) => {
    checkTokens(tokens, new Set(Object.keys(values)));
    const writer = new Writer(values);
    writer.write(tokens);
    return { text: writer.text(), used: [...writer.used] };
  });
}

function attempt<Value>(
  template: string,
  act: (tokens: readonly Token[]) => Value,
): Verdict<Value, TemplateProblem> {
  try {
    return { ok: true, value: act(parse(template)) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const line = template.slice(0, error.at).split('\n').length;
    return { ok: false, reason: { kind: error.kind, line, message: error.message } };
  }
}

function parse(template: string): readonly Token[] {
  try {
    // A writer of its own: the library's keeps every template it ever saw.
    return new Mustache.Writer().parse(template) as unknown as readonly Token[];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, reason = message, at = '0'] = /^(.*?) at (\d+)$/s.exec(message) ?? [];
    throw new Problem('template', Number(at), show(reason));
  }
}

function checkTokens(tokens: readonly Token[], known: ReadonlySet<string>, depth = 0): void {
  for (const token of tokens) {
    const [kind, , at, , inner] = token;
    if (kind === 'text' || kind === '!' || kind === '=') continue;
    if (kind === '>')
      throw new Problem('template', at, `${shownTag(token)}: one template cannot include another`);
    const { name } = tagOf(token);
    if (!known.has(name)) {
      throw new Problem(
        'template',
        at,
        `${shownTag(token)}: the app has no param ${show(name) || 'without a name'}`,
      );
    }
    if (!Array.isArray(inner)) continue;
    if (depth >= templateDepthMax)
      throw new Problem(
        'template',
        at,
        `${shownTag(token)}: sections are nested more than ${templateDepthMax} deep`,
      );
    checkTokens(inner, known, depth + 1);
  }
}

interface Tag {
  readonly name: string;
  readonly helper: Helper;
}

const asItIs: Helper = (value) => ({ ok: true, text: value });

function tagOf(token: Token): Tag {
  const [kind, content, at] = token;
  if (kind !== 'name') return { name: content, helper: asItIs };
  const [name = '', helperName, ...more] = content.split('|').map((part) => part.trim());
  if (helperName === undefined) return { name, helper: plain };
  const helper = Object.hasOwn(helpers, helperName) ? helpers[helperName] : undefined;
  if (helper === undefined || more.length > 0) {
    const problem = `after the bar comes one of ${helperNames.join(', ')}`;
    throw new Problem('template', at, `${shownTag(token)}: ${problem}`);
  }
  return { name, helper };
}

class Writer {
  readonly #values: AppValues;
  readonly #parts: string[] = [];
  #characters = 0;
  readonly used = new Set<string>();

  constructor(values: AppValues) {
    this.#values = values;
  }

  text(): string {
    return this.#parts.join('');
  }

  write(tokens: readonly Token[]): void {
    for (const token of tokens) {
      const [kind, content, at, , inner] = token;
      if (kind === 'text') this.#push(content, at);
      else if (kind === 'name' || kind === '&') this.#push(this.#written(token), at);
      else if (Array.isArray(inner) && this.#has(content) === (kind === '#')) this.write(inner);
    }
  }

  #has(name: string): boolean {
    const value = this.#values[name];
    return value !== null && value !== undefined && value !== '';
  }

  #written(token: Token): string {
    const { name, helper } = tagOf(token);
    const [, , at] = token;
    const value = this.#values[name] ?? null;
    if (value === null) {
      const problem = `${name} has no value: set one, or write {{#${name}}}…{{/${name}}} around what needs it`;
      throw new Problem('value', at, `${shownTag(token)}: ${problem}`);
    }
    this.used.add(name);
    const written = helper(value);
    if (written.ok) return written.text;
    throw new Problem('value', at, `${shownTag(token)}: the value of ${name} ${written.problem}`);
  }

  #push(text: string, at: number): void {
    // A character has at least one byte: a bound on memory before there is a text to measure.
    this.#characters += text.length;
    if (this.#characters > renderedBytesMax)
      throw new Problem('value', at, `the file would have more than ${renderedBytesMax} bytes`);
    this.#parts.push(text);
  }
}

function shownTag([kind, content]: Token): string {
  if (kind === 'name') return `{{${show(content)}}}`;
  return kind === '&' ? `{{{${show(content)}}}}` : `{{${kind}${show(content)}}}`;
}

function show(text: string): string {
  return printable(text, shownCharactersMax);
}
