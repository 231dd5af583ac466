/** The param actuator with up to two apps, one that comes and one that nobody has, and what its registry and they say. */
import { enqueueActions, fromCallback } from 'xstate';
import { actuatorMachine, appActorId } from '../../machines/actuator-machine.ts';
import type { AppAskKind, AppSeed, WaitingParam } from '../../machines/app-events.ts';
import {
  type ActuatorEvent,
  type ActuatorMemory,
  type Asked,
  beginActuator,
  judgeActuator,
} from './actuator-oracle.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Moment, Possible } from './model.ts';

/** Nothing is run here: the actors below would only be made in vain. */
const silent = fromCallback(() => undefined);
const machine = actuatorMachine.provide({ actors: { registry: silent, app: silent } as never });
type ActuatorMachine = typeof machine;

const refusal = { code: 'requirements_invalid', message: 'no' } as const;
const params: readonly WaitingParam[] = [{ appParam: 'greeting', seq: 5 }];

function possible(label: string, event: ActuatorEvent): Possible<ActuatorMachine> {
  return { label, event };
}

function seedOf(app: string): AppSeed {
  return { app, installed: true, attempts: 0, work: false, installAgain: false, leftovers: [] };
}

function alphabet(moment: Moment<ActuatorMachine, ActuatorMemory>): readonly Possible<ActuatorMachine>[] {
  const { memory, reach } = moment;
  const askedMax = reach === 'walk' ? 6 : 2;
  const requests = memory.asked.length < askedMax ? ask(memory, reach === 'walk') : [];
  const told = possible('something happened', {
    type: 'app.happened',
    events: [{ type: 'AppDeregistered', app: 'web' }],
  });
  const changed = possible('params changed', { type: 'params.changed', seq: 5 });
  return [...requests, told, changed, ...fromRegistry(memory), ...fromApps(memory)];
}

function ask({ asked }: ActuatorMemory, isWalk: boolean): readonly Possible<ActuatorMachine>[] {
  const free = ['r', 's', 't', 'u', 'v', 'w'].find((id) => asked.every(({ requestId }) => requestId !== id));
  const requestId = free ?? 'more';
  const kinds: readonly AppAskKind[] = isWalk
    ? ['set', 'unset', 'map', 'install', 'remove', 'create', 'unmap']
    : ['set', 'remove', 'unmap'];
  const wanted = ['web', 'mail', 'nobody'].flatMap((app) => kinds.map((what) => ({ app, what })));
  return [...wanted, { app: 'mail', what: 'create' as const }].map(({ app, what }) =>
    possible(`asks to ${what} ${app}`, { type: 'app.request', requestId, app, what }),
  );
}

function fromRegistry(memory: ActuatorMemory): readonly Possible<ActuatorMachine>[] {
  const { read, apps, broken, asked, looking, finding } = memory;
  const may: Possible<ActuatorMachine>[] = [];
  if (!read) {
    for (const some of [[], ['web'], ['web', 'mail']]) {
      may.push(possible(`reads [${some}]`, { type: 'registry.read', apps: some.map(seedOf) }));
    }
  }
  if (finding) {
    for (const some of [[], ['web'], ['nobody', 'mail']]) {
      const found = some.map((app) => ({ app, params }));
      may.push(possible(`finds [${some}]`, { type: 'pending.found', apps: found }));
    }
  }
  for (const app of looking) may.push(possible(`${app} is found`, { type: 'app.found', seed: seedOf(app) }));
  for (const one of asked.filter(({ what }) => what === 'create' || what === 'unmap')) {
    may.push(...answersTo(one));
    // It is found before the answer, and only when there was none.
    const isNew = one.what === 'create' && ![...apps, ...broken].includes(one.app);
    if (isNew) may.push(possible(`${one.app} comes`, { type: 'app.found', seed: seedOf(one.app) }));
  }
  return may;
}

/** What apps say of what they were asked, that they are gone, and that their machine failed. */
function fromApps({ apps, asked }: ActuatorMemory): readonly Possible<ActuatorMachine>[] {
  return apps.flatMap((app) => {
    const own = asked.filter((one) => one.app === app && one.what !== 'create' && one.what !== 'unmap');
    const actorId = appActorId(app);
    const failed = { type: `xstate.error.actor.${actorId}`, actorId, error: new Error('a mistake') } as never;
    const gone = possible(`${app} is gone`, { type: 'app.gone', app });
    return [
      ...own.flatMap(answersTo),
      ...(own.some(({ what }) => what === 'remove') ? [gone] : []),
      possible(`${app} breaks`, failed),
    ];
  });
}

function answersTo({ requestId, what }: Asked): readonly Possible<ActuatorMachine>[] {
  const answer = { type: 'app.settled', requestId } as const;
  return [
    possible(`${requestId} is done (${what})`, { ...answer, verdict: { ok: true, value: {} } }),
    possible(`${requestId} is refused (${what})`, { ...answer, verdict: { ok: false, reason: refusal } }),
  ];
}

export const actuatorModel: Model<ActuatorMachine, ActuatorMemory> = {
  machine,
  starts: [{ name: 'a node that starts', input: {} }],
  alphabet,
  view: ({ context, value }) => ({
    read: value === 'ready',
    apps: context.apps.toSorted(),
    broken: context.broken.toSorted(),
    asked: context.asked,
  }),
  matters: () => null,
  oracle: {
    begin: (_start, first) => beginActuator(first),
    judge: judgeActuator,
    view: ({ read, apps, broken, asked }) => ({
      read,
      apps,
      broken,
      asked: asked
        .filter(({ what }) => what !== 'create' && what !== 'unmap')
        .map(({ app, requestId }) => ({ app, requestId })),
    }),
  },
  statesMax: 5_000,
  unreachable: {},
  mutants: [
    {
      mistake: 'apps are created before those that are stored were read',
      machine: redefined(machine, (root) => {
        state(root, 'reading').on['app.request'] = { actions: 'passToRegistry' };
      }),
      complaint: /should say \[answers r operation_in_progress/,
    },
    {
      mistake: 'the machine of an app that is gone stays',
      machine: machine.provide({
        actions: {
          forgetApp: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'app.gone') return;
            enqueue.assign({ apps: context.apps.filter((app) => app !== event.app) });
          }),
        },
      }),
      complaint: /at work, should be|should say/,
    },
    {
      mistake: 'who asked something of an app on its way out has no answer',
      machine: machine.provide({
        actions: {
          forgetApp: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'app.gone') return;
            enqueue.stopChild(appActorId(event.app));
            enqueue.assign({
              apps: context.apps.filter((app) => app !== event.app),
              asked: context.asked.filter(({ app }) => app !== event.app),
            });
          }),
        },
      }),
      complaint: /should say \[answers r not_found/,
    },
    {
      mistake: 'every app is told when one has something waiting',
      machine: machine.provide({
        actions: {
          passWork: enqueueActions(({ context, enqueue }) => {
            for (const app of context.apps) enqueue.sendTo(appActorId(app), { type: 'app.work', params });
          }),
        },
      }),
      complaint: /passes .*, should pass/,
    },
    {
      mistake: 'nobody looks what waits when a payload came',
      machine: machine.provide({ actions: { findPending: () => undefined } }),
      complaint: /should ask \[pending.find/,
    },
    {
      mistake: 'a machine that failed stays',
      machine: machine.provide({ actions: { restartLater: () => undefined } }),
      complaint: /should/,
    },
    {
      mistake: 'a machine that failed is not looked up again',
      machine: machine.provide({ actions: { lookAgain: () => undefined } }),
      complaint: /should ask \[app.look web/,
    },
    {
      mistake: 'requests about an app that failed are called mistaken',
      machine: machine.provide({ guards: { isBroken: () => false } }),
      complaint: /should say \[answers r operation_in_progress/,
    },
    {
      mistake: 'an answer is kept to itself',
      machine: machine.provide({ actions: { passUp: () => undefined } }),
      complaint: /should say/,
    },
    {
      mistake: 'a request for the registry goes to the app',
      machine: machine.provide({ guards: { isForRegistry: () => false } }),
      complaint: /should/,
    },
  ],
};
