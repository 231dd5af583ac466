/** The actuator: whom it hands what, and what it does when the machine of an app fails. */
import { describe, expect, it } from 'vitest';
import type { EventFrom, SnapshotFrom } from 'xstate';
import { actuatorMachine } from '../../machines/actuator-machine.ts';
import type { AppAskKind, AppRequest, AppSeed } from '../../machines/app-events.ts';
import { begin, eventsOf, type Row, step, walk } from './transition-rows.ts';

type Event = EventFrom<typeof actuatorMachine>;
type Snapshot = SnapshotFrom<typeof actuatorMachine>;

const seedOf = (app: string): AppSeed => {
  return { app, installed: true, attempts: 0, work: false, installAgain: false, leftovers: [] };
};
const request = (what: AppAskKind, app = 'web'): AppRequest => {
  return { type: 'app.request', requestId: 'r', app, what };
};
const refusal = (code: string): Row => ({
  to: 'parent',
  event: {
    type: 'app.settled',
    requestId: 'r',
    verdict: { ok: false, reason: expect.objectContaining({ code }) },
  },
});

const started = begin(actuatorMachine, {});
const read: Event = { type: 'registry.read', apps: [seedOf('web'), seedOf('mail')] };
const reading = started.snapshot;
const running = walk(actuatorMachine, reading, read);
const failure = { type: 'xstate.error.actor.app.web', actorId: 'app.web', error: new Error('a mistake') };
const broken = walk(actuatorMachine, running, failure as never);

interface Case {
  readonly title: string;
  readonly from: Snapshot;
  readonly event: Event;
  readonly changes?: { readonly [field: string]: unknown };
  readonly rows: readonly Row[];
}

const settled: Event = { type: 'app.settled', requestId: 'r', verdict: { ok: true, value: {} } };
const told: Event = { type: 'app.happened', events: [{ type: 'AppDeregistered', app: 'web' }] };
const params = [{ appParam: 'greeting', seq: 5 }];

const cases: Case[] = [
  {
    title: 'has a machine for each app of the node',
    from: reading,
    event: read,
    changes: { apps: ['web', 'mail'] },
    rows: [
      { spawn: 'app.web', input: seedOf('web') },
      { spawn: 'app.mail', input: seedOf('mail') },
    ],
  },
  {
    title: 'and for one that comes',
    from: running,
    event: { type: 'app.found', seed: seedOf('cache') },
    changes: { apps: ['web', 'mail', 'cache'] },
    rows: [{ spawn: 'app.cache', input: seedOf('cache') }],
  },
  ...(['create', 'unmap'] as const).map((what): Case => {
    const event = request(what, 'cache');
    return { title: `asks the registry to ${what}`, from: running, event, rows: [{ to: 'registry', event }] };
  }),
  ...(['set', 'unset', 'map', 'install', 'remove'] as const).map((what): Case => {
    const event = request(what);
    const changes = { asked: [{ app: 'web', requestId: 'r' }] };
    return {
      title: `asks the app to ${what}`,
      from: running,
      event,
      changes,
      rows: [{ to: 'app.web', event }],
    };
  }),
  {
    title: 'knows no other app',
    from: running,
    event: request('set', 'cache'),
    rows: [refusal('not_found')],
  },
  {
    title: 'looks what waits when a payload changed params',
    from: running,
    event: { type: 'params.changed', seq: 5 },
    rows: [{ to: 'registry', event: { type: 'pending.find' } }],
  },
  {
    title: 'tells only the apps that have something waiting',
    from: running,
    event: {
      type: 'pending.found',
      apps: [
        { app: 'mail', params },
        { app: 'gone', params },
      ],
    },
    rows: [{ to: 'app.mail', event: { type: 'app.work', params } }],
  },
  { title: 'passes answers up', from: running, event: settled, rows: [{ to: 'parent', event: settled }] },
  { title: 'passes news up', from: running, event: told, rows: [{ to: 'parent', event: told }] },
  {
    title: 'forgets an app that is gone',
    from: running,
    event: { type: 'app.gone', app: 'web' },
    changes: { apps: ['mail'] },
    rows: [{ stop: 'app.web' }],
  },
  {
    title: 'answers who asked something of an app that was on its way out',
    from: walk(actuatorMachine, running, request('set')),
    event: { type: 'app.gone', app: 'web' },
    changes: { apps: ['mail'], asked: [] },
    rows: [{ stop: 'app.web' }, refusal('not_found')],
  },
  ...(['create', 'set'] as const).map((what): Case => {
    const rows = [refusal('operation_in_progress')];
    return {
      title: `asks who wants to ${what} to wait until apps are read`,
      from: reading,
      event: request(what),
      rows,
    };
  }),
  {
    title: 'has something unmapped at any time',
    from: reading,
    event: request('unmap'),
    rows: [{ to: 'registry', event: request('unmap') }],
  },
  {
    title: 'starts the machine of an app again when it failed, and no other',
    from: running,
    event: failure as never,
    changes: { apps: ['mail'], broken: ['web'] },
    rows: [{ stop: 'app.web' }, { raise: { type: 'app.restart', app: 'web' }, delay: 5_000 }],
  },
  {
    title: 'answers what the failed one was asked, and nothing else',
    from: walk(actuatorMachine, running, request('set'), { ...request('set', 'mail'), requestId: 's' }),
    event: failure as never,
    changes: { apps: ['mail'], broken: ['web'], asked: [{ app: 'mail', requestId: 's' }] },
    rows: [
      { stop: 'app.web' },
      refusal('internal'),
      { raise: { type: 'app.restart', app: 'web' }, delay: 5_000 },
    ],
  },
  {
    title: 'forgets a request that was answered',
    from: walk(actuatorMachine, running, request('set')),
    event: settled,
    changes: { asked: [] },
    rows: [{ to: 'parent', event: settled }],
  },
  {
    title: 'asks those who want something of it to wait',
    from: broken,
    event: request('set'),
    rows: [refusal('operation_in_progress')],
  },
  {
    title: 'looks it up when its time has come',
    from: broken,
    event: { type: 'app.restart', app: 'web' },
    rows: [{ to: 'registry', event: { type: 'app.look', app: 'web' } }],
  },
  {
    title: 'and has it again',
    from: broken,
    event: { type: 'app.found', seed: seedOf('web') },
    changes: { apps: ['mail', 'web'], broken: [] },
    rows: [{ spawn: 'app.web', input: seedOf('web') }],
  },
];

describe('the actuator', () => {
  it('begins with its registry', () => {
    expect(started.rows).toEqual([{ spawn: 'registry', input: {} }]);
  });

  // g[verify actuation.isolated] g[verify actuation.touched-only] g[verify apps.read-first]
  it.each(cases)('$title', ({ from, event, changes = {}, rows }) => {
    const stepped = step(actuatorMachine, from, event);
    expect(stepped.changes).toEqual(changes);
    expect(stepped.rows).toEqual(rows);
  });

  it('has a case for every event it knows', () => {
    const known = new Set(cases.map(({ event }) => event.type).filter((type) => !type.startsWith('xstate.')));
    expect([...known].toSorted()).toEqual(eventsOf(actuatorMachine));
  });
});
