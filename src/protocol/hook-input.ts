/** What an app's command is told: as variables of its environment where a value fits one, and all of it as JSON. */
import { hookVariableBytesMax } from './app-limits.ts';
import type { AppValues, HookReason, ParamChange } from './app-types.ts';
import { utf8Length } from './canonical.ts';

export interface HookNews {
  readonly app: string;
  readonly operation: 'install' | 'on_change';
  readonly reason: HookReason;
  /** Of the payload that caused it; null when an operator did. */
  readonly groveSeq: number | null;
  /** All values as they are now, defaults filled in. */
  readonly values: AppValues;
  /** What this run is about. Empty for an installation. */
  readonly changes: readonly ParamChange[];
}

// i[impl app.environment]
/** `PARAM_` and the name in capitals, hyphens as underscores. */
export function paramVariable(name: string): string {
  return `PARAM_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * A value that is longer than 4 KiB or holds a NUL is in no variable; neither is a param without a value, so that `unset` and
 * empty are different things. Without a change of exactly one param there is no `OLD_VALUE` and no `NEW_VALUE`.
 */
export function hookEnvironment(news: HookNews): { readonly [name: string]: string } {
  const variables: [string, string | null][] = Object.entries(news.values).map(([name, value]) => [
    paramVariable(name),
    value,
  ]);
  variables.push(['APP', news.app], ['OPERATION', news.operation], ['REASON', news.reason]);
  variables.push(['CHANGED_PARAMS', news.changes.map(({ name }) => name).join(' ')]);
  variables.push(['GROVE_SEQ', news.groveSeq === null ? null : String(news.groveSeq)]);
  const [change, ...others] = news.changes;
  if (change !== undefined && others.length === 0)
    variables.push(['OLD_VALUE', change.old_value], ['NEW_VALUE', change.new_value]);
  return Object.fromEntries(
    variables.flatMap(([name, value]) => (value !== null && fitsVariable(value) ? [[name, value]] : [])),
  );
}

// i[impl app.stdin]
/** One line of JSON: everything, whatever its size. Params in the order of the definition. */
export function hookInput(news: HookNews): string {
  const { app, operation, reason, groveSeq, values, changes } = news;
  return `${JSON.stringify({
    app,
    operation,
    reason,
    grove_seq: groveSeq,
    changed: changes.map(({ name, old_value, new_value }) => ({ name, old_value, new_value })),
    params: values,
  })}\n`;
}

function fitsVariable(value: string): boolean {
  // Code units first: a bound on the work.
  return (
    value.length <= hookVariableBytesMax && utf8Length(value) <= hookVariableBytesMax && !value.includes('\0')
  );
}
