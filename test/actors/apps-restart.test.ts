/** What of apps survives the end of a node, how a failed part is replaced, and how little a payload looks at. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppStore, GroveStore } from '../../src/ports/index.ts';
import { appOf, create, map, paramOf, paramValue, runsOf, told } from './app-fixture.ts';
import { TestGrove, type TestNode } from './test-grove.ts';

let grove: TestGrove;
beforeEach(() => {
  grove = new TestGrove();
});
afterEach(() => grove.close());

async function pair(): Promise<{ leader: TestNode; member: TestNode; directory: string }> {
  const directory = grove.directory();
  const nodes = await grove.formed(2, (number) => (number === 2 ? { directory } : {}));
  const [leader, member] = nodes as [TestNode, TestNode];
  await create(member, appOf('web'));
  await leader.set('hail', 'first');
  grove.advance(1_000);
  await map(member, 'web', 'greeting', 'hail');
  return { leader, member, directory };
}

describe('a node that starts again', () => {
  // g[verify actuation.restart]
  it('runs nothing when nothing waits', async () => {
    const { member, directory } = await pair();
    await member.stop();
    const again = grove.node(2, { directory });
    grove.advance(60_000);
    expect(again.hooks.runs).toEqual([]);
    expect(told(again)).toEqual([]);
    expect(paramValue(again, 'web', 'greeting')).toBe('first');
  });

  // g[verify actuation.restart] g[verify actuation.same-transaction]
  it('takes what was stored and not yet taken when it ended', async () => {
    const { leader, member, directory } = await pair();
    member.hooks.manner = () => ({ ms: 50_000 });
    await leader.set('hail', 'second');
    grove.advance(1_000);
    await leader.set('hail', 'third');
    await leader.set('hail', 'fourth');
    grove.advance(1_000);
    expect(paramValue(member, 'web', 'greeting')).toBe('second');
    await member.crash();
    const again = grove.node(2, { directory });
    grove.advance(5_000);
    expect(paramValue(again, 'web', 'greeting')).toBe('fourth');
    expect(runsOf(again)).toEqual([['changed', { greeting: 'fourth' }]]);
    expect(again.store.apps.mappings()).toMatchObject([{ pendingSeq: null, appliedSeq: 6 }]);
  });

  // g[verify actuation.interrupted] g[verify actuation.leftovers]
  it('runs again what was cut short, after it stopped what is left of it, and says so', async () => {
    const { leader, member, directory } = await pair();
    member.hooks.manner = () => ({ ms: 50_000 });
    await leader.set('hail', 'second');
    grove.advance(1_000);
    await member.crash();
    const again = grove.node(2, { directory });
    expect(again.hooks.runs).toEqual([]);
    grove.advance(5_000);
    expect(again.hooks.stopped).toEqual(['op-2', 'op-2-restart']);
    expect(runsOf(again)).toEqual([['retry', { greeting: 'second' }]]);
    const [newest, before] = again.store.apps.operations('web', 2);
    expect([newest?.state, newest?.attempt, before?.state]).toEqual(['succeeded', 2, 'interrupted']);
    expect(newest).toMatchObject({ groveSeq: 4, actor: { kind: 'grove' } });
    grove.advance(100);
    const kept = again.store.eventsSince(null, 1_000).filter(({ type }) => type === 'OperationFinished');
    expect(kept.slice(-2).map(({ data }) => data.outcome)).toEqual(['interrupted', 'succeeded']);
    await again.stop();
    const third = grove.node(2, { directory });
    grove.advance(60_000);
    expect(third.hooks.runs).toEqual([]);
  });

  it('begins an installation again that was cut short', async () => {
    const directory = grove.directory();
    const node = grove.node(2, { directory });
    const install = { command: ['/bin/install'], timeout_ms: 60_000, working_directory: null };
    await create(node, appOf('web', { install }));
    node.hooks.manner = () => ({ ms: 50_000 });
    await node.askApp('web', { what: 'install' });
    await node.crash();
    const again = grove.node(2, { directory });
    grove.advance(5_000);
    expect(again.hooks.runs.map(({ command }) => command)).toEqual([['/bin/install']]);
    expect(again.store.apps.app('web')).toMatchObject({ installed: true });
    expect(again.store.apps.operations('web', 1)).toMatchObject([{ reason: 'retry', attempt: 2 }]);
  });

  // g[verify actuation.isolated] g[verify actuation.retry]
  it('has pauses between tries to begin an installation again that cannot be', async () => {
    const directory = grove.directory();
    const node = grove.node(2, { directory });
    const install = { command: ['/bin/install'], timeout_ms: 60_000, working_directory: null };
    const params = [paramOf('key', { kind: 'password', secret: true })];
    await create(node, appOf('web', { install, params }));
    await node.askApp('web', { what: 'set', name: 'key', value: 'pohutukawa' });
    node.hooks.manner = () => ({ ms: 50_000 });
    await node.askApp('web', { what: 'install' });
    await node.crash();
    const again = grove.node(2, { directory });
    again.secrets.lost = true;
    grove.advance(60_000);
    expect(again.store.apps.app('web')?.attempts).toBeLessThan(10);
    again.secrets.lost = false;
    grove.advance(300_000);
    expect(again.store.apps.app('web')).toMatchObject({ installed: true, lastError: null });
  });

  it('tries again what failed before it ended', async () => {
    const { leader, member, directory } = await pair();
    member.hooks.manner = () => ({ exitCode: 1 });
    await leader.set('hail', 'second');
    grove.advance(1_500);
    await member.stop();
    const again = grove.node(2, { directory });
    grove.advance(1_000);
    expect(runsOf(again)).toEqual([['retry', { greeting: 'second' }]]);
  });
});

describe('the actuator', () => {
  const mistaken = () => {
    throw new Error('a mistake of ours');
  };

  // g[verify actuation.isolated]
  it('replaces the machine of an app that failed, and no other app or link notices', async () => {
    const { leader, member } = await pair();
    await create(member, appOf('mail'));
    await map(member, 'mail', 'greeting', 'hail');
    member.hooks.manner = ({ stdin }) =>
      new TextDecoder().decode(stdin).includes('"web"') ? mistaken() : {};
    await leader.set('hail', 'second');
    grove.advance(1_000);
    expect(paramValue(member, 'mail', 'greeting')).toBe('second');
    expect(await member.askApp('web', { what: 'unset', name: 'motto' })).toMatchObject({
      reason: { code: 'operation_in_progress' },
    });
    member.hooks.manner = () => ({});
    grove.advance(10_000);
    expect(member.store.apps.operations('web', 1)).toMatchObject([{ state: 'succeeded' }]);
    expect(member.failures).toEqual([]);
    expect(member.told('grove.peer-disconnected')).toEqual([]);
  });

  // g[verify actuation.full-disk]
  it('goes on when the disk takes no writes for a while', async () => {
    let full = false;
    const wrapStore = (store: GroveStore): GroveStore => {
      const refuse = () => {
        if (full) throw Object.assign(new Error('no room left'), { name: 'StoreError', code: 'disk_full' });
      };
      const apps: AppStore = {
        ...store.apps,
        changeApp: (change) => {
          refuse();
          return store.apps.changeApp(change);
        },
        finishOperation: (end) => {
          refuse();
          store.apps.finishOperation(end);
        },
      };
      return { ...store, apps };
    };
    const nodes = await grove.formed(2, (number) => (number === 2 ? { wrapStore } : {}));
    const [leader, member] = nodes as [TestNode, TestNode];
    await create(member, appOf('web'));
    await leader.set('hail', 'first');
    grove.advance(1_000);
    await map(member, 'web', 'greeting', 'hail');
    full = true;
    await leader.set('hail', 'second');
    grove.advance(30_000);
    expect(paramValue(member, 'web', 'greeting')).toBe('first');
    expect(member.seq).toBe(leader.seq);
    member.hooks.manner = () => ({ ms: 5_000 });
    full = false;
    grove.advance(60_000);
    expect(paramValue(member, 'web', 'greeting')).toBe('second');
    await leader.set('hail', 'third');
    grove.advance(1_000);
    full = true;
    grove.advance(8_000);
    expect(member.store.apps.operations('web', 1)).toMatchObject([{ state: 'running' }]);
    full = false;
    grove.advance(30_000);
    expect(member.store.apps.operations('web', 1)).toMatchObject([{ state: 'succeeded' }]);
    expect(runsOf(member)).toHaveLength(3);
  });
});

describe('two hundred apps with a thousand mappings', () => {
  // g[verify actuation.touched-only]
  it('cost nothing when a payload changes what five of them follow: only those are looked at', async () => {
    const looked: string[] = [];
    const wrapStore = countReads(looked);
    const nodes = await grove.formed(2, (number) => (number === 2 ? { wrapStore } : {}));
    const [leader, member] = nodes as [TestNode, TestNode];
    const set = Array.from({ length: 200 }, (_, index) => {
      return { name: `param-${index}`, kind: 'text' as const, value: 'a' };
    });
    await leader.change({ kind: 'params', set, unset: [] });
    grove.advance(1_000);
    createMany(member);
    expect(member.store.apps.mappingsCount()).toBe(1_000);
    looked.length = 0;
    await leader.set('param-7', 'b');
    grove.advance(1_000);
    const touched = Array.from({ length: 5 }, (_, index) => `app-${index * 40 + 1}`);
    expect(touched.map((app) => paramValue(member, app, 'ccc'))).toEqual(touched.map(() => 'b'));
    expect(new Set(looked.map((look) => look.split(' ')[1]))).toEqual(new Set(touched));
    expect(looked.filter((look) => /^pending/.test(look))).toHaveLength(10);
  });
});

/** Notes each row that is read, with the app it is of. */
function countReads(looked: string[]): (store: GroveStore) => GroveStore {
  const count = <Args extends readonly unknown[], Row>(
    name: string,
    read: (...args: Args) => readonly Row[],
  ) => {
    return (...args: Args): readonly Row[] => {
      const rows = read(...args);
      for (const row of rows) looked.push(`${name} ${String((row as { app?: string }).app ?? args[0])}`);
      return rows;
    };
  };
  return (store) => ({
    ...store,
    apps: {
      ...store.apps,
      apps: count('apps', store.apps.apps),
      values: count('values', store.apps.values),
      mappings: count('mappings', store.apps.mappings),
      mappingsOf: count('mappingsOf', store.apps.mappingsOf),
      pending: count('pending', store.apps.pending),
      pendingOf: count('pendingOf', store.apps.pendingOf),
    },
  });
}

/** Written as they are in the end: two hundred requests would only take longer. */
function createMany(member: TestNode): void {
  const at = '2026-05-07T12:00:00Z';
  const params = ['aaa', 'bbb', 'ccc', 'ddd', 'eee'].map((name) => paramOf(name));
  const actuator = member.system.supervisor.getSnapshot().children.paramActuator;
  const told = { generation: 1, toldGeneration: 1, attempts: 0, lastError: null };
  for (let number = 0; number < 200; number += 1) {
    const app = `app-${number}`;
    const definition = appOf(app, { params, on_change: null });
    member.store.apps.createApp({ definition, installed: true, ...told, createdAt: at });
    for (const [index, { name }] of params.entries()) {
      member.store.apps.changeApp({
        app,
        at,
        map: { appParam: name, groveParam: `param-${(number * 5 + index) % 200}` },
        values: [{ name, value: 'a' }],
        generation: 1,
        told: true,
        progress: [{ appParam: name, appliedSeq: 3, misfit: null }],
        operation: null,
        durable: false,
      });
    }
    const seed = { app, installed: true, attempts: 0, work: false, installAgain: false, leftovers: [] };
    actuator?.send({ type: 'app.found', seed });
  }
}
