/**
 * One app of this node: not installed, installing, idle, operating, or waiting to try again. Changes come one at a
 * time and all the same way, an operator's and the grove's; while something runs for it, an operator is refused
 * and the grove waits.
 */
import { setup } from 'xstate';
import {
  type AppContext,
  type AppMachineEvent,
  type AppStep,
  type ChangeInput,
  initialAppContext,
  type LeftoversInput,
  type RemoveInput,
  type RunInput,
} from './app-context.ts';
import type { AppOperation, AppRequest, AppSeed } from './app-events.ts';
import * as steps from './app-steps.ts';
import { hasChanges } from './changes.ts';
import { appDelays, retryDelay } from './delays.ts';
import { parentOf } from './parent-of.ts';
import { unprovidedActor } from './unprovided.ts';

const base = setup({
  types: {
    context: {} as AppContext,
    events: {} as AppMachineEvent,
    input: {} as AppSeed,
  },
  actors: {
    stopLeftovers: unprovidedActor<LeftoversInput>('stopLeftovers'),
    changeApp: unprovidedActor<ChangeInput>('changeApp'),
    runOperation: unprovidedActor<RunInput>('runOperation'),
    recordOperation: unprovidedActor<RunInput>('recordOperation'),
    removeApp: unprovidedActor<RemoveInput>('removeApp'),
  },
  guards: {
    hasLeftovers: ({ context }) => context.leftovers.length > 0,
    // What failed has its pause first, also an installation that was cut short.
    hasWork: ({ context: { work, installAgain, failed } }) => work || (installAgain && !failed),
    hasFailed: ({ context }) => context.failed,
    isNotInstalled: ({ context }) => !context.installed,
    removes: ({ event }) => event.type === 'app.request' && event.what === 'remove',
    installs: ({ event }) => event.type === 'change.made' && event.operation?.kind === 'install',
    operates: ({ event }) => event.type === 'change.made' && event.operation !== null,
  },
  delays: {
    storeRetry: appDelays.storeRetry,
    // g[impl actuation.retry]
    operationRetry: ({ context }) => retryDelay(context.attempts),
  },
});

function on<Type extends AppMachineEvent['type']>(
  type: Type,
  decide: (context: AppContext, event: Extract<AppMachineEvent, { type: Type }>) => AppStep,
) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    if (!isOfType(event, type))
      throw new Error(`internal mistake: the action for ${type} ran on ${event.type}`);
    const { changes, effects } = decide(context, event);
    if (hasChanges(changes)) enqueue.assign(changes);
    for (const effect of effects) enqueue.sendTo(parentOf, effect);
  });
}

function isOfType<Type extends AppMachineEvent['type']>(
  event: AppMachineEvent,
  type: Type,
): event is Extract<AppMachineEvent, { type: Type }> {
  return event.type === type;
}

/** Nothing runs: an operator may change something, and so may the grove. */
const free = {
  'app.request': [
    { guard: 'removes', target: 'removing', actions: 'takeRequest' },
    { target: 'changing', actions: 'takeRequest' },
  ],
  'app.work': { target: 'changing', actions: 'noteWork' },
} as const;

const busy = {
  'app.request': { actions: 'refuseBusy' },
  'app.work': { actions: 'deferWork' },
} as const;

/** An operation, from its start until how it ended is stored. */
const operation = {
  initial: 'running',
  on: busy,
  states: {
    running: {
      invoke: { src: 'runOperation', input: ({ context }: { context: AppContext }) => runInput(context) },
      on: { 'operation.ended': 'recording' },
    },
    recording: {
      invoke: { src: 'recordOperation', input: ({ context }: { context: AppContext }) => runInput(context) },
      on: {
        'operation.recorded': { target: '#app.resting', actions: 'noteRecorded' },
        'record.failed': 'unrecorded',
      },
    },
    unrecorded: { after: { storeRetry: 'recording' } },
  },
} as const;

export const appMachine = base
  .extend({
    actions: {
      takeRequest: on('app.request', steps.takeRequest),
      refuseBusy: on('app.request', steps.refuseBusy),
      noteWork: on('app.work', steps.noteWork),
      deferWork: on('app.work', steps.deferWork),
      beginChange: base.assign(() => steps.beginChange().changes),
      noteChanged: on('change.made', steps.noteChanged),
      noteRefused: on('change.refused', steps.noteRefused),
      noteChangeFailed: on('change.failed', steps.noteChangeFailed),
      noteRecorded: on('operation.recorded', steps.noteRecorded),
      noteRemoved: on('app.removed', steps.noteRemoved),
      noteRemoveFailed: on('remove.failed', steps.noteRemoveFailed),
    },
  })
  .createMachine({
    id: 'app',
    context: ({ input }) => initialAppContext(input),
    initial: 'beginning',
    states: {
      beginning: { always: [{ guard: 'hasLeftovers', target: 'recovering' }, { target: 'resting' }] },
      // g[impl actuation.leftovers]
      // What a killed process left running would end after what comes next, with an older value.
      recovering: {
        on: { ...busy, 'leftovers.gone': 'resting' },
        invoke: {
          src: 'stopLeftovers',
          input: ({ context: { app, leftovers } }) => ({ app, leftovers }),
        },
      },
      resting: {
        always: [
          { guard: 'hasWork', target: 'changing' },
          { guard: 'hasFailed', target: 'retrying' },
          { guard: 'isNotInstalled', target: 'notInstalled' },
          { target: 'idle' },
        ],
      },
      notInstalled: { on: free },
      idle: { on: free },
      retrying: { on: free, after: { operationRetry: 'changing' } },
      changing: {
        entry: 'beginChange',
        invoke: {
          src: 'changeApp',
          input: ({ context: { app, request, installAgain } }) => ({ app, request, installAgain }),
        },
        on: {
          ...busy,
          'change.made': [
            { guard: 'installs', target: 'installing', actions: 'noteChanged' },
            { guard: 'operates', target: 'operating', actions: 'noteChanged' },
            { target: 'resting', actions: 'noteChanged' },
          ],
          'change.refused': { target: 'resting', actions: 'noteRefused' },
          'change.failed': { target: 'resting', actions: 'noteChangeFailed' },
        },
      },
      installing: operation,
      operating: operation,
      removing: {
        invoke: {
          src: 'removeApp',
          input: ({ context: { app, request } }) => ({ app, request: requestOf(request) }),
        },
        on: {
          ...busy,
          'app.removed': { target: 'removed', actions: 'noteRemoved' },
          'remove.failed': { target: 'resting', actions: 'noteRemoveFailed' },
        },
      },
      removed: { type: 'final' },
    },
  });

function runInput({ app, operation: running }: AppContext): RunInput {
  return { app, operation: operationOf(running) };
}

function operationOf(running: AppOperation | null): AppOperation {
  if (running === null) throw new Error('no operation runs');
  return running;
}

function requestOf(request: AppRequest | null): AppRequest {
  if (request === null) throw new Error('nobody asked for this');
  return request;
}
