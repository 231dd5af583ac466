/**
 * The param actuator: has a machine for each app of this node, hands requests on to it, and when a payload changed params
 * tells those apps whose mappings wait. What an app does takes nobody else's time.
 */
import { setup } from 'xstate';
import type {
  ActuatorToRegistry,
  ActuatorToSupervisor,
  AppGone,
  AppSeed,
  RegistryToActuator,
  SupervisorToActuator,
} from './app-events.ts';
import { appMachine } from './app-machine.ts';
import { appDelays } from './delays.ts';
import { parentOf } from './parent-of.ts';
import { unprovidedActor } from './unprovided.ts';

interface ActuatorContext {
  /** Apps that have a machine. */
  readonly apps: readonly string[];
  /** Apps whose machine failed and is not there again yet. */
  readonly broken: readonly string[];
  /** Requests handed to apps and not answered. */
  readonly asked: readonly { readonly app: string; readonly requestId: string }[];
}

type AppBroke = { readonly type: `xstate.error.actor.app.${string}`; readonly actorId: string };
type ActuatorEvent =
  | SupervisorToActuator
  | RegistryToActuator
  | AppGone
  | AppBroke
  | { readonly type: 'app.restart'; readonly app: string };

/** `app.request`s that no app's machine is asked about. */
const forRegistry: readonly string[] = ['create', 'unmap'];

const base = setup({
  types: {
    context: {} as ActuatorContext,
    events: {} as ActuatorEvent,
    input: {} as Record<never, never>,
  },
  actors: {
    registry: unprovidedActor<Record<never, never>, ActuatorToRegistry>('registry'),
    app: appMachine,
  },
  guards: {
    unmaps: ({ event }) => event.type === 'app.request' && event.what === 'unmap',
    isForRegistry: ({ event }) => event.type === 'app.request' && forRegistry.includes(event.what),
    isKnown: ({ context, event }) => event.type === 'app.request' && context.apps.includes(event.app),
    hasApps: ({ context }) => context.apps.length > 0,
    isBroken: ({ context, event }) => event.type === 'app.request' && context.broken.includes(event.app),
  },
  delays: appDelays,
});

export const actuatorMachine = base
  .extend({
    actions: {
      passUp: base.enqueueActions(({ context, event, enqueue }) => {
        if (event.type === 'app.settled')
          enqueue.assign({ asked: context.asked.filter(({ requestId }) => requestId !== event.requestId) });
        else if (event.type !== 'app.happened') return;
        enqueue.sendTo(parentOf, event satisfies ActuatorToSupervisor);
      }),
      passToRegistry: base.enqueueActions(({ event, enqueue }) => {
        if (event.type === 'app.request') enqueue.sendTo('registry', event);
      }),
      passToApp: base.enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'app.request') return;
        const { app, requestId } = event;
        enqueue.assign({ asked: [...context.asked, { app, requestId }] });
        enqueue.sendTo(appActorId(app), event);
      }),
      refuseUnknown: base.enqueueActions(({ event, enqueue }) => {
        if (event.type === 'app.request') enqueue.sendTo(parentOf, settledAsUnknown(event));
      }),
      // g[impl apps.read-first]
      // Not even a new one: what is stored as running then would be taken for what a killed process left.
      refuseUnread: base.enqueueActions(({ event, enqueue }) => {
        if (event.type !== 'app.request') return;
        const message =
          'the apps of this node could not be read yet and are tried again: try again in a moment';
        enqueue.sendTo(parentOf, {
          type: 'app.settled',
          requestId: event.requestId,
          verdict: { ok: false, reason: { code: 'operation_in_progress', message } },
        } satisfies ActuatorToSupervisor);
      }),
      refuseBroken: base.enqueueActions(({ event, enqueue }) => {
        if (event.type !== 'app.request') return;
        const message = `what looks after ${event.app} failed and is started again: try again in a moment`;
        enqueue.sendTo(parentOf, {
          type: 'app.settled',
          requestId: event.requestId,
          verdict: { ok: false, reason: { code: 'operation_in_progress', message } },
        } satisfies ActuatorToSupervisor);
      }),
      findPending: base.sendTo('registry', { type: 'pending.find' }),
      // g[impl actuation.touched-only]
      passWork: base.enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'pending.found') return;
        for (const { app, params } of event.apps) {
          if (context.apps.includes(app)) enqueue.sendTo(appActorId(app), { type: 'app.work', params });
        }
      }),
      spawnApps: base.enqueueActions(({ context, event, enqueue }) => {
        const seeds: readonly AppSeed[] =
          event.type === 'registry.read' ? event.apps : event.type === 'app.found' ? [event.seed] : [];
        for (const seed of seeds) {
          enqueue.spawnChild('app', { id: appActorId(seed.app), input: seed });
        }
        const names = seeds.map(({ app }) => app);
        enqueue.assign({
          apps: [...context.apps.filter((app) => !names.includes(app)), ...names],
          broken: context.broken.filter((app) => !names.includes(app)),
        });
      }),
      forgetApp: base.enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'app.gone') return;
        const left = context.asked.filter(({ app }) => app === event.app);
        enqueue.stopChild(appActorId(event.app));
        enqueue.assign({
          apps: context.apps.filter((app) => app !== event.app),
          asked: context.asked.filter(({ app }) => app !== event.app),
        });
        // Whoever asked while it was on its way out.
        for (const request of left) enqueue.sendTo(parentOf, settledAsUnknown(request));
      }),
      // g[impl actuation.isolated]
      restartLater: base.enqueueActions(({ context, event, enqueue }) => {
        if (!('actorId' in event)) return;
        const app = event.actorId.slice(appActorId('').length);
        enqueue.stopChild(event.actorId);
        enqueue.assign({
          apps: context.apps.filter((known) => known !== app),
          broken: [...context.broken, app],
          asked: context.asked.filter((request) => request.app !== app),
        });
        for (const { requestId } of context.asked.filter((request) => request.app === app))
          enqueue.sendTo(parentOf, settledAsLost(requestId, app));
        enqueue.raise({ type: 'app.restart', app }, { delay: 'appRestart' });
      }),
      lookAgain: base.enqueueActions(({ event, enqueue }) => {
        if (event.type === 'app.restart') enqueue.sendTo('registry', { type: 'app.look', app: event.app });
      }),
    },
  })
  .createMachine({
    id: 'paramActuator',
    context: { apps: [], broken: [], asked: [] },
    invoke: { src: 'registry', id: 'registry', input: {} },
    initial: 'reading',
    states: {
      reading: {
        on: {
          'app.request': [{ guard: 'unmaps', actions: 'passToRegistry' }, { actions: 'refuseUnread' }],
          'registry.read': { target: 'ready', actions: 'spawnApps' },
        },
      },
      ready: {
        on: {
          'app.request': [
            { guard: 'isForRegistry', actions: 'passToRegistry' },
            { guard: 'isKnown', actions: 'passToApp' },
            { guard: 'isBroken', actions: 'refuseBroken' },
            { actions: 'refuseUnknown' },
          ],
          'app.found': { actions: 'spawnApps' },
        },
      },
    },
    on: {
      // Whoever is read or started again later is told of everything that waits by then.
      'params.changed': { guard: 'hasApps', actions: 'findPending' },
      'pending.found': { actions: 'passWork' },
      'app.gone': { actions: 'forgetApp' },
      'app.settled': { actions: 'passUp' },
      'app.happened': { actions: 'passUp' },
      'xstate.error.actor.app.*': { actions: 'restartLater' },
      'app.restart': { actions: 'lookAgain' },
    },
  });

function settledAsUnknown({
  app,
  requestId,
}: {
  readonly app: string;
  readonly requestId: string;
}): ActuatorToSupervisor {
  const message = `there is no app ${app} on this node: see \`apps list\``;
  return {
    type: 'app.settled',
    requestId,
    verdict: { ok: false, reason: { code: 'not_found', message, details: { app } } },
  };
}

function settledAsLost(requestId: string, app: string): ActuatorToSupervisor {
  const message = `what looks after ${app} failed: read \`apps show ${app}\` to see whether the change is in, then try again`;
  return { type: 'app.settled', requestId, verdict: { ok: false, reason: { code: 'internal', message } } };
}

export function appActorId(app: string): string {
  return `app.${app}`;
}
