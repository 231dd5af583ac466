/**
 * The apps of this node as they are stored: read once at the start, with what a process before this one left undone;
 * and what needs no app's machine: creating one, unmapping, and finding the mappings that wait.
 */
import { fromCallback } from 'xstate';
import type {
  ActuatorToRegistry,
  AppRequest,
  AppSeed,
  RegistryToActuator,
  WaitingParam,
} from '../machines/app-events.ts';
import type { GroveEvent } from '../machines/grove-events.ts';
import { appDelays } from '../machines/index.ts';
import type { AppRow, OperationRow, PendingNotice } from '../src/ports/index.ts';
import { appsMax, formatTimestamp } from '../src/protocol/index.ts';
import type { Json, Refusal, RequestActor, Verdict } from '../src/protocol/types.ts';
import { operationFinished } from './app-reports.ts';
import { runIds } from './operation-actor.ts';
import type { GroveParts } from './parts.ts';
import { whenStoreFails } from './store-failure.ts';

type Answer = Verdict<{ readonly [key: string]: Json }, Refusal>;
type Told = { readonly verdict: Answer; readonly events: readonly GroveEvent[]; readonly seed?: AppSeed };

export function registryActor(parts: GroveParts) {
  return fromCallback<ActuatorToRegistry, Record<never, never>>(({ receive, sendBack }) => {
    const tell = (event: RegistryToActuator) => sendBack(event);
    const { clock } = parts.ports;
    let timer: unknown = null;

    function begin(): void {
      const failure = whenStoreFails<string | null>(
        () => {
          const { apps, events } = readRegistry(parts);
          if (events.length > 0) tell({ type: 'app.happened', events });
          tell({ type: 'registry.read', apps });
          return null;
        },
        (detail) => detail,
      );
      if (failure === null) return;
      parts.log.warn('the apps of this node could not be read', { detail: failure });
      timer = clock.setTimeout(begin, appDelays.storeRetry);
    }

    receive((event) => {
      switch (event.type) {
        case 'pending.find':
          tell({ type: 'pending.found', apps: byApp(parts.ports.store.apps.pending()) });
          break;
        case 'app.look': {
          const row = parts.ports.store.apps.app(event.app);
          // It is looked at with everything that it might have missed.
          if (row !== null) tell({ type: 'app.found', seed: { ...seedOf(row, []), work: true } });
          break;
        }
        case 'app.request': {
          const { verdict, events, seed } = answer(parts, event);
          if (events.length > 0) tell({ type: 'app.happened', events });
          if (seed !== undefined) tell({ type: 'app.found', seed });
          tell({ type: 'app.settled', requestId: event.requestId, verdict });
          break;
        }
      }
    });
    begin();
    return () => clock.clearTimeout(timer);
  });
}

// g[impl actuation.interrupted] g[impl actuation.catch-up] g[impl actuation.restart]
function readRegistry({ ports }: GroveParts): { apps: AppSeed[]; events: GroveEvent[] } {
  const { apps } = ports.store;
  // Most nodes have none: they pay one look for it.
  if (apps.appsCount() === 0) return { apps: [], events: [] };
  const interrupted = apps.interruptOperations(formatTimestamp(ports.clock.now()));
  apps.markMissed();
  const waiting = new Set([...apps.untoldApps(), ...apps.pending().map(({ app }) => app)]);
  const seeds = apps.apps().map((row) => {
    const cut = interrupted.filter(({ app }) => app === row.definition.name);
    return { ...seedOf(row, cut), work: waiting.has(row.definition.name) };
  });
  return {
    apps: seeds,
    events: interrupted.map((row) => operationFinished(row, { outcome: 'interrupted', detail: null })),
  };
}

function seedOf(row: AppRow, interrupted: readonly OperationRow[]): AppSeed {
  return {
    app: row.definition.name,
    installed: row.installed,
    attempts: row.attempts,
    work: false,
    installAgain: !row.installed && interrupted.some(({ kind }) => kind === 'install'),
    leftovers: interrupted.flatMap(({ id }) => runIds(id)),
  };
}

function answer(parts: GroveParts, { requestId, app }: AppRequest): Told {
  const kept = parts.asks.get(requestId);
  return whenStoreFails<Told>(
    () => {
      if (kept?.ask.what === 'create') return create(parts, kept.ask.definition, kept.actor);
      if (kept?.ask.what === 'unmap') return unmap(parts, app, kept.ask.appParam, kept.actor);
      return refused({ code: 'internal', message: 'the request was lost inside the node: try again' });
    },
    (detail) => refused({ code: 'internal', message: detail }),
  );
}

// g[impl apps.create]
function create({ ports }: GroveParts, definition: AppRow['definition'], actor: RequestActor): Told {
  const { store, clock } = ports;
  const app = definition.name;
  if (store.apps.app(app) !== null) {
    return refused({
      code: 'already_installed',
      message: `there is an app ${app} already: remove it first, or take another name`,
      details: { app },
    });
  }
  if (store.apps.appsCount() >= appsMax) {
    const message = `this node has ${appsMax} apps: remove one first`;
    return refused({ code: 'requirements_invalid', message, details: { apps_max: appsMax } });
  }
  const row: AppRow = {
    definition,
    // Without a command to install it there is nothing to wait for.
    installed: definition.install === null,
    generation: 1,
    toldGeneration: 1,
    attempts: 0,
    lastError: null,
    createdAt: formatTimestamp(clock.now()),
  };
  store.apps.createApp(row);
  const work = store.apps.pendingOf(app).length > 0;
  return {
    verdict: { ok: true, value: { app, generation: 1 } },
    events: [{ type: 'AppRegistered', app, generation: 1, actor }],
    seed: { ...seedOf(row, []), work },
  };
}

// g[impl mapping.unmap]
function unmap({ ports }: GroveParts, app: string, appParam: string, actor: RequestActor): Told {
  const { apps } = ports.store;
  const mapping = apps.mappingsOf(app).find((known) => known.appParam === appParam);
  if (mapping === undefined || !apps.unmap(app, appParam)) {
    const message = `${appParam} of ${app} follows no grove param: see \`grove mappings\``;
    return refused({ code: 'not_found', message, details: { app, app_param: appParam } });
  }
  const { groveParam } = mapping;
  return {
    verdict: { ok: true, value: {} },
    events: [{ type: 'grove.mapping-removed', app, app_param: appParam, grove_param: groveParam, actor }],
  };
}

function refused(reason: Refusal): Told {
  return { verdict: { ok: false, reason }, events: [] };
}

function byApp(
  notices: readonly PendingNotice[],
): { readonly app: string; readonly params: readonly WaitingParam[] }[] {
  const apps = new Map<string, WaitingParam[]>();
  for (const { app, appParam, seq } of notices) {
    const params = apps.get(app) ?? [];
    params.push({ appParam, seq });
    apps.set(app, params);
  }
  return [...apps].map(([app, params]) => ({ app, params }));
}
