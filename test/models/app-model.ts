/** One app with each past it may have, and what its operator, the grove and its commands do. */
import { assign, type EventFrom, enqueueActions } from 'xstate';
import type { AppAskKind, AppOperation, AppSeed } from '../../machines/app-events.ts';
import { appMachine } from '../../machines/app-machine.ts';
import { deferWork, noteChangeFailed } from '../../machines/app-steps.ts';
import { parentOf } from '../../machines/parent-of.ts';
import { type AppMemory, beginApp, judgeApp } from './app-oracle.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Moment, Possible } from './model.ts';
import { lives } from './surroundings.ts';

type AppMachine = typeof appMachine;
type AppEvent = EventFrom<AppMachine>;

const app = 'web';
const told = { type: 'AppDeregistered', app } as const;
const refusal = { code: 'requirements_invalid', message: 'no' } as const;

function possible(label: string, event: AppEvent): Possible<AppMachine> {
  return { label, event };
}

/** Operators and the grove at once are a walk's business: together they are too many states. */
const aside: { readonly [side: string]: RegExp } = {
  'in a grove': /^asks to (install|remove)$/,
  'by operators': /^(motto at 2|greeting)/,
};

function alphabet(moment: Moment<AppMachine, AppMemory>): readonly Possible<AppMachine>[] {
  const { start, reach } = moment;
  const side = start.name.endsWith('in a grove') ? 'in a grove' : 'by operators';
  return all(moment).filter(({ label }) => reach === 'walk' || !aside[side]?.test(label));
}

function all({ memory, surroundings, reach }: Moment<AppMachine, AppMemory>) {
  const isWalk = reach === 'walk';
  const asks: readonly AppAskKind[] = isWalk
    ? ['set', 'unset', 'map', 'install', 'remove']
    : ['set', 'install', 'remove'];
  // Whoever is refused has another number than whoever waits.
  const requestId = memory.request?.requestId === 'r' ? 's' : 'r';
  const requests = asks.map((what) =>
    possible(`asks to ${what}`, { type: 'app.request', requestId, app, what }),
  );
  return [...requests, ...works(memory, isWalk), ...answers(memory, surroundings, isWalk)];
}

/** Changes of two params; one may be told again, and in another grove numbers begin anew. */
function works({ heard }: AppMemory, isWalk: boolean): readonly Possible<AppMachine>[] {
  const newest = Math.max(0, ...Object.values(heard));
  const next = isWalk ? newest + 1 : 2;
  const some = [
    [{ appParam: 'motto', seq: 1 }],
    [{ appParam: 'motto', seq: next }],
    [
      { appParam: 'greeting', seq: 1 },
      { appParam: 'motto', seq: 1 },
    ],
  ];
  return some.map((params) => {
    const label = params.map(({ appParam, seq }) => `${appParam} at ${seq}`).join(' and ');
    return possible(label, { type: 'app.work', params });
  });
}

/** What whoever is at work may say now. */
function answers(
  memory: AppMemory,
  surroundings: Moment<AppMachine, AppMemory>['surroundings'],
  isWalk: boolean,
): readonly Possible<AppMachine>[] {
  const { installed, tries, succeeded } = memory;
  if (lives(surroundings, 'stopLeftovers')) return [possible('leftovers gone', { type: 'leftovers.gone' })];
  if (lives(surroundings, 'changeApp')) {
    const runs = tries < 2 || isWalk ? operations(memory) : [];
    const broken = { ...refusal, code: 'internal' } as const;
    const failed = {
      type: 'change.failed',
      attempts: installed ? 1 : 2,
      refusal: broken,
      events: [],
    } as const;
    return [
      made('made', null, 0),
      ...runs.map((operation) => made(`made, ${operation.kind} is to run`, operation, tries + 1)),
      possible('refused', { type: 'change.refused', refusal }),
      ...(tries < 2 || isWalk ? [possible('cannot be stored', failed)] : []),
    ];
  }
  if (lives(surroundings, 'runOperation')) {
    return [true, false].map((well) =>
      possible(`ends ${well ? 'well' : 'badly'}`, { type: 'operation.ended', succeeded: well }),
    );
  }
  if (lives(surroundings, 'recordOperation')) {
    return [
      possible('recorded', { type: 'operation.recorded', succeeded, events: [told] }),
      possible('cannot be recorded', { type: 'record.failed', detail: 'no room' }),
    ];
  }
  if (!lives(surroundings, 'removeApp')) return [];
  return [
    possible('removed', { type: 'app.removed', events: [told, told] }),
    possible('cannot be removed', { type: 'remove.failed', refusal }),
  ];
}

/** `on_change` runs for what is installed only, an installation when somebody wants it. */
function operations({ installed, installAgain, request }: AppMemory): readonly AppOperation[] {
  if (installed) return [{ id: 7, kind: 'on_change' }];
  return installAgain || request?.what === 'install' ? [{ id: 8, kind: 'install' }] : [];
}

function made(label: string, operation: AppOperation | null, attempts: number): Possible<AppMachine> {
  const events = operation === null ? [] : [told];
  return possible(label, { type: 'change.made', operation, attempts, value: {}, events });
}

const seed: AppSeed = {
  app,
  installed: true,
  attempts: 0,
  work: false,
  installAgain: false,
  leftovers: [],
};

/** A state's name in the oracle's words. */
const doing: { readonly [state: string]: AppMemory['doing'] } = {
  recovering: 'stopping leftovers',
  notInstalled: 'nothing',
  idle: 'nothing',
  retrying: 'nothing',
  changing: 'changing',
  'installing.running': 'running',
  'installing.recording': 'recording',
  'installing.unrecorded': 'to be recorded',
  'operating.running': 'running',
  'operating.recording': 'recording',
  'operating.unrecorded': 'to be recorded',
  removing: 'removing',
  removed: 'gone',
};

function nameOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .flat()
        .join('.');
}

export const appModel: Model<AppMachine, AppMemory> = {
  machine: appMachine,
  starts: [
    {
      name: 'killed while it ran',
      input: { ...seed, attempts: 1, work: true, leftovers: ['op-7', 'op-7-restart'] },
    },
    {
      name: 'killed while it was installed',
      input: { ...seed, installed: false, attempts: 1, installAgain: true, leftovers: ['op-8'] },
    },
    {
      name: 'an installation was cut short',
      input: { ...seed, installed: false, installAgain: true },
    },
    { name: 'failing for long', input: { ...seed, attempts: 12, work: true } },
    { name: 'not installed', input: { ...seed, installed: false } },
    { name: 'not installed and in a grove', input: { ...seed, installed: false } },
    { name: 'installed and in a grove', input: seed },
    { name: 'with an operator', input: seed },
  ],
  alphabet,
  view: ({ context, value }) => ({
    doing: doing[nameOf(value)],
    installed: context.installed,
    waits: context.work,
    installAgain: context.installAgain,
    failed: context.failed,
    tries: context.attempts,
    request: context.request,
    operation: context.operation,
    heard: context.heard,
  }),
  matters: ({ value }) => value,
  oracle: {
    begin: ({ input }, first) => beginApp(input, first),
    judge: judgeApp,
    view: ({ succeeded: _succeeded, leftovers: _leftovers, ...known }) => known,
  },
  statesMax: 8_000,
  endings: /^(removed|asks to remove)$/,
  unreachable: {},
  mutants: [
    {
      mistake: 'who asks while something runs has no answer',
      machine: appMachine.provide({ actions: { refuseBusy: () => undefined } }),
      complaint: /should say \[answers/,
    },
    {
      mistake: 'what the grove changed while something runs is forgotten',
      machine: appMachine.provide({ actions: { deferWork: () => undefined } }),
      complaint: /should say \[grove.param-deferred/,
    },
    {
      mistake: 'a change that waits is reported each time it is heard of',
      machine: appMachine.provide({
        actions: {
          deferWork: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'app.work') return;
            const { changes, effects } = deferWork({ ...context, heard: {} }, event);
            enqueue.assign({ work: true, heard: { ...context.heard, ...changes.heard } });
            for (const effect of effects) enqueue.sendTo(parentOf, effect);
          }),
        },
      }),
      complaint: /says \[grove.param-deferred/,
    },
    {
      mistake: 'something is begun beside what a former process left running',
      machine: redefined(appMachine, (root) => {
        state(root, 'beginning').always = [{ target: 'resting' }];
      }),
      complaint: /at work, should be stopLeftovers/,
    },
    {
      mistake: 'what failed is not tried again',
      machine: appMachine.provide({ guards: { hasFailed: () => false } }),
      complaint: /does not wait for operationRetry/,
    },
    {
      mistake: 'what failed is tried again without a pause',
      machine: appMachine.provide({ guards: { hasWork: ({ context }) => context.work || context.failed } }),
      complaint: /should be|should know|threw/,
    },
    {
      mistake: 'each pause is as long as the first',
      machine: appMachine.provide({ delays: { operationRetry: () => 1_000 } }),
      complaint: /waits 1000, should wait/,
    },
    {
      mistake: 'a newer value waits for the older one',
      machine: redefined(appMachine, (root) => {
        const [work, failed, ...others] = state(root, 'resting').always as readonly object[];
        state(root, 'resting').always = [failed, work, ...others];
      }),
      complaint: /at work, should be changeApp/,
    },
    {
      mistake: 'an installation that failed is tried again by itself',
      machine: appMachine.provide({
        actions: { noteRecorded: assign(({ context }) => ({ ...context, operation: null, failed: true })) },
      }),
      complaint: /should/,
    },
    {
      mistake: 'an operation that ended is not recorded',
      machine: redefined(appMachine, (root) => {
        state(root, 'operating.running').on['operation.ended'] = { target: '#app.resting' };
      }),
      complaint: /at work, should be recordOperation/,
    },
    {
      mistake: 'what cannot be recorded is given up',
      machine: redefined(appMachine, (root) => {
        state(root, 'operating.recording').on['record.failed'] = { target: '#app.resting' };
      }),
      complaint: /does not wait for storeRetry|should know/,
    },
    {
      mistake: 'who is refused something ends an installation that was to be made again',
      machine: appMachine.provide({
        actions: { noteRefused: assign({ request: null, installAgain: false }) },
      }),
      complaint: /should/,
    },
    {
      mistake: 'an installation that was cut short and cannot be made is tried without a pause',
      machine: appMachine.provide({
        guards: { hasWork: ({ context }) => context.work || context.installAgain },
      }),
      complaint: /should/,
    },
    {
      mistake: 'pauses do not grow while the disk is full',
      machine: appMachine.provide({
        actions: {
          noteChangeFailed: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'change.failed') return;
            const { changes, effects } = noteChangeFailed(context, event);
            enqueue.assign({ ...changes, attempts: event.attempts });
            for (const effect of effects) enqueue.sendTo(parentOf, effect);
          }),
        },
      }),
      complaint: /waits 1000, should wait 2000|should know/,
    },
    {
      mistake: 'an app that could not be removed is gone',
      machine: redefined(appMachine, (root) => {
        state(root, 'removing').on['remove.failed'] = { target: 'removed', actions: 'noteRemoveFailed' };
      }),
      complaint: /should know/,
    },
  ],
};
