/** The part of the store's contract that concerns apps: their values, operations and mappings. */
import { expect, it } from 'vitest';
import type { AppChange, AppRow, NewOperation } from '../../src/ports/app-store.ts';
import type { GroveStore } from '../../src/ports/store.ts';
import type { AppDefinition } from '../../src/protocol/app-types.ts';
import { groveId, leaderFingerprint, payloadCommit, text } from '../store/payload-fixture.ts';

const at = '2026-05-07T12:35:00Z';
const actor = { kind: 'ctl', id: 'ab', display: 'kim' };

function definitionOf(name: string): AppDefinition {
  const param = {
    kind: 'text',
    required: false,
    default_value: null,
    description: '',
    secret: false,
  } as const;
  return {
    name,
    params: ['greeting', 'motto'].map((paramName) => ({ name: paramName, ...param })),
    install: null,
    on_change: { command: ['/bin/changed'], timeout_ms: 1_000, working_directory: null },
    render: [],
    signal: null,
    restart: null,
  };
}

export function rowOf(name: string, change: Partial<AppRow> = {}): AppRow {
  return {
    definition: definitionOf(name),
    installed: true,
    generation: 1,
    toldGeneration: 1,
    attempts: 0,
    lastError: null,
    createdAt: at,
    ...change,
  };
}

const operation: NewOperation = {
  kind: 'on_change',
  reason: 'changed',
  attempt: 1,
  generation: 2,
  groveSeq: 5,
  changes: [{ name: 'greeting', seq: 5, sha256: 'aa' }],
  actor,
};

function changeOf(app: string, change: Partial<AppChange> = {}): AppChange {
  return {
    app,
    at,
    map: null,
    values: [],
    generation: 1,
    told: false,
    progress: [],
    operation: null,
    durable: true,
    ...change,
  };
}

const mapped = (appParam = 'greeting', groveParam = 'hail', appliedSeq = 1): Partial<AppChange> => ({
  map: { appParam, groveParam },
  progress: [{ appParam, appliedSeq, misfit: null }],
});
const ending = { app: 'web', at, durationMs: 12, exitCode: 0, signal: null, detail: null, output: 'done' };

export function apps(store: () => GroveStore): void {
  // g[verify apps.store]
  it('gives back apps as they were created, ascending, and knows no others', () => {
    const [mail, web] = [rowOf('mail', { installed: false }), rowOf('web')];
    store().apps.createApp(web);
    store().apps.createApp(mail);
    expect(store().apps.apps()).toEqual([mail, web]);
    expect(store().apps.app('web')).toEqual(web);
    expect(store().apps.app('cache')).toBeNull();
    expect(() => store().apps.createApp(web)).toThrow();
    expect(store().apps.appsCount()).toBe(2);
  });

  it('keeps values of a change with the generation they came with, and tells them apart from those told', () => {
    store().apps.createApp(rowOf('web'));
    const values = [{ name: 'greeting', value: 'kia ora' }];
    expect(store().apps.changeApp(changeOf('web', { values, generation: 2 }))).toBeNull();
    expect(store().apps.values('web')).toEqual([
      { name: 'greeting', value: 'kia ora', toldValue: null, generation: 2 },
    ]);
    expect(store().apps.untoldApps()).toEqual(['web']);
    const unset = [{ name: 'greeting', value: null }];
    store().apps.changeApp(changeOf('web', { values: unset, generation: 3, told: true, durable: false }));
    expect(store().apps.values('web')).toEqual([
      { name: 'greeting', value: null, toldValue: null, generation: 3 },
    ]);
    expect(store().apps.app('web')).toMatchObject({ generation: 3, toldGeneration: 3 });
    expect(store().apps.untoldApps()).toEqual([]);
  });

  it('refuses a change of an app that is not there, whole', () => {
    expect(() => store().apps.changeApp(changeOf('web', mapped()))).toThrow();
    expect(store().apps.mappings()).toEqual([]);
  });

  it('removes an app with its values, operations and mappings', () => {
    store().apps.createApp(rowOf('web'));
    const values = [{ name: 'greeting', value: 'kia ora' }];
    const id = store().apps.changeApp(changeOf('web', { values, generation: 2, operation, ...mapped() }));
    store().apps.removeApp('web');
    expect(store().apps.app('web')).toBeNull();
    expect(store().apps.values('web')).toEqual([]);
    expect(store().apps.operations('web', 10)).toEqual([]);
    expect(store().apps.mappings()).toEqual([]);
    store().apps.createApp(rowOf('web'));
    expect(store().apps.changeApp(changeOf('web', { operation }))).toBeGreaterThan(id ?? 0);
  });
}

export function operations(store: () => GroveStore): void {
  const begun = (): number => {
    store().apps.createApp(rowOf('web'));
    const values = [{ name: 'greeting', value: 'kia ora' }];
    return store().apps.changeApp(changeOf('web', { values, generation: 2, operation })) ?? 0;
  };

  // g[verify apps.recorded] g[verify apps.history]
  it('begins with the change it is for, and ends with how it went', () => {
    const id = begun();
    expect(store().apps.operation(id)).toEqual({
      ...operation,
      id,
      app: 'web',
      state: 'running',
      startedAt: at,
      finishedAt: null,
      durationMs: null,
      exitCode: null,
      signal: null,
      detail: null,
      output: null,
    });
    expect(store().apps.app('web')).toMatchObject({ attempts: 1, toldGeneration: 1 });
    store().apps.finishOperation({ ...ending, id, state: 'succeeded' });
    expect(store().apps.operations('web', 10)).toMatchObject([
      { id, state: 'succeeded', finishedAt: at, durationMs: 12, exitCode: 0, output: 'done' },
    ]);
    expect(store().apps.app('web')).toMatchObject({ attempts: 0, toldGeneration: 2, lastError: null });
    expect(store().apps.values('web')).toMatchObject([{ toldValue: 'kia ora' }]);
  });

  it('that fails leaves the app untold, with the reason', () => {
    const id = begun();
    store().apps.finishOperation({ ...ending, id, state: 'failed', exitCode: 3, detail: 'exited with 3' });
    expect(store().apps.app('web')).toMatchObject({
      attempts: 1,
      toldGeneration: 1,
      lastError: 'exited with 3',
    });
    expect(store().apps.failingApps()).toEqual([
      { app: 'web', installed: true, attempts: 1, lastError: 'exited with 3' },
    ]);
    expect(store().apps.untoldApps()).toEqual(['web']);
  });

  it('that installs makes the app installed', () => {
    store().apps.createApp(rowOf('web', { installed: false }));
    const install: NewOperation = { ...operation, kind: 'install', generation: 1 };
    const id = store().apps.changeApp(changeOf('web', { operation: install })) ?? 0;
    store().apps.finishOperation({ ...ending, id, state: 'succeeded' });
    expect(store().apps.app('web')).toMatchObject({ installed: true, toldGeneration: 1 });
  });

  // g[verify actuation.interrupted]
  it('that was running is marked as interrupted, once, and cannot end any more', () => {
    const id = begun();
    expect(store().apps.interruptOperations(at)).toMatchObject([{ id, app: 'web', state: 'running' }]);
    expect(store().apps.interruptOperations(at)).toEqual([]);
    store().apps.finishOperation({ ...ending, id, state: 'succeeded' });
    expect(store().apps.operation(id)).toMatchObject({ state: 'interrupted', finishedAt: at });
    expect(store().apps.app('web')).toMatchObject({ toldGeneration: 1, attempts: 1 });
  });

  // g[verify apps.history]
  it('is kept for each app among its newest 64', () => {
    store().apps.createApp(rowOf('web'));
    store().apps.createApp(rowOf('mail'));
    const mail = store().apps.changeApp(changeOf('mail', { operation }));
    const ids = Array.from({ length: 70 }, () =>
      store().apps.changeApp(changeOf('web', { operation, durable: false })),
    );
    expect(
      store()
        .apps.operations('web', 100)
        .map(({ id }) => id),
    ).toEqual(ids.slice(-64).reverse());
    expect(
      store()
        .apps.operations('mail', 100)
        .map(({ id }) => id),
    ).toEqual([mail]);
  });

  it('that nothing could be run for counts as an attempt', () => {
    store().apps.createApp(rowOf('web'));
    store().apps.noteFailure('web', 'the key file is gone');
    expect(store().apps.app('web')).toMatchObject({ attempts: 1, lastError: 'the key file is gone' });
  });
}

export function mappings(store: () => GroveStore): void {
  const hail = (value: string) => ({ params: [text('hail', value), text('other', 'x')] });
  const follow = (): void => {
    store().commitPayload(payloadCommit(1, hail('hello')));
    store().apps.createApp(rowOf('web'));
    store().apps.createApp(rowOf('mail'));
    store().apps.changeApp(changeOf('web', mapped()));
    store().apps.changeApp(changeOf('mail', mapped('motto', 'other')));
  };

  it('is listed with how far it has come, and can be taken away once', () => {
    follow();
    expect(store().apps.mappings()).toEqual([
      { app: 'mail', appParam: 'motto', groveParam: 'other', appliedSeq: 1, pendingSeq: null, misfit: null },
      { app: 'web', appParam: 'greeting', groveParam: 'hail', appliedSeq: 1, pendingSeq: null, misfit: null },
    ]);
    expect(store().apps.mappingsOf('web')).toHaveLength(1);
    expect(store().apps.unmap('web', 'greeting')).toBe(true);
    expect(store().apps.unmap('web', 'greeting')).toBe(false);
    expect(store().apps.mappingsCount()).toBe(1);
  });

  // g[verify actuation.same-transaction] g[verify actuation.touched-only]
  it('waits from the very commit that changed its param, and no other does', () => {
    follow();
    store().commitPayload(payloadCommit(2, hail('kia ora')));
    expect(store().apps.pending()).toEqual([{ app: 'web', appParam: 'greeting', seq: 2 }]);
    expect(store().apps.pendingOf('mail')).toEqual([]);
    expect(store().apps.pendingOf('web')).toMatchObject([
      { pendingSeq: 2, appliedSeq: 1, groveValue: { name: 'hail', kind: 'text', value: 'kia ora' } },
    ]);
    // The newest only.
    store().commitPayload(payloadCommit(3, hail('mōrena')));
    expect(store().apps.pendingOf('web')).toMatchObject([{ pendingSeq: 3, groveValue: { value: 'mōrena' } }]);
    store().commitPayload(payloadCommit(4, { params: [text('other', 'x')] }));
    expect(store().apps.pendingOf('web')).toMatchObject([{ pendingSeq: 4, groveValue: null }]);
    const taken = [{ appParam: 'greeting', appliedSeq: 4, misfit: null }];
    store().apps.changeApp(changeOf('web', { progress: taken, durable: false }));
    expect(store().apps.pending()).toEqual([]);
    expect(store().apps.mappingsOf('web')).toMatchObject([{ appliedSeq: 4, pendingSeq: null }]);
  });

  it('says why a value does not fit, until another one comes', () => {
    follow();
    const misfit = [{ appParam: 'greeting', appliedSeq: 2, misfit: 'too odd' }];
    store().apps.changeApp(changeOf('web', { progress: misfit }));
    expect(store().apps.misfits()).toMatchObject([{ app: 'web', misfit: 'too odd' }]);
    store().commitPayload(payloadCommit(3, hail('kia ora')));
    expect(store().apps.misfits()).toEqual([]);
  });

  // g[verify actuation.catch-up]
  it('waits after a look at what it missed: a newer value, or one that is gone', () => {
    follow();
    const values = [{ name: 'greeting', value: 'hello' }];
    const behind = [{ appParam: 'greeting', appliedSeq: 0, misfit: null }];
    store().apps.changeApp(changeOf('web', { values, generation: 2, progress: behind }));
    expect(store().apps.markMissed()).toBe(1);
    expect(store().apps.pending()).toEqual([{ app: 'web', appParam: 'greeting', seq: 1 }]);
    expect(store().apps.markMissed()).toBe(0);
    store().commitPayload(payloadCommit(2, { params: [text('other', 'x')] }));
    const told = [{ appParam: 'greeting', appliedSeq: 2, misfit: null }];
    store().apps.changeApp(changeOf('web', { progress: told }));
    expect(store().apps.markMissed()).toBe(1);
    store().apps.changeApp(
      changeOf('web', { values: [{ name: 'greeting', value: null }], generation: 3, progress: told }),
    );
    expect(store().apps.markMissed()).toBe(0);
  });

  it('ends with the membership, and the values stay', () => {
    follow();
    const values = [{ name: 'greeting', value: 'hello' }];
    store().apps.changeApp(changeOf('web', { values, generation: 2 }));
    store().leave({ groveId, leaderFingerprint, seqMax: 0 });
    expect(store().apps.mappings()).toEqual([]);
    expect(store().apps.values('web')).toMatchObject([{ value: 'hello' }]);
    expect(store().apps.groveId()).toBeNull();
  });

  it('finds a grove param with the number of its last change', () => {
    follow();
    store().commitPayload(payloadCommit(2, hail('kia ora')));
    expect(store().apps.groveId()).toBe(groveId);
    expect(store().apps.groveParam('hail')).toEqual({ name: 'hail', kind: 'text', value: 'kia ora', seq: 2 });
    expect(store().apps.groveParam('other')).toMatchObject({ seq: 1 });
    expect(store().apps.groveParam('nothing')).toBeNull();
  });
}
