/** Apps on whole nodes: what fails, what is installed, what is removed, and what is secret. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appOf, create, map, paramOf, paramValue, runsOf, told } from './app-fixture.ts';
import { operator, TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
let leader: TestNode;
let member: TestNode;
beforeEach(async () => {
  grove = new TestGrove();
  [leader, member] = (await grove.formed(2)) as [TestNode, TestNode];
});
afterEach(() => grove.close());

/** Publishes, and lets what follows end. */
async function publish(name: string, value: string): Promise<void> {
  await leader.set(name, value);
  grove.advance(1_000);
}

describe('an operation that fails', () => {
  // g[verify actuation.retry]
  it('is tried again, ever later, until it ends well', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'first');
    await map(member, 'web', 'greeting', 'hail');
    member.hooks.manner = () => ({ exitCode: 3 });
    await leader.set('hail', 'second');
    grove.advance(10_000);
    // At 0, 1, 3 and 7 seconds.
    expect(runsOf(member).slice(1)).toEqual([
      ['changed', { greeting: 'second' }],
      ['retry', { greeting: 'second' }],
      ['retry', { greeting: 'second' }],
      ['retry', { greeting: 'second' }],
    ]);
    expect(member.store.apps.app('web')).toMatchObject({ attempts: 4, lastError: 'on_change exited with 3' });
    expect(member.told('OperationFinished').at(-1)).toMatchObject({ outcome: 'failed', exit_code: 3 });
    expect(member.told('grove.param-applied')).toHaveLength(1);
    member.hooks.manner = () => ({});
    grove.advance(20_000);
    expect(member.store.apps.app('web')).toMatchObject({ attempts: 0, lastError: null });
    expect(member.told('grove.param-applied')).toHaveLength(2);
    const runs = runsOf(member).length;
    grove.advance(3_600_000);
    expect(runsOf(member)).toHaveLength(runs);
  });

  it('gives way to a newer value at once', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'first');
    member.hooks.manner = ({ stdin }) => ({
      exitCode: new TextDecoder().decode(stdin).includes('third') ? 0 : 1,
    });
    await map(member, 'web', 'greeting', 'hail');
    grove.advance(60_000);
    const runs = runsOf(member).length;
    await leader.set('hail', 'third');
    grove.advance(500);
    expect(runsOf(member).slice(runs)).toEqual([['changed', { greeting: 'third' }]]);
    expect(member.store.apps.app('web')?.lastError).toBeNull();
  });

  it.each([
    ['cannot start', { cannotStart: 'no such program' }, /cannot start: no such program/],
    ['takes too long', { ms: 90_000 }, /took longer than 60 s/],
  ])('says why: it %s', async (_title, manner, problem) => {
    await create(member, appOf('web'));
    member.hooks.manner = () => manner;
    await member.askApp('web', { what: 'set', name: 'motto', value: 'x' });
    grove.advance(60_500);
    expect(member.told('OperationFinished')[0]).toMatchObject({ detail: expect.stringMatching(problem) });
  });
});

describe('an app with an install command', () => {
  const command = { command: ['/bin/install'], timeout_ms: 60_000, working_directory: null };
  const withInstall = appOf('web', { install: command });

  // g[verify apps.install]
  it('is told of nothing before it is installed, and of nothing twice', async () => {
    await create(member, withInstall);
    await publish('hail', 'first');
    expect(
      await member.askApp('web', { what: 'map', appParam: 'greeting', groveParam: 'hail' }),
    ).toMatchObject({
      value: { applied: true, schedule: 'not_scheduled' },
    });
    expect(await member.askApp('web', { what: 'set', name: 'motto', value: 'x' })).toMatchObject({
      value: { schedule: 'not_scheduled', generation: 3 },
    });
    grove.advance(100);
    expect(member.hooks.runs).toEqual([]);
    member.hooks.manner = () => ({ ms: 5_000 });
    expect(await member.askApp('web', { what: 'install' })).toMatchObject({
      value: { schedule: 'accepted' },
    });
    await publish('hail', 'second');
    expect(paramValue(member, 'web', 'greeting')).toBe('first');
    grove.advance(20_000);
    expect(member.hooks.runs.map(({ command: [program] }) => program)).toEqual([
      '/bin/install',
      '/bin/changed',
    ]);
    expect(member.hooks.runs[0]?.input.params).toEqual({ greeting: 'first', motto: 'x' });
    expect(runsOf(member)[1]).toEqual(['changed', { greeting: 'second' }]);
    expect(await member.askApp('web', { what: 'install' })).toMatchObject({
      reason: { code: 'already_installed' },
    });
  });

  it('stays as it was when that fails, until an operator tries again', async () => {
    await create(member, withInstall);
    member.hooks.manner = () => ({ exitCode: 1 });
    await member.askApp('web', { what: 'install' });
    grove.advance(600_000);
    expect(member.hooks.runs).toHaveLength(1);
    expect(member.store.apps.app('web')).toMatchObject({
      installed: false,
      lastError: 'install exited with 1',
    });
    member.hooks.manner = () => ({});
    await member.askApp('web', { what: 'install' });
    grove.advance(100);
    expect(member.store.apps.app('web')).toMatchObject({ installed: true, lastError: null });
  });

  // g[verify apps.required]
  it('is not installed while it lacks a value it needs', async () => {
    await create(member, { ...withInstall, params: [paramOf('port', { required: true })] });
    expect(await member.askApp('web', { what: 'install' })).toMatchObject({
      reason: { code: 'requirements_invalid', details: { missing: ['port'] } },
    });
  });
});

describe('apps of a node', () => {
  // g[verify apps.create] g[verify apps.remove]
  it('have one name each, and are forgotten with their values and mappings', async () => {
    await create(member, appOf('web'));
    const again = await member.askApp('web', { what: 'create', definition: appOf('web') });
    expect(again).toMatchObject({ ok: false, reason: { code: 'already_installed' } });
    await publish('hail', 'first');
    await map(member, 'web', 'greeting', 'hail');
    expect(await member.askApp('web', { what: 'remove' })).toEqual({ ok: true, value: {} });
    expect(told(member).slice(-2)).toEqual(['grove.mapping-removed', 'AppDeregistered']);
    expect(member.store.apps.mappings()).toEqual([]);
    expect(await member.askApp('web', { what: 'remove' })).toMatchObject({ reason: { code: 'not_found' } });
    await publish('hail', 'second');
    expect(runsOf(member)).toHaveLength(1);
    await create(member, appOf('web'));
    expect(paramValue(member, 'web', 'greeting')).toBeNull();
  });

  // i[verify app.steps]
  it('have files rendered and processes signalled without a command of their own', async () => {
    const render = { template: '{{greeting}}', template_file: null, target: '/etc/web.conf', mode: null };
    const signal = { pid_file: '/run/web.pid', signal: 'SIGHUP' as const, process_name: null };
    await create(member, appOf('web', { on_change: null, render: [render], signal }));
    await member.askApp('web', { what: 'set', name: 'greeting', value: 'kia ora' });
    grove.advance(100);
    expect(member.hooks.runs).toEqual([]);
    expect(member.hooks.rendered).toMatchObject([
      { app: 'web', values: { greeting: 'kia ora', motto: null } },
    ]);
    expect(member.hooks.signalled).toEqual([signal]);
    expect(member.store.apps.operations('web', 1)).toMatchObject([{ state: 'succeeded' }]);
  });

  // g[verify apps.events]
  it('record who changed them', async () => {
    await create(member, appOf('web'));
    await member.askApp('web', { what: 'set', name: 'motto', value: 'x' });
    grove.advance(100);
    expect(member.store.apps.operations('web', 1)).toMatchObject([{ actor: operator, reason: 'operator' }]);
  });
});

describe('a secret param', () => {
  const secretive = appOf('web', {
    params: [paramOf('key', { kind: 'password', secret: true }), paramOf('motto')],
  });
  const secret = 'correct horse battery staple';

  // i[verify app.secrets-at-rest] g[verify apps.secret-hidden]
  it('is sealed in the store, in no event, and given to the command', async () => {
    const seen: string[] = [];
    const { supervisor } = member.system;
    supervisor.system.inspect(
      (event) => void seen.push(JSON.stringify(event.type === '@xstate.event' ? event.event : null)),
    );
    await create(member, secretive);
    await member.askApp('web', { what: 'set', name: 'key', value: secret });
    grove.advance(100);
    await publish('hail', secret);
    await member.askApp('web', { what: 'map', appParam: 'motto', groveParam: 'hail' });
    expect(member.hooks.runs[0]?.environment.PARAM_KEY).toBe(secret);
    expect(paramValue(member, 'web', 'key')).not.toContain(secret);
    expect(member.store.apps.operations('web', 5).at(-1)?.changes).toEqual([
      { name: 'key', seq: null, sha256: null },
    ]);
    expect(JSON.stringify(member.events)).not.toContain(secret);
    const ofApps = seen.filter((event) => event.includes('"app'));
    expect(ofApps.length).toBeGreaterThan(3);
    expect(ofApps.filter((event) => event.includes(secret))).toEqual([]);
    expect(JSON.stringify(supervisor.getPersistedSnapshot())).not.toContain(`"${secret}"`);
  });

  it('that cannot be opened is told, and tried again', async () => {
    await create(member, secretive);
    await member.askApp('web', { what: 'set', name: 'key', value: secret });
    grove.advance(100);
    member.secrets.lost = true;
    expect(await member.askApp('web', { what: 'set', name: 'motto', value: 'x' })).toMatchObject({
      ok: false,
      reason: { code: 'internal', message: expect.stringContaining('key file is gone') },
    });
    expect(member.store.apps.app('web')).toMatchObject({ lastError: expect.stringContaining('key file') });
    member.secrets.lost = false;
    grove.advance(600_000);
    await member.askApp('web', { what: 'set', name: 'motto', value: 'x' });
    grove.advance(100);
    expect(member.store.apps.app('web')).toMatchObject({ lastError: null });
  });
});

describe('more than a node takes', () => {
  // g[verify apps.create]
  it('of apps or mappings is refused, and what is there goes on', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'first');
    const { apps } = member.store;
    const told = { generation: 1, toldGeneration: 1, attempts: 0, lastError: null };
    const createdAt = '2026-05-07T12:00:00Z';
    for (let count = 1; count < 1_024; count += 1)
      apps.createApp({ definition: appOf(`app-${count}`), installed: true, ...told, createdAt });
    expect(await member.askApp('mail', { what: 'create', definition: appOf('mail') })).toMatchObject({
      reason: { code: 'requirements_invalid', details: { apps_max: 1_024 } },
    });
    for (let count = 0; count < 8_192; count += 1) {
      apps.changeApp({
        app: `app-${1 + (count >> 4)}`,
        at: createdAt,
        map: { appParam: `param-${count & 15}`, groveParam: 'hail' },
        values: [],
        generation: 1,
        told: true,
        progress: [],
        operation: null,
        durable: false,
      });
    }
    expect(await member.askApp('web', { what: 'map', appParam: 'motto', groveParam: 'hail' })).toMatchObject({
      reason: { code: 'requirements_invalid', details: { mappings_max: 8_192 } },
    });
    expect(await member.askApp('web', { what: 'set', name: 'motto', value: 'x' })).toMatchObject({
      ok: true,
    });
    expect(member.failures).toEqual([]);
  });
});
