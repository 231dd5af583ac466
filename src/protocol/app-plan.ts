/**
 * What a change does to an app: an operator's, or one of the grove's that waits. Both go the same way. Decides which
 * values are set, whether anything has to be run for it, and what a bound param cannot take.
 */
import type { AppDefinition, AppParam, AppValues, HookReason, ParamChange } from './app-types.ts';
import { operationSteps } from './operation-steps.ts';
import { paramValueProblem } from './param-values.ts';
import type { ErrorCode, Json, Param, ParamKind, Refusal, Verdict } from './types.ts';

/** A value, when it last changed, and the one that `on_change` last ended well with. */
export interface HeldValue {
  readonly value: string | null;
  readonly toldValue: string | null;
  readonly generation: number;
}

/** An app as it is, its values readable. */
export interface HeldApp {
  readonly definition: AppDefinition;
  readonly installed: boolean;
  readonly generation: number;
  readonly toldGeneration: number;
  /** Operations begun since it was told last. */
  readonly attempts: number;
  /** Of params that were ever set. */
  readonly values: { readonly [name: string]: HeldValue };
  readonly mappings: readonly {
    readonly appParam: string;
    readonly groveParam: string;
    readonly appliedSeq: number | null;
  }[];
}

/** A bound param whose grove param changed; null: it is unset now. */
export interface WaitingValue {
  readonly appParam: string;
  readonly groveParam: string;
  readonly pendingSeq: number;
  readonly groveValue: Param | null;
}

export type AppRequestChange =
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  | { readonly kind: 'unset'; readonly name: string }
  | {
      readonly kind: 'map';
      readonly appParam: string;
      readonly groveParam: string;
      readonly groveValue: (Param & { readonly seq: number }) | null;
    };

export interface AppPlan {
  readonly map: { readonly appParam: string; readonly groveParam: string } | null;
  /** Values that differ from those held. */
  readonly values: readonly { readonly name: string; readonly value: string | null }[];
  readonly generation: number;
  /** Nothing is to be run: what the app has now counts as told. */
  readonly told: boolean;
  readonly progress: readonly {
    readonly appParam: string;
    readonly appliedSeq: number;
    readonly misfit: string | null;
  }[];
  readonly run: PlannedRun | null;
}

export interface PlannedRun {
  readonly reason: HookReason;
  readonly attempt: number;
  /** The newest change of the grove among those it is about. */
  readonly groveSeq: number | null;
  readonly changes: readonly ParamChange[];
}

/** One value to set, and what asked for it. */
interface Wish {
  readonly name: string;
  readonly value: string | null;
  readonly seq: number | null;
}

// g[impl actuation.one-path] g[impl actuation.once-per-payload]
export function planChange(
  app: HeldApp,
  waiting: readonly WaitingValue[],
  request: AppRequestChange | null,
): Verdict<AppPlan, Refusal> {
  const asked = request === null ? null : judgeRequest(app, request);
  if (asked !== null && !asked.ok) return asked;
  const judged = waiting.map((value) => ({ value, misfit: waitingProblem(app.definition, value) }));
  const wishes: Wish[] = [
    ...judged.flatMap(({ value, misfit }): Wish[] =>
      misfit === null ? [{ name: value.appParam, value: newValue(value), seq: value.pendingSeq }] : [],
    ),
    ...(asked === null ? [] : [asked.value]),
  ];
  // g[impl apps.same-value]
  const values = wishes.filter(({ name, value }) => value !== (app.values[name]?.value ?? null));
  const generation = app.generation + (values.length > 0 ? 1 : 0);
  const after = withValues(app, values, generation);
  const progress = judged.map(({ value: { appParam, pendingSeq }, misfit }) => {
    return { appParam, appliedSeq: pendingSeq, misfit };
  });
  const mapped = request?.kind === 'map' ? request : null;
  if (mapped?.groveValue != null) {
    progress.push({ appParam: mapped.appParam, appliedSeq: mapped.groveValue.seq, misfit: null });
  }
  const changes = untoldChanges(after);
  const hasNews = changes.length > 0 && isRunFor(after.definition);
  const runs = after.installed && hasNews && missingValues(after.definition, after.values).length === 0;
  const seqs = seqOfParams(app, progress);
  return {
    ok: true,
    value: {
      map: mapped === null ? null : { appParam: mapped.appParam, groveParam: mapped.groveParam },
      values: values.map(({ name, value }) => ({ name, value })),
      generation,
      told: after.installed && !hasNews && generation > app.toldGeneration,
      progress,
      run: runs
        ? {
            reason: reasonOf(request, values),
            attempt: app.attempts + 1,
            groveSeq: newestSeq(changes, seqs),
            changes,
          }
        : null,
    },
  };
}

// g[impl apps.defaults]
/** What the app runs with: the values set, else the defaults. */
export function effectiveValues(
  definition: AppDefinition,
  values: { readonly [name: string]: { readonly value: string | null } },
): AppValues {
  return Object.fromEntries(
    definition.params.map(({ name, default_value }) => [name, values[name]?.value ?? default_value]),
  );
}

// g[impl apps.required]
/** Required params without a value and a default: nothing runs without them. */
export function missingValues(
  definition: AppDefinition,
  values: { readonly [name: string]: { readonly value: string | null } },
): string[] {
  const effective = effectiveValues(definition, values);
  return definition.params
    .filter(({ name, required }) => required && effective[name] === null)
    .map(({ name }) => name);
}

// g[impl apps.runs]
/** What `on_change` does not know yet. After a failed run everything it was about, also when it is as before. */
export function untoldChanges({ definition, values, toldGeneration, attempts }: HeldApp): ParamChange[] {
  return definition.params.flatMap(({ name, default_value }): ParamChange[] => {
    const held = values[name];
    if (held === undefined || held.generation <= toldGeneration) return [];
    const old_value = held.toldValue ?? default_value;
    const new_value = held.value ?? default_value;
    return attempts === 0 && old_value === new_value ? [] : [{ name, old_value, new_value }];
  });
}

/** Something is run when a param of this app changes. */
export function isRunFor(definition: AppDefinition): boolean {
  return operationSteps(definition, 'on_change').length > 0;
}

function judgeRequest(app: HeldApp, request: AppRequestChange): Verdict<Wish, Refusal> {
  const name = request.kind === 'map' ? request.appParam : request.name;
  const param = app.definition.params.find((known) => known.name === name);
  const appName = app.definition.name;
  if (param === undefined) return refuse('not_found', `the app ${appName} has no param ${name}`, { name });
  const bound = app.mappings.find(({ appParam }) => appParam === name);
  if (request.kind === 'map') {
    if (bound !== undefined)
      return refuse('already_installed', `${name} of ${appName} follows ${bound.groveParam} already`, {
        grove_param: bound.groveParam,
      });
    return judgeMap(param, request);
  }
  // g[impl mapping.bound]
  if (bound !== undefined) {
    const message = `${name} of ${appName} follows the grove param ${bound.groveParam}: change it there, or run \`grove unmap ${appName} ${name}\` first`;
    return refuse('requirements_invalid', message, { name, grove_param: bound.groveParam });
  }
  if (request.kind === 'unset') {
    if (param.required && param.default_value === null)
      return refuse('requirements_invalid', `${name} is required and has no default: set another value`, {
        name,
      });
    return { ok: true, value: { name, value: null, seq: null } };
  }
  const problem = paramValueProblem(param.kind, request.value);
  if (problem !== null) return refuse('requirements_invalid', `the value of ${name} ${problem}`, { name });
  return { ok: true, value: { name, value: request.value, seq: null } };
}

// g[impl mapping.create]
function judgeMap(
  param: AppParam,
  { groveParam, groveValue }: Extract<AppRequestChange, { kind: 'map' }>,
): Verdict<Wish, Refusal> {
  if (groveValue === null)
    return refuse('not_found', `the grove has no param ${groveParam}: set it on the leader first`, {
      name: groveParam,
    });
  const problem = boundValueProblem(param.kind, groveValue);
  if (problem !== null)
    return refuse('requirements_invalid', `the value of the grove param ${groveParam} ${problem}`, {
      name: param.name,
      grove_param: groveParam,
      kind: param.kind,
    });
  return { ok: true, value: { name: param.name, value: groveValue.value, seq: groveValue.seq } };
}

// g[impl mapping.fits]
/** Why a grove param's value cannot be that of an app param of `kind`, to end a sentence; null when it can. */
export function boundValueProblem(kind: ParamKind, groveValue: Param): string | null {
  const isOneLine = kind === 'text' || kind === 'email';
  if (isOneLine && groveValue.kind === 'multiline') return `is of kind multiline, and the app's is ${kind}`;
  return paramValueProblem(kind, groveValue.value);
}

// g[impl mapping.incompatible]
function waitingProblem(definition: AppDefinition, waiting: WaitingValue): string | null {
  const { appParam, groveParam, groveValue } = waiting;
  const param = definition.params.find(({ name }) => name === appParam);
  if (param === undefined) return `the app has no param ${appParam}`;
  if (groveValue !== null) {
    const problem = boundValueProblem(param.kind, groveValue);
    return problem === null ? null : `the value of the grove param ${groveParam} ${problem}`;
  }
  return param.required && param.default_value === null
    ? `the grove param ${groveParam} was unset, and the app's is required and has no default`
    : null;
}

// g[impl mapping.unset]
function newValue({ groveValue }: WaitingValue): string | null {
  return groveValue === null ? null : groveValue.value;
}

function withValues(app: HeldApp, values: readonly Wish[], generation: number): HeldApp {
  const changed = values.map(({ name, value }) => {
    return [name, { value, toldValue: app.values[name]?.toldValue ?? null, generation }] as const;
  });
  return { ...app, generation, values: { ...app.values, ...Object.fromEntries(changed) } };
}

function reasonOf(request: AppRequestChange | null, values: readonly Wish[]): HookReason {
  if (request !== null) return request.kind === 'map' ? 'bound' : 'operator';
  if (values.length === 0) return 'retry';
  return values.every(({ value }) => value === null) ? 'removed' : 'changed';
}

/** The number of the change each bound param holds. */
function seqOfParams(app: HeldApp, progress: AppPlan['progress']): ReadonlyMap<string, number> {
  const seqs = new Map<string, number>();
  for (const { appParam, appliedSeq } of app.mappings)
    if (appliedSeq !== null) seqs.set(appParam, appliedSeq);
  for (const { appParam, appliedSeq, misfit } of progress)
    if (misfit === null) seqs.set(appParam, appliedSeq);
  return seqs;
}

function newestSeq(changes: readonly ParamChange[], seqs: ReadonlyMap<string, number>): number | null {
  const found = changes.flatMap(({ name }) => seqs.get(name) ?? []);
  return found.length === 0 ? null : Math.max(...found);
}

function refuse(
  code: ErrorCode,
  message: string,
  details: { readonly [key: string]: Json },
): { readonly ok: false; readonly reason: Refusal } {
  return { ok: false, reason: { code, message, details } };
}
