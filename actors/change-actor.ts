/** One change of an app, stored in one step: an operator's, the grove's, or what an earlier run could not end. */
import { fromCallback } from 'xstate';
import type { ChangeDone, ChangeInput, RemoveDone, RemoveInput } from '../machines/app-context.ts';
import type { GroveEvent } from '../machines/grove-events.ts';
import type { AppRow, NewOperation, PendingMapping } from '../src/ports/index.ts';
import {
  type AppPlan,
  type AppRequestChange,
  assert,
  formatTimestamp,
  type HeldApp,
  mappingsMax,
  missingValues,
  planChange,
} from '../src/protocol/index.ts';
import type { Json, Refusal, RequestActor, Verdict } from '../src/protocol/types.ts';
import type { AppAsk } from './app-asks.ts';
import { groveActor, operationStarted } from './app-reports.ts';
import { isSecret, readApp, sealValues } from './app-values.ts';
import type { GroveParts } from './parts.ts';
import { whenStoreFails } from './store-failure.ts';

type NoEvent = { type: string };

export function changeAppActor(parts: GroveParts) {
  return fromCallback<NoEvent, ChangeInput>(({ input, sendBack }) => {
    const { apps } = parts.ports.store;
    const failed = (detail: string): ChangeDone => {
      parts.log.warn('an app could not be changed', { app: input.app, detail });
      const attempts =
        (whenStoreFails(
          () => apps.app(input.app)?.attempts,
          () => undefined,
        ) ?? 0) + 1;
      return { type: 'change.failed', attempts, refusal: { code: 'internal', message: detail }, events: [] };
    };
    sendBack(whenStoreFails<ChangeDone>(() => change(parts, input, failed), failed));
  });
}

function change(
  parts: GroveParts,
  { app, request, installAgain }: ChangeInput,
  failed: (detail: string) => ChangeDone,
): ChangeDone {
  const { apps } = parts.ports.store;
  const row = apps.app(app);
  assert(row !== null, `the app ${app} is stored while it has a machine`);
  const held = readApp(parts, row);
  if (!held.ok) return unreadable(parts, app, held.reason, failed);
  const kept = request === null ? undefined : parts.asks.get(request.requestId);
  const asked = kept === undefined ? null : changeOf(parts, kept.ask);
  if (asked !== null && !asked.ok) return { type: 'change.refused', refusal: asked.reason };
  const waiting = apps.pendingOf(app);
  const plan = planChange(held.value, waiting, asked?.value ?? null);
  if (!plan.ok) return { type: 'change.refused', refusal: plan.reason };
  const installs = installAgain || kept?.ask.what === 'install';
  const refusal = installs ? installProblem(held.value, plan.value) : null;
  if (refusal !== null) return { type: 'change.refused', refusal };
  const actor = kept?.actor ?? causeOf(parts, app, plan.value, installAgain);
  return store(
    parts,
    { row, held: held.value, plan: plan.value, waiting, actor, installs, kept: kept?.ask ?? null },
    failed,
  );
}

interface Decided {
  readonly row: AppRow;
  readonly held: HeldApp;
  readonly plan: AppPlan;
  readonly waiting: readonly PendingMapping[];
  readonly actor: RequestActor;
  readonly installs: boolean;
  readonly kept: AppAsk | null;
}

function store(parts: GroveParts, decided: Decided, failed: (detail: string) => ChangeDone): ChangeDone {
  const { ports } = parts;
  const { held, plan, actor, kept } = decided;
  const { definition } = held;
  const app = definition.name;
  const values = sealValues(parts, definition, plan.values);
  if (!values.ok) return unreadable(parts, app, values.reason, failed);
  const operation = operationOf(parts, decided);
  const id = ports.store.apps.changeApp({
    app,
    at: formatTimestamp(ports.clock.now()),
    map: plan.map,
    values: values.value,
    generation: plan.generation,
    told: plan.told,
    progress: plan.progress,
    operation,
    durable: kept !== null,
  });
  const started = operation === null || id === null ? [] : [operationStarted(app, id, operation)];
  return {
    type: 'change.made',
    operation: operation === null || id === null ? null : { id, kind: operation.kind },
    attempts: plan.told ? 0 : held.attempts + (operation === null ? 0 : 1),
    value: answerOf(decided, operation),
    events: [...changeEvents(decided, operation !== null, actor), ...started],
  };
}

/** What an operator asked, with what the grove holds for it now. */
function changeOf({ ports }: GroveParts, ask: AppAsk): Verdict<AppRequestChange | null, Refusal> {
  switch (ask.what) {
    case 'set':
      return { ok: true, value: { kind: 'set', name: ask.name, value: ask.value } };
    case 'unset':
      return { ok: true, value: { kind: 'unset', name: ask.name } };
    case 'map': {
      const { apps } = ports.store;
      if (apps.groveId() === null) {
        const message = 'this node is in no grove: run `grove init` or `grove join` first';
        return { ok: false, reason: { code: 'not_found', message } };
      }
      if (apps.mappingsCount() >= mappingsMax) {
        const message = `this node has ${mappingsMax} mappings: run \`grove unmap\` for one first`;
        const details = { mappings_max: mappingsMax };
        return { ok: false, reason: { code: 'requirements_invalid', message, details } };
      }
      const { appParam, groveParam } = ask;
      return {
        ok: true,
        value: { kind: 'map', appParam, groveParam, groveValue: apps.groveParam(groveParam) },
      };
    }
    default:
      return { ok: true, value: null };
  }
}

// g[impl apps.install]
function installProblem({ definition, installed, values }: HeldApp, plan: AppPlan): Refusal | null {
  const app = definition.name;
  if (installed)
    return { code: 'already_installed', message: `${app} is installed already`, details: { app } };
  const after = { ...values };
  for (const { name, value } of plan.values) after[name] = { value, toldValue: null, generation: 0 };
  const missing = missingValues(definition, after);
  if (missing.length === 0) return null;
  const message = `${app} lacks values for ${missing.join(', ')}: set them with \`apps param set\` first`;
  return { code: 'requirements_invalid', message, details: { app, missing } };
}

function operationOf({ ports }: GroveParts, decided: Decided): NewOperation | null {
  const { held, plan, actor, installs, kept } = decided;
  if (installs) {
    return {
      kind: 'install',
      reason: kept === null ? 'retry' : 'operator',
      attempt: held.attempts + 1,
      generation: plan.generation,
      groveSeq: null,
      changes: [],
      actor,
    };
  }
  if (plan.run === null) return null;
  const { reason, attempt, groveSeq, changes } = plan.run;
  const seqs = new Map(held.mappings.map(({ appParam, appliedSeq }) => [appParam, appliedSeq]));
  for (const { appParam, appliedSeq } of plan.progress) seqs.set(appParam, appliedSeq);
  const encoder = new TextEncoder();
  return {
    kind: 'on_change',
    reason,
    attempt,
    generation: plan.generation,
    groveSeq,
    // g[impl apps.secret-hidden]
    changes: changes.map(({ name, new_value }) => ({
      name,
      seq: seqs.get(name) ?? null,
      sha256:
        new_value === null || isSecret(held.definition, name)
          ? null
          : ports.signer.sha256(encoder.encode(new_value)),
    })),
    actor,
  };
}

function changeEvents(
  { held, plan, waiting, kept }: Decided,
  runs: boolean,
  actor: RequestActor,
): GroveEvent[] {
  const app = held.definition.name;
  const { generation } = plan;
  const changed = new Set(plan.values.map(({ name }) => name));
  const mapped: GroveEvent[] =
    kept?.what === 'map'
      ? [
          {
            type: 'grove.mapping-created',
            app,
            app_param: kept.appParam,
            grove_param: kept.groveParam,
            actor,
          },
        ]
      : [];
  const values = plan.values.map(({ name: param, value }): GroveEvent => {
    return value === null
      ? { type: 'ParamUnset', app, param, generation, actor }
      : { type: 'ParamSet', app, param, generation, actor };
  });
  const misfits = plan.progress.flatMap(({ appParam, misfit }): GroveEvent[] =>
    misfit === null
      ? []
      : [
          {
            type: 'grove.param-deferred',
            app,
            app_param: appParam,
            reason: `incompatible: ${misfit}`,
            actor,
          },
        ],
  );
  const groveParams = new Map(waiting.map(({ appParam, groveParam }) => [appParam, groveParam]));
  if (kept?.what === 'map') groveParams.set(kept.appParam, kept.groveParam);
  const applied = plan.progress.flatMap(({ appParam, appliedSeq: seq, misfit }): GroveEvent[] => {
    const grove_param = groveParams.get(appParam);
    if (runs || misfit !== null || grove_param === undefined || !changed.has(appParam)) return [];
    return [
      { type: 'grove.param-applied', app, app_param: appParam, grove_param, source: 'grove', seq, actor },
    ];
  });
  return [...mapped, ...values, ...misfits, ...applied];
}

function answerOf(
  { plan, kept, held }: Decided,
  operation: NewOperation | null,
): { readonly [key: string]: Json } {
  const { generation } = plan;
  const schedule = operation === null ? 'not_scheduled' : 'accepted';
  if (kept?.what !== 'map') return { schedule, generation };
  const { appParam, groveParam } = kept;
  return {
    app: held.definition.name,
    app_param: appParam,
    grove_param: groveParam,
    applied: plan.values.some(({ name }) => name === appParam),
    seq: plan.progress.find((progress) => progress.appParam === appParam)?.appliedSeq ?? null,
    schedule,
    generation,
  };
}

/** Without a request: the grove, or whoever caused the run that is tried again. */
function causeOf({ ports }: GroveParts, app: string, plan: AppPlan, installAgain: boolean): RequestActor {
  const { apps } = ports.store;
  const groveId = apps.groveId();
  const seq = Math.max(0, ...plan.progress.map(({ appliedSeq }) => appliedSeq));
  if (groveId !== null && seq > 0 && !installAgain) return groveActor(groveId, seq);
  const before = apps.operations(app, 1)[0]?.actor;
  return before ?? { kind: 'node', id: ports.signer.fingerprint, display: 'this node' };
}

/** The key of the secrets is gone or was changed: nothing can be done for this app until somebody looks. */
function unreadable(
  { ports }: GroveParts,
  app: string,
  detail: string,
  failed: (detail: string) => ChangeDone,
): ChangeDone {
  ports.store.apps.noteFailure(app, detail);
  return failed(detail);
}

// g[impl apps.remove]
/** Takes an app away, with its values, operations and mappings. */
export function removeAppActor({ ports, asks }: GroveParts) {
  return fromCallback<NoEvent, RemoveInput>(({ input, sendBack }) => {
    const { app, request } = input;
    const by = asks.get(request.requestId)?.actor;
    const actor = by === undefined ? {} : { actor: by };
    const done = whenStoreFails<RemoveDone>(
      () => {
        const mappings = ports.store.apps.mappingsOf(app);
        ports.store.apps.removeApp(app);
        const unmapped = mappings.map(({ appParam, groveParam }): GroveEvent => {
          return {
            type: 'grove.mapping-removed',
            app,
            app_param: appParam,
            grove_param: groveParam,
            ...actor,
          };
        });
        return { type: 'app.removed', events: [...unmapped, { type: 'AppDeregistered', app, ...actor }] };
      },
      (detail) => ({ type: 'remove.failed', refusal: { code: 'internal', message: detail } }),
    );
    sendBack(done);
  });
}
