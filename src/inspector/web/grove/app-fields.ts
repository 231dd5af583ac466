/** Reads what `/apps/list` says of an app with care: a node may say more, or less, than this page knows. */
import type { Json } from '../../contract.ts';
import type { App } from '../data/node.ts';

export function appName(app: App): string {
  return textOf(app.app) ?? textOf(app.name) ?? '?';
}

const states: { readonly [state: string]: { readonly word: string; readonly tone: string } } = {
  'not-installed': { word: 'not installed', tone: 'quiet' },
  installing: { word: 'is being installed', tone: 'busy' },
  idle: { word: 'ready', tone: 'good' },
  operating: { word: 'runs a command', tone: 'busy' },
  retrying: { word: 'failed, tries again', tone: 'bad' },
};

export function appState(app: App): { readonly word: string; readonly tone: string } {
  const state = textOf(app.state) ?? 'unknown';
  return states[state] ?? { word: state, tone: 'quiet' };
}

export interface AppRun {
  readonly id: string;
  readonly words: string;
  readonly startedAt: string | null;
  readonly isBad: boolean;
}

/** What was run for an app, newest first. */
export function appRuns(app: App): readonly AppRun[] {
  const { operations } = app;
  const list: readonly Json[] = Array.isArray(operations) ? operations : [];
  return list
    .filter(isObject)
    .slice(0, runsShown)
    .map((run) => {
      const state = textOf(run.state) ?? 'unknown';
      const seq = typeof run.seq === 'number' ? `, number ${run.seq}` : '';
      const code = typeof run.exit_code === 'number' ? `, exit code ${run.exit_code}` : '';
      const detail = textOf(run.detail);
      const words = `${textOf(run.kind) ?? 'command'} (${textOf(run.reason) ?? '?'}${seq}): ${state}${code}${detail === null ? '' : `, ${detail}`}`;
      return {
        id: String(run.id),
        words,
        startedAt: textOf(run.started_at),
        isBad: state !== 'succeeded' && state !== 'running',
      };
    });
}

const runsShown = 5;

export function appProblem(app: App): string | null {
  return textOf(app.last_error);
}

export interface AppParamShown {
  readonly name: string;
  readonly value: string | null;
  readonly isSecret: boolean;
  /** May be several lines long. */
  readonly hasLines: boolean;
  /** Set here, and no default. */
  readonly isSet: boolean;
}

export function appParams(app: App): readonly AppParamShown[] {
  const { params } = app;
  const list: readonly Json[] = Array.isArray(params) ? params : [];
  return list.filter(isObject).flatMap((param) => {
    const name = textOf(param.name);
    if (name === null) return [];
    return [
      {
        name,
        value: textOf(param.value) ?? textOf(param.default_value),
        isSecret: param.secret === true,
        hasLines: param.kind === 'multiline',
        isSet: param.is_set === true,
      },
    ];
  });
}

function isObject(value: Json): value is { readonly [field: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
