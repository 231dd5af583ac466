/** Apps on whole nodes: what operators and the grove change, what runs for it, and what is told and recorded. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appOf, create, map, paramOf, runsOf, told, valueOf } from './app-fixture.ts';
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

async function unset(name: string): Promise<void> {
  await leader.change({ kind: 'params', set: [], unset: [name] });
  grove.advance(1_000);
}

describe('a mapped param', () => {
  // g[verify mapping.create]
  it('cannot follow what is not there, and takes the value when it is', async () => {
    await create(member, appOf('web'));
    const ask = { what: 'map', appParam: 'greeting', groveParam: 'hail' } as const;
    expect(await member.askApp('web', ask)).toMatchObject({ ok: false, reason: { code: 'not_found' } });
    expect(member.store.apps.mappings()).toEqual([]);
    await publish('hail', 'kia ora');
    expect(await member.askApp('web', ask)).toEqual({
      ok: true,
      value: {
        app: 'web',
        app_param: 'greeting',
        grove_param: 'hail',
        applied: true,
        seq: 3,
        schedule: 'accepted',
        generation: 2,
      },
    });
    expect(valueOf(member, 'web', 'greeting')).toBe('kia ora');
    grove.advance(100);
    expect(runsOf(member)).toEqual([['bound', { greeting: 'kia ora' }]]);
  });

  // g[verify actuation.one-path] g[verify apps.same-value] g[verify mapping.unset] g[verify mapping.unmap]
  it('follows every change, ignores the same value, falls back when it is unset, and goes free', async () => {
    await create(member, appOf('web', { params: [paramOf('greeting', { default_value: 'hello' })] }));
    await publish('hail', 'kia ora');
    await map(member, 'web', 'greeting', 'hail');
    await publish('hail', 'mōrena');
    await publish('hail', 'mōrena');
    await publish('other', 'x');
    await unset('hail');
    await unset('other');
    expect(runsOf(member)).toEqual([
      ['bound', { greeting: 'kia ora' }],
      ['changed', { greeting: 'mōrena' }],
      ['removed', { greeting: 'hello' }],
    ]);
    expect(member.store.apps.app('web')).toMatchObject({ generation: 4, toldGeneration: 4 });
    await publish('hail', 'again');
    expect(runsOf(member)).toHaveLength(4);
    const unmap = { what: 'unmap', appParam: 'greeting' } as const;
    expect(await member.askApp('web', unmap)).toEqual({ ok: true, value: {} });
    expect(await member.askApp('web', unmap)).toMatchObject({ ok: false, reason: { code: 'not_found' } });
    await publish('hail', 'unheard');
    expect(valueOf(member, 'web', 'greeting')).toBe('again');
    expect(runsOf(member)).toHaveLength(4);
  });

  // g[verify actuation.actor] g[verify apps.events]
  it('is told as events, the grove being who changed it', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'kia ora');
    await map(member, 'web', 'greeting', 'hail');
    expect(told(member)).toEqual([
      'AppRegistered',
      'grove.mapping-created',
      'ParamSet',
      'OperationStarted',
      'OperationFinished',
      'grove.param-applied',
    ]);
    await publish('hail', 'mōrena');
    const by = { kind: 'grove', id: leader.context.standing?.groveId, display: 'grove:4' };
    const newest = member.events.filter(({ actor }) => actor?.kind === 'grove');
    expect(newest.map(({ type, actor }) => [type, actor])).toEqual([
      ['ParamSet', by],
      ['OperationStarted', by],
      ['OperationFinished', by],
      ['grove.param-applied', by],
    ]);
    expect(newest[3]?.data).toEqual({
      app: 'web',
      app_param: 'greeting',
      grove_param: 'hail',
      source: 'grove',
      seq: 4,
    });
    expect(JSON.stringify(member.events)).not.toContain('mōrena');
  });

  // g[verify actuation.once-per-payload]
  it('changes together with the others that one payload changed, in one run', async () => {
    const names = ['one', 'two', 'three', 'four'];
    await create(member, appOf('web', { params: names.map((name) => paramOf(name)) }));
    const set = (value: string) => names.map((name) => ({ name, kind: 'text' as const, value }));
    await leader.change({ kind: 'params', set: set('a'), unset: [] });
    grove.advance(1_000);
    for (const name of names) await map(member, 'web', name, name);
    await leader.change({ kind: 'params', set: set('b'), unset: [] });
    grove.advance(1_000);
    expect(runsOf(member).slice(4)).toEqual([['changed', { one: 'b', two: 'b', three: 'b', four: 'b' }]]);
    expect(member.hooks.runs.at(-1)?.environment).toMatchObject({ CHANGED_PARAMS: 'one two three four' });
  });

  // g[verify mapping.incompatible]
  it('keeps its last good value when the grove has one that does not fit, and takes the next that does', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'kia ora');
    await map(member, 'web', 'greeting', 'hail');
    const lines = { name: 'hail', kind: 'multiline' as const, value: 'kia\nora' };
    await leader.change({ kind: 'params', set: [lines], unset: [] });
    grove.advance(1_000);
    expect(valueOf(member, 'web', 'greeting')).toBe('kia ora');
    expect(member.store.apps.mappings()).toMatchObject([{ misfit: expect.stringContaining('multiline') }]);
    expect(member.told('grove.param-deferred')).toMatchObject([
      { app: 'web', app_param: 'greeting', reason: expect.stringContaining('incompatible') },
    ]);
    await publish('hail', 'mōrena');
    expect(valueOf(member, 'web', 'greeting')).toBe('mōrena');
    expect(member.store.apps.mappings()).toMatchObject([{ misfit: null, appliedSeq: 5 }]);
    expect(runsOf(member)).toHaveLength(2);
  });

  // g[verify mapping.leave]
  it('keeps its value when the node leaves the grove, and follows nothing', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'kia ora');
    await map(member, 'web', 'greeting', 'hail');
    await member.leave();
    expect(member.store.apps.mappings()).toEqual([]);
    expect(valueOf(member, 'web', 'greeting')).toBe('kia ora');
    expect(await member.askApp('web', { what: 'set', name: 'greeting', value: 'mine' })).toMatchObject({
      ok: true,
    });
    grove.advance(100);
    expect(await member.askApp('web', { what: 'map', appParam: 'motto', groveParam: 'hail' })).toMatchObject({
      ok: false,
      reason: { code: 'not_found' },
    });
  });

  it('works on the leader as on any other node', async () => {
    await create(leader, appOf('web'));
    await publish('hail', 'kia ora');
    await map(leader, 'web', 'greeting', 'hail');
    await publish('hail', 'mōrena');
    expect(runsOf(leader)).toEqual([
      ['bound', { greeting: 'kia ora' }],
      ['changed', { greeting: 'mōrena' }],
    ]);
  });
});

describe('while something runs', () => {
  // g[verify actuation.deferral] g[verify apps.busy]
  it('an operator is refused, and of what the grove changes only the newest is taken, after it', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'first');
    member.hooks.manner = () => ({ ms: 20_000 });
    await member.askApp('web', { what: 'map', appParam: 'greeting', groveParam: 'hail' });
    for (const value of ['second', 'third', 'fourth']) await publish('hail', value);
    const busy = { ok: false, reason: { code: 'operation_in_progress' } };
    expect(await member.askApp('web', { what: 'set', name: 'motto', value: 'x' })).toMatchObject(busy);
    expect(await member.askApp('web', { what: 'remove' })).toMatchObject(busy);
    expect(await member.askApp('web', { what: 'map', appParam: 'motto', groveParam: 'hail' })).toMatchObject(
      busy,
    );
    expect(valueOf(member, 'web', 'greeting')).toBe('first');
    expect(member.told('grove.param-deferred')).toHaveLength(3);
    grove.advance(60_000);
    expect(runsOf(member)).toEqual([
      ['bound', { greeting: 'first' }],
      ['changed', { greeting: 'fourth' }],
    ]);
    expect(valueOf(member, 'web', 'greeting')).toBe('fourth');
  });

  // g[verify actuation.isolated]
  it('other apps and the grove go on', async () => {
    await create(member, appOf('slow'));
    await create(
      member,
      appOf('fast', { on_change: { ...appOf('x').on_change, command: ['/bin/fast'] } as never }),
    );
    await publish('hail', 'first');
    member.hooks.manner = ({ command }) => ({ ms: command[0] === '/bin/fast' ? 1 : 50_000 });
    await map(member, 'slow', 'greeting', 'hail');
    await map(member, 'fast', 'greeting', 'hail');
    for (const value of ['second', 'third']) await publish('hail', value);
    expect(valueOf(member, 'fast', 'greeting')).toBe('third');
    expect(member.seq).toBe(leader.seq);
  });

  // g[verify actuation.bounded]
  it('at most 32 run at once, and the others have their turn', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `app-${index}`);
    await publish('hail', 'first');
    for (const name of names) {
      await create(member, appOf(name));
      await map(member, name, 'greeting', 'hail');
    }
    member.hooks.manner = () => ({ ms: 500 });
    await leader.set('hail', 'second');
    grove.advance(300);
    expect(member.hooks.running).toBe(32);
    grove.advance(2_000);
    expect(names.map((name) => member.store.apps.operations(name, 1)[0]?.state)).toEqual(
      names.map(() => 'succeeded'),
    );
  });
});

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
    expect(valueOf(member, 'web', 'greeting')).toBe('first');
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
    expect(valueOf(member, 'web', 'greeting')).toBeNull();
  });

  // g[verify apps.steps]
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

  // g[verify apps.audit-actor]
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

  // g[verify apps.secret-at-rest] g[verify apps.secret-hidden]
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
    expect(valueOf(member, 'web', 'key')).not.toContain(secret);
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
