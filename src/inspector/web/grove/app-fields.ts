/** Reads what `/apps/list` says of an app with care: a node may say more, or less, than this page knows. */
import type { Json } from '../../contract.ts';
import type { App } from '../data/node.ts';

export function appName(app: App): string {
  return textOf(app.app) ?? textOf(app.name) ?? '?';
}

export function appState(app: App): string {
  const state = textOf(app.state);
  if (state !== null) return state;
  return app.installed === false ? 'not installed' : 'installed';
}

export function appProblem(app: App): string | null {
  return textOf(app.last_error);
}

export interface AppParamShown {
  readonly name: string;
  readonly value: string | null;
  readonly isSecret: boolean;
}

export function appParams(app: App): readonly AppParamShown[] {
  const { params } = app;
  const list: readonly Json[] = Array.isArray(params) ? params : [];
  return list.filter(isObject).flatMap((param) => {
    const name = textOf(param.name);
    if (name === null) return [];
    return [
      { name, value: textOf(param.value) ?? textOf(param.default_value), isSecret: param.secret === true },
    ];
  });
}

function isObject(value: Json): value is { readonly [field: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
