/** One app, event by event: what it does in each state, whom it refuses, and what waits. */
import { describe, expect, it } from 'vitest';
import type { EventFrom, SnapshotFrom } from 'xstate';
import type { AppRequest, AppSeed } from '../../machines/app-events.ts';
import { appMachine } from '../../machines/app-machine.ts';
import { retryDelay } from '../../machines/delays.ts';
import { begin, eventsOf, type Row, step, walk } from './transition-rows.ts';

type Snapshot = SnapshotFrom<typeof appMachine>;
type Event = EventFrom<typeof appMachine>;

const seed: AppSeed = {
  app: 'web',
  installed: true,
  attempts: 0,
  work: false,
  installAgain: false,
  leftovers: [],
};
const started = (change: Partial<AppSeed>) => begin(appMachine, { ...seed, ...change });
const after = (from: Snapshot, ...events: Event[]) => walk(appMachine, from, ...events);

const set: AppRequest = { type: 'app.request', requestId: 'r', app: 'web', what: 'set' };
const install: AppRequest = { ...set, what: 'install' };
const remove: AppRequest = { ...set, what: 'remove' };
const work: Event = { type: 'app.work', params: [{ appParam: 'greeting', seq: 5 }] };
const told = { type: 'AppDeregistered', app: 'web' } as const;

const made = (operation: { id: number; kind: 'install' | 'on_change' } | null, attempts = 1): Event => ({
  type: 'change.made',
  operation,
  attempts,
  value: { generation: 2 },
  events: [told],
});
const changes = made({ id: 7, kind: 'on_change' });
const refusal = { code: 'requirements_invalid', message: 'no' } as const;
const refused: Event = { type: 'change.refused', refusal };
const broke: Event = {
  type: 'change.failed',
  attempts: 3,
  refusal: { ...refusal, code: 'internal' },
  events: [],
};
const ended = (succeeded: boolean): Event => ({ type: 'operation.ended', succeeded });
const recorded = (succeeded: boolean): Event => ({ type: 'operation.recorded', succeeded, events: [told] });
const unrecorded: Event = { type: 'record.failed', detail: 'no room' };
const removed: Event = { type: 'app.removed', events: [told] };
const kept: Event = { type: 'remove.failed', refusal };
const gone: Event = { type: 'leftovers.gone' };

const idle = started({}).snapshot;
const notInstalled = started({ installed: false }).snapshot;
const changing = after(idle, set);
const operating = after(changing, changes);
const recording = after(operating, ended(true));
const installing = after(notInstalled, install, made({ id: 8, kind: 'install' }));
const retrying = after(operating, ended(false), recorded(false));
const recovering = started({ leftovers: ['op-1'] }).snapshot;
const installingAgain = started({ installed: false, installAgain: true }).snapshot;
const removing = after(idle, remove);

const parent = (event: object): Row => ({ to: 'parent', event });
const happened = parent({ type: 'app.happened', events: [told] });
const answered = (verdict: object): Row => parent({ type: 'app.settled', requestId: 'r', verdict });
const accepted = answered({ ok: true, value: { generation: 2 } });
const denied = answered({ ok: false, reason: refusal });
const busy = answered({
  ok: false,
  reason: { code: 'operation_in_progress', message: expect.stringContaining('web'), details: { app: 'web' } },
});
const deferred = parent({
  type: 'app.happened',
  events: [
    {
      type: 'grove.param-deferred',
      app: 'web',
      app_param: 'greeting',
      reason: 'operation_in_progress',
    },
  ],
});
const spawns = (src: string, input: object): Row => ({ spawn: expect.stringContaining(src) as never, input });

interface Case {
  readonly title: string;
  readonly from: Snapshot;
  readonly event: Event;
  readonly value: unknown;
  readonly changes?: { readonly [field: string]: unknown };
  /** What is said and begun. */
  readonly rows?: readonly Row[];
}

const free: Case[] = [idle, notInstalled, retrying].flatMap((from): Case[] => [
  {
    title: `takes a request when nothing runs (${String(from.value)})`,
    from,
    event: set,
    value: 'changing',
    changes: { request: set },
    rows: [spawns('changing', { app: 'web', request: set, installAgain: false })],
  },
  {
    title: `takes what the grove changed when nothing runs (${String(from.value)})`,
    from,
    event: work,
    value: 'changing',
    changes: { heard: { greeting: 5 } },
    rows: [spawns('changing', { app: 'web', request: null, installAgain: false })],
  },
  {
    title: `is removed when nothing runs (${String(from.value)})`,
    from,
    event: remove,
    value: 'removing',
    changes: { request: remove },
    rows: [spawns('removing', { app: 'web', request: remove })],
  },
]);

const occupied: Case[] = [operating, recording, installing, recovering, changing, removing].flatMap(
  (from): Case[] => [
    {
      title: `refuses an operator while something is in progress (${JSON.stringify(from.value)})`,
      from,
      event: set,
      value: from.value,
      rows: [busy],
    },
    {
      title: `lets the grove wait while something is in progress (${JSON.stringify(from.value)})`,
      from,
      event: work,
      value: from.value,
      changes: { work: true, heard: { greeting: 5 } },
      rows: [deferred],
    },
  ],
);

const cases: Case[] = [
  ...free,
  ...occupied,
  {
    title: 'tells of a change that waits only once',
    from: after(operating, work),
    event: work,
    value: { operating: 'running' },
  },
  {
    title: 'does not call a change deferred that it is about already',
    from: after(idle, work, changes),
    event: work,
    value: { operating: 'running' },
    changes: { work: true },
  },
  {
    title: 'tells of a change that waits in another grove, where numbers are lower',
    from: after(operating, { ...work, params: [{ appParam: 'greeting', seq: 900 }] } as Event),
    event: work,
    value: { operating: 'running' },
    changes: { heard: { greeting: 5 } },
    rows: [deferred],
  },
  {
    title: 'answers a change with nothing to run, and rests',
    from: changing,
    event: made(null, 0),
    value: 'idle',
    changes: { request: null },
    rows: [happened, accepted],
  },
  {
    title: 'runs what a change asks for',
    from: changing,
    event: changes,
    value: { operating: 'running' },
    changes: { request: null, operation: { id: 7, kind: 'on_change' }, attempts: 1 },
    rows: [happened, accepted, spawns('running', { app: 'web', operation: { id: 7, kind: 'on_change' } })],
  },
  {
    title: 'installs when that was asked',
    from: after(notInstalled, install),
    event: made({ id: 8, kind: 'install' }),
    value: { installing: 'running' },
    changes: { request: null, operation: { id: 8, kind: 'install' }, attempts: 1 },
    rows: [happened, accepted, spawns('running', { app: 'web', operation: { id: 8, kind: 'install' } })],
  },
  {
    title: 'passes a refusal on and is as before',
    from: changing,
    event: refused,
    value: 'idle',
    changes: { request: null },
    rows: [denied],
  },
  {
    title: 'tries again when a change could not be stored',
    from: changing,
    event: broke,
    value: 'retrying',
    changes: { request: null, attempts: 3, failed: true },
    rows: [answered({ ok: false, reason: { ...refusal, code: 'internal' } })],
  },
  {
    title: 'has a pause before it installs again what was cut short and could not be',
    from: installingAgain,
    event: broke,
    value: 'retrying',
    changes: { attempts: 3, failed: true },
  },
  {
    title: 'gives up an installation that was cut short when it is refused',
    from: installingAgain,
    event: refused,
    value: 'notInstalled',
    changes: { installAgain: false },
  },
  {
    title: 'still has to install what was cut short when an operator is refused something else',
    from: after(installingAgain, broke, set),
    event: refused,
    value: 'retrying',
    changes: { request: null },
    rows: [denied],
  },
  {
    title: 'stores how an operation ended',
    from: operating,
    event: ended(true),
    value: { operating: 'recording' },
    rows: [spawns('recording', { app: 'web', operation: { id: 7, kind: 'on_change' } })],
  },
  {
    title: 'rests after one that ended well',
    from: recording,
    event: recorded(true),
    value: 'idle',
    changes: { operation: null, attempts: 0 },
    rows: [happened],
  },
  {
    title: 'waits to try again after one that ended badly',
    from: after(operating, ended(false)),
    event: recorded(false),
    value: 'retrying',
    changes: { operation: null, failed: true },
    rows: [happened],
  },
  {
    title: 'takes at once what came meanwhile, also after one that ended badly',
    from: after(operating, work, ended(false)),
    event: recorded(false),
    value: 'changing',
    changes: { operation: null, failed: true, work: false },
    rows: [happened, spawns('changing', { app: 'web', request: null, installAgain: false })],
  },
  {
    title: 'is installed after an installation that ended well',
    from: after(installing, ended(true)),
    event: recorded(true),
    value: 'idle',
    changes: { operation: null, attempts: 0, installed: true },
    rows: [happened],
  },
  {
    title: 'is not installed after one that ended badly, and waits for an operator',
    from: after(installing, ended(false)),
    event: recorded(false),
    value: 'notInstalled',
    changes: { operation: null },
    rows: [happened],
  },
  {
    title: 'stores it later when it cannot now',
    from: recording,
    event: unrecorded,
    value: { operating: 'unrecorded' },
  },
  {
    title: 'is over when it was removed',
    from: removing,
    event: removed,
    value: 'removed',
    rows: [happened, answered({ ok: true, value: {} }), parent({ type: 'app.gone', app: 'web' })],
  },
  {
    title: 'stays when it could not be removed',
    from: removing,
    event: kept,
    value: 'idle',
    changes: { request: null },
    rows: [denied],
  },
  {
    title: 'begins when nothing of a former process runs any more',
    from: recovering,
    event: gone,
    value: 'idle',
  },
];

/** Timers and ends of helpers are looked at where they matter. */
const spoken = (rows: readonly Row[]) => rows.filter((row) => 'to' in row || 'spawn' in row);

describe('an app', () => {
  // g[verify apps.busy] g[verify actuation.deferral]
  it.each(cases)('$title', ({ from, event, value, changes: expected = {}, rows = [] }) => {
    const stepped = step(appMachine, from, event);
    expect(stepped.value).toEqual(value);
    expect(stepped.changes).toEqual(expected);
    expect(spoken(stepped.rows)).toEqual(rows);
  });

  it('has a case for every event it knows', () => {
    const known = [...new Set(cases.map(({ event }) => event.type))].toSorted();
    expect(known).toEqual(eventsOf(appMachine));
  });

  // g[verify actuation.retry]
  it('waits longer after each failure, up to five minutes', () => {
    expect([1, 2, 3, 9, 10, 1_000].map(retryDelay)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    const { rows } = step(appMachine, after(operating, ended(false)), recorded(false));
    expect(rows).toContainEqual({ after: 'operationRetry', delay: 1_000 });
    const due = { type: 'xstate.after.operationRetry.app.retrying' } as never;
    expect(step(appMachine, retrying, due).value).toBe('changing');
  });

  // g[verify actuation.full-disk]
  it('waits longer each time that nothing can be stored, though nothing is counted on the disk', () => {
    const first = { ...broke, attempts: 1 } as Event;
    const due = { type: 'xstate.after.operationRetry.app.retrying' } as never;
    const delays = [1, 2, 3].map((times) => {
      const tries = Array.from({ length: times - 1 }, () => [first, due]).flat();
      return step(appMachine, walk(appMachine, changing, ...tries), first).rows.find((row) => 'after' in row);
    });
    expect(delays).toEqual([1_000, 2_000, 4_000].map((delay) => ({ after: 'operationRetry', delay })));
  });

  it.each([
    ['with work', { work: true }, 'changing'],
    ['with an installation that was cut short', { installed: false, installAgain: true }, 'changing'],
    ['not installed', { installed: false }, 'notInstalled'],
    ['with leftovers, whatever else', { leftovers: ['op-1'], work: true }, 'recovering'],
  ])('begins where it was: %s', (_title, change, value) => {
    expect(started(change).value).toBe(value);
  });
});
