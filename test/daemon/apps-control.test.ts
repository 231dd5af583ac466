/** Apps as the operator interface sees them, on a node whose network and clock are stepped by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAppsControl } from '../../src/daemon/apps-control.ts';
import { findProblems } from '../../src/daemon/problems.ts';
import type { AppsControl } from '../../src/operator/app-control.ts';
import { appOf, create, map, paramOf } from '../actors/app-fixture.ts';
import { operator, TestGrove, type TestNode } from '../actors/test-grove.ts';

let grove: TestGrove;
let node: TestNode;
let apps: AppsControl;
beforeEach(async () => {
  grove = new TestGrove();
  node = grove.node(1);
  await node.found();
  const { system, store, clock } = node;
  apps = createAppsControl({ system, store, clock });
});
afterEach(() => grove.close());

async function publish(value: string, kind: 'text' | 'multiline' = 'text'): Promise<void> {
  const set = [{ name: 'hail', kind, value }];
  await node.change({ kind: 'params', set, unset: [] }, { force: true });
  grove.advance(500);
}

const secret = 'correct horse';
const shown = () => {
  const view = apps.show('web');
  if (!view.ok) throw new Error(view.reason.message);
  return view.value;
};

describe('an app', () => {
  // g[verify apps.secret-hidden]
  it('is shown with its values but the secret ones, and what was run', async () => {
    const params = [
      paramOf('greeting', { default_value: 'hello' }),
      paramOf('key', { kind: 'password', secret: true }),
      paramOf('motto'),
    ];
    await create(node, appOf('web', { params }));
    expect(shown().params).toMatchObject([
      { name: 'greeting', value: 'hello', is_set: false },
      { name: 'key', value: null, is_set: false },
      { name: 'motto', value: null, is_set: false },
    ]);
    node.hooks.manner = () => ({ ms: 100, output: 'as the command printed it' });
    await node.askApp('web', { what: 'set', name: 'key', value: secret });
    expect([shown().state, apps.list()]).toMatchObject(['operating', [{ app: 'web', state: 'operating' }]]);
    grove.advance(500);
    expect(shown()).toMatchObject({ state: 'idle', generation: 2, failures: 0, last_error: null });
    expect(shown().params[1]).toMatchObject({ name: 'key', value: null, is_set: true });
    expect(shown().operations).toMatchObject([
      {
        id: 1,
        state: 'succeeded',
        output: 'as the command printed it',
        changes: [{ name: 'key', sha256: null }],
      },
    ]);
    expect(JSON.stringify([shown(), apps.list()])).not.toContain(secret);
    expect(apps.show('mail')).toMatchObject({ ok: false, reason: { code: 'not_found' } });
  });

  it('that is not installed, installs, and fails, is shown as that', async () => {
    const install = { command: ['/bin/install'], timeout_ms: 60_000, working_directory: null };
    await create(node, appOf('web', { install }));
    expect(shown().state).toBe('not-installed');
    node.hooks.manner = () => ({ ms: 100, exitCode: 1 });
    await node.askApp('web', { what: 'install' });
    expect(shown().state).toBe('installing');
    grove.advance(500);
    expect(shown()).toMatchObject({ state: 'not-installed', last_error: 'install exited with 1' });
    expect(problems()).toEqual(['install-failed']);
  });

  // i[verify apps.audit]
  it('is changed with a line in the audit log that names no value', async () => {
    const asks = [
      { what: 'create', definition: appOf('web', { params: [paramOf('key', { secret: true })] }) },
      { what: 'set', name: 'key', value: secret },
      { what: 'set', name: 'nothing', value: secret },
    ] as const;
    const answers: boolean[] = [];
    for (const ask of asks) {
      const asked = apps.ask('web', ask, operator);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      grove.advance(50);
      answers.push((await asked).ok);
    }
    expect(answers).toEqual([true, true, false]);
    const lines = node.store.audit(10).filter(({ method }) => method.startsWith('app.'));
    expect(lines.map(({ method, summary, actor }) => [method, summary, actor])).toEqual([
      ['app.set', 'set key of web', operator],
      ['app.create', 'create web', operator],
    ]);
    expect(JSON.stringify(node.store.audit(10))).not.toContain(secret);
  });
});

function problems(): readonly string[] {
  const { system, store, clock, fingerprint: ownFingerprint } = node;
  return findProblems({ system, store, clock, ownFingerprint, loopbackOnly: false }).map(({ code }) => code);
}

describe('a mapping', () => {
  // g[verify mapping.states] g[verify actuation.problems]
  it('tells how it stands, and the node what is wrong with it', async () => {
    const states = () => {
      const mappings = apps.mappings();
      return mappings.ok ? mappings.value.map(({ state, applied_seq }) => [state, applied_seq]) : mappings;
    };
    await publish('first');
    await create(node, appOf('web'));
    await map(node, 'web', 'greeting', 'hail');
    expect([states(), problems()]).toEqual([[['in-sync', 2]], []]);
    node.hooks.manner = () => ({ ms: 5_000, exitCode: 4 });
    await publish('second');
    expect(states()).toEqual([['applying', 3]]);
    await publish('third');
    expect(states()).toEqual([['pending', 3]]);
    node.hooks.manner = () => ({ exitCode: 4 });
    grove.advance(5_000);
    expect([states(), problems()]).toEqual([[['failed', 4]], ['app-failing']]);
    node.hooks.manner = () => ({});
    grove.advance(60_000);
    expect([states(), problems()]).toEqual([[['in-sync', 4]], []]);
    await publish('two\nlines', 'multiline');
    expect([states(), problems()]).toEqual([[['incompatible', 5]], ['mapping-incompatible']]);
    await node.leave(true);
    expect(apps.mappings()).toMatchObject({ ok: false, reason: { code: 'not_found' } });
  });
});
