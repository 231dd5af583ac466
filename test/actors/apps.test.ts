/** Apps on whole nodes: what operators and the grove change, what runs for it, and what is told and recorded. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appOf, create, map, paramOf, paramValue, runsOf, told } from './app-fixture.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

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
    expect(paramValue(member, 'web', 'greeting')).toBe('kia ora');
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
    expect(paramValue(member, 'web', 'greeting')).toBe('again');
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
    expect(paramValue(member, 'web', 'greeting')).toBe('kia ora');
    expect(member.store.apps.mappings()).toMatchObject([{ misfit: expect.stringContaining('multiline') }]);
    expect(member.told('grove.param-deferred')).toMatchObject([
      { app: 'web', app_param: 'greeting', reason: expect.stringContaining('incompatible') },
    ]);
    await publish('hail', 'mōrena');
    expect(paramValue(member, 'web', 'greeting')).toBe('mōrena');
    expect(member.store.apps.mappings()).toMatchObject([{ misfit: null, appliedSeq: 5 }]);
    expect(runsOf(member)).toHaveLength(2);
  });

  // g[verify mapping.leave]
  it('keeps its value when the node leaves the grove, and follows nothing', async () => {
    await create(member, appOf('web'));
    await publish('hail', 'kia ora');
    await map(member, 'web', 'greeting', 'hail');
    await map(member, 'web', 'motto', 'hail');
    await member.leave();
    expect(member.store.apps.mappings()).toEqual([]);
    expect(member.told('grove.mapping-removed')).toMatchObject([
      { app: 'web', app_param: 'greeting', grove_param: 'hail' },
      { app: 'web', app_param: 'motto', grove_param: 'hail' },
    ]);
    expect(paramValue(member, 'web', 'greeting')).toBe('kia ora');
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
    expect(paramValue(member, 'web', 'greeting')).toBe('first');
    expect(member.told('grove.param-deferred')).toHaveLength(3);
    grove.advance(60_000);
    expect(runsOf(member)).toEqual([
      ['bound', { greeting: 'first' }],
      ['changed', { greeting: 'fourth' }],
    ]);
    expect(paramValue(member, 'web', 'greeting')).toBe('fourth');
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
    expect(paramValue(member, 'fast', 'greeting')).toBe('third');
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
