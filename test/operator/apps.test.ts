/** The methods of apps and mappings: what reaches the node, and what is answered. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appDefinitionSchema, definitionToJson } from '../../src/apps/index.ts';
import type { AppView } from '../../src/operator/app-control.ts';
import type { ClosableOperatorClient } from '../../src/operator/index.ts';
import type { Json } from '../../src/protocol/types.ts';
import { type OperatorNode, startNode } from './fixture.ts';

let node: OperatorNode;
let client: ClosableOperatorClient;
beforeEach(async () => {
  node = await startNode();
  client = await node.connect();
});
afterEach(() => node.stop());

const described = {
  app: 'web',
  params: [
    { name: 'greeting', default_value: 'hello' },
    { name: 'api-key', kind: 'password' },
  ],
  on_change: ['/usr/local/bin/changed', '--now'],
};
const definition = appDefinitionSchema.parse(described);

function asked() {
  return node.control.apps.asked.map(({ app, ask }) => ({ app, ...ask }));
}

/** Everything a node might say, to see that only what is fixed gets out. */
const chatty: { readonly [key: string]: Json } = {
  app: 'web',
  app_param: 'greeting',
  grove_param: 'hail',
  applied: true,
  seq: 7,
  schedule: 'accepted',
  generation: 3,
  more: 'than that',
};
const scheduled = { schedule: 'accepted', generation: 3 };

describe('a method of apps', () => {
  // i[verify apps.methods]
  it.each([
    ['/apps/create', described, { app: 'web', what: 'create', definition }, { generation: 3 }],
    ['/apps/remove', { app: 'web' }, { app: 'web', what: 'remove' }, {}],
    ['/apps/install/invoke', { app: 'web' }, { app: 'web', what: 'install' }, scheduled],
    [
      '/apps/params/set',
      { app: 'web', name: 'greeting', value: 'a\nb' },
      { app: 'web', what: 'set', name: 'greeting', value: 'a\nb' },
      scheduled,
    ],
    [
      '/apps/params/unset',
      { app: 'web', name: 'greeting' },
      { app: 'web', what: 'unset', name: 'greeting' },
      scheduled,
    ],
    [
      '/grove/map',
      { app: 'web', app_param: 'greeting', grove_param: 'hail' },
      { app: 'web', what: 'map', appParam: 'greeting', groveParam: 'hail' },
      { app: 'web', app_param: 'greeting', grove_param: 'hail', applied: true, seq: 7, ...scheduled },
    ],
    [
      '/grove/unmap',
      { app: 'web', app_param: 'greeting' },
      { app: 'web', what: 'unmap', appParam: 'greeting' },
      {},
    ],
  ])(
    'reaches the node as it was said, and answers with its own fields: %s',
    async (method, params, ask, answer) => {
      node.control.apps.answer = { ok: true, value: chatty };
      expect(await client.request(method, params as never)).toEqual({ ok: true, value: answer });
      expect(asked()).toEqual([ask]);
      const refusal = { code: 'not_found', message: 'there is no app web', details: { app: 'web' } } as const;
      node.control.apps.answer = { ok: false, reason: refusal };
      expect(await client.request(method, params as never)).toEqual({ ok: false, reason: refusal });
    },
  );

  it.each([
    ['/apps/create', { ...described, on_chnage: ['x'] }, 'on_chnage'],
    ['/apps/create', { app: 'w' }, 'app'],
    ['/apps/create', { app: 'web', params: [{ name: 'greeting', kind: 'number' }] }, 'params.0.kind'],
    ['/apps/create', { app: 'web', on_change: 'changed' }, 'on_change'],
    ['/apps/params/set', { app: 'web', name: 'greeting', value: 7 }, 'value'],
    ['/grove/map', { app: 'web', app_param: 'greeting' }, 'grove_param'],
    ['/apps/show', { app: '../web' }, 'app'],
  ])('names the field that is wrong: %s %j', async (method, params, field) => {
    expect(await client.request(method, params as never)).toMatchObject({
      ok: false,
      reason: { code: 'invalid_request', details: { field } },
    });
    expect(asked()).toEqual([]);
  });
});

describe('an app that is described by a text', () => {
  // i[verify app.definition-text]
  it('is created as its file would be, and every mistake is told with its line and field', async () => {
    node.control.apps.answer = { ok: true, value: chatty };
    const text =
      'app: web\nparams:\n  - name: greeting\n    default_value: hello\n  - {name: api-key, kind: password}\non_change: [/usr/local/bin/changed, --now]\n';
    expect(await client.request('/apps/create-from', { text })).toEqual({
      ok: true,
      value: { app: 'web', generation: 3 },
    });
    expect(asked()).toEqual([{ app: 'web', what: 'create', definition }]);
    const wrong = await client.request('/apps/create-from', { text: `${text}on_chnage: [x]\nsignal: 7\n` });
    expect(wrong).toMatchObject({
      ok: false,
      reason: {
        code: 'invalid_request',
        message: expect.stringMatching(/^line \d: \S+ .*\nline \d: \S+ /),
        details: {
          problems: expect.arrayContaining([
            { line: 7, field: 'on_chnage', problem: 'no such field' },
            expect.objectContaining({ line: 8, field: 'signal' }),
          ]),
        },
      },
    });
    expect(asked()).toHaveLength(1);
  });
});

describe('what is shown of an app', () => {
  const operation = {
    id: 7,
    kind: 'on_change' as const,
    reason: 'changed',
    attempt: 1,
    generation: 3,
    seq: 7,
    changes: [{ name: 'greeting', seq: 7, sha256: 'aa' }],
    actor: { kind: 'grove', id: 'g', display: 'grove:7' },
    state: 'succeeded' as const,
    started_at: '2026-05-07T12:00:00Z',
    finished_at: '2026-05-07T12:00:01Z',
    duration_ms: 12,
    exit_code: 0,
    signal: null,
    detail: null,
    output: 'done\n',
  };
  const view: AppView = {
    definition,
    params: definition.params.map((param) => ({
      ...param,
      value: 'kia ora',
      is_set: true,
      grove_param: 'hail',
    })),
    state: 'idle',
    generation: 3,
    created_at: '2026-05-07T12:00:00Z',
    failures: 0,
    last_error: null,
    operations: Array.from({ length: 30 }, (_, index) => ({ ...operation, id: 40 - index })),
  };

  // i[verify apps.round-trip]
  it('creates the same app when it is given back', async () => {
    node.control.apps.views = [view];
    const shown = await client.request('/apps/show', { app: 'web' });
    expect(shown.ok && (shown.value as { operations: unknown[] }).operations).toHaveLength(20);
    if (!shown.ok) throw new Error('it is shown');
    expect(await client.request('/apps/create', shown.value as never)).toMatchObject({ ok: true });
    expect(asked()).toEqual([{ app: 'web', what: 'create', definition }]);
    expect(shown.value).toMatchObject({
      ...definitionToJson(definition),
      params: expect.anything(),
      state: 'idle',
    });
  });

  it('is a list, and mappings are one, or the reason why there are none', async () => {
    const summary = {
      app: 'web',
      state: 'idle' as const,
      generation: 3,
      params_count: 2,
      bound_count: 1,
      last_error: null,
    };
    node.control.apps.summaries = [summary];
    expect(await client.request('/apps/list')).toEqual({ ok: true, value: [summary] });
    expect(await client.request('/grove/mappings')).toEqual({ ok: true, value: [] });
    const reason = { code: 'not_found', message: 'this node is in no grove' } as const;
    node.control.apps.bound = { ok: false, reason };
    expect(await client.request('/grove/mappings')).toEqual({ ok: false, reason });
    expect(await client.request('/apps/show', { app: 'mail' })).toMatchObject({
      reason: { code: 'not_found' },
    });
  });
});
