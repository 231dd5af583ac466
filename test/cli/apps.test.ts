/** The commands of apps and mappings against a real operator interface. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appDefinitionSchema } from '../../src/apps/index.ts';
import { type OperatorNode, startNode } from '../operator/fixture.ts';
import { ctl } from './ctl.ts';

let node: OperatorNode;
beforeEach(async () => {
  node = await startNode();
  node.control.apps.answer = { ok: true, value: { generation: 3, schedule: 'accepted', applied: true } };
});
afterEach(() => node.stop());

const run = (argv: readonly string[], stdin?: string) =>
  ctl(['--data-dir', node.directory, ...argv], stdin === undefined ? {} : { stdin });

/** Runs a command that must succeed; returns what it printed. */
async function text(...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv);
  expect({ argv, exitCode, stderr }).toEqual({ argv, exitCode: 0, stderr: '' });
  return stdout;
}

const asked = () => node.control.apps.asked.map(({ app, ask }) => ({ app, ...ask }));

describe('apps create', () => {
  it('takes params, kinds, defaults, secrets and commands from its options', async () => {
    const printed = await text(
      'apps',
      'create',
      'web',
      '--param',
      'greeting=kia ora=koe',
      '--param',
      'contact:email',
      '--secret-param',
      'api-key',
      '--require',
      'contact',
      '--on-change',
      `sh -c 'echo "$PARAM_GREETING"'`,
      '--install',
      '["/bin/install","web"]',
    );
    expect(printed).toBe('created web, generation 3\nnext: seedling-ctl apps install web\n');
    const definition = appDefinitionSchema.parse({
      app: 'web',
      params: [
        { name: 'greeting', default_value: 'kia ora=koe' },
        { name: 'contact', kind: 'email', required: true },
        { name: 'api-key', secret: true },
      ],
      on_change: ['sh', '-c', 'echo "$PARAM_GREETING"'],
      install: ['/bin/install', 'web'],
    });
    expect(asked()).toEqual([{ app: 'web', what: 'create', definition }]);
  });

  const yaml = `app: web
params:
  - name: greeting
    default_value: hello
on_change: [/usr/local/bin/changed]
`;

  // i[verify ctl.app-file]
  it('takes all of it from a file, under another name where one is given', async () => {
    const file = join(node.directory, 'web.yaml');
    writeFileSync(file, yaml);
    await text('apps', 'create', '--from', file);
    await text('apps', 'create', 'web-2', '--from', file);
    const piped = await run(['apps', 'create', '--from', '-'], JSON.stringify({ app: 'mail' }));
    expect(piped.exitCode).toBe(0);
    expect(asked().map(({ app }) => app)).toEqual(['web', 'web-2', 'mail']);
    expect(asked()[1]).toMatchObject({
      definition: { name: 'web-2', on_change: { command: ['/usr/local/bin/changed'] } },
    });
  });

  // i[verify ctl.app-file]
  it('reports every mistake of a file with its line and field, and sends nothing', async () => {
    const file = join(node.directory, 'web.yaml');
    writeFileSync(file, `${yaml.replace('hello', '7')}on_chnage: [x]\n`);
    const { exitCode, stderr } = await run(['apps', 'create', '--from', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${file}:4: params[0].default_value must be text`);
    expect(stderr).toContain(`${file}:6: on_chnage no such field`);
    expect(asked()).toEqual([]);
  });

  it.each([
    ['no name', ['apps', 'create'], /give the app a name/],
    ['an unknown kind', ['apps', 'create', 'web', '--param', 'port:number'], /kind must be one of/],
    ['a name that is none', ['apps', 'create', 'web', '--param', '9'], /is no name/],
    [
      'a required param that is not there',
      ['apps', 'create', 'web', '--require', 'port'],
      /there is no --param port/,
    ],
    ['a shell that is not there', ['apps', 'create', 'web', '--on-change', 'a > b'], /no shell reads this/],
    ['a file and options', ['apps', 'create', '--from', 'x', '--param', 'greeting'], /not both/],
  ])('is wrong usage with %s', async (_title, argv, message) => {
    const { exitCode, stderr } = await run(argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('a command of apps', () => {
  it.each([
    [
      ['apps', 'param', 'set', 'web', 'greeting', 'kia ora'],
      'set greeting of web, generation 3; on_change runs',
    ],
    [['apps', 'param', 'unset', 'web', 'greeting'], 'unset greeting of web, generation 3; on_change runs'],
    [['apps', 'install', 'web'], 'installing web: seedling-ctl apps show web'],
    [['apps', 'remove', 'web'], 'removed web'],
    [
      ['grove', 'map', 'web', 'greeting', 'hail'],
      'greeting of web follows hail and has its value now; on_change runs',
    ],
    [['grove', 'unmap', 'web', 'greeting'], 'greeting of web follows nothing any more and keeps its value'],
  ])('says what it did: %j', async (argv, line) => {
    expect(await text(...argv)).toBe(`${line}\n`);
    expect(asked()).toHaveLength(1);
  });

  it('passes a refusal on with exit code 1', async () => {
    const message = 'greeting of web follows the grove param hail';
    const reason = { code: 'requirements_invalid', message, details: { grove_param: 'hail' } } as const;
    node.control.apps.answer = { ok: false, reason };
    const { exitCode, stderr } = await run(['--json', 'apps', 'param', 'set', 'web', 'greeting', 'x']);
    expect([exitCode, JSON.parse(stderr)]).toEqual([1, { error: reason }]);
  });

  it('shows apps and mappings as tables, safe for a terminal, secrets hidden', async () => {
    node.control.apps.summaries = [
      {
        app: 'web',
        state: 'retrying',
        generation: 3,
        params_count: 2,
        bound_count: 1,
        last_error: 'exited with 3',
      },
    ];
    expect(await text('apps', 'list')).toBe(
      'APP  STATE     GENERATION  PARAMS       REMARK\nweb  retrying  3           2 (1 bound)  exited with 3\n',
    );
    const definition = appDefinitionSchema.parse({
      app: 'web',
      params: [{ name: 'greeting' }, { name: 'key', secret: true }, { name: 'port', required: true }],
    });
    const params = definition.params.map((param) => ({
      ...param,
      value: param.name === 'greeting' ? 'kia\u001b[31m ora' : null,
      is_set: param.name !== 'port',
      grove_param: param.name === 'greeting' ? 'hail' : null,
    }));
    const state = {
      state: 'idle' as const,
      generation: 3,
      created_at: 'then',
      failures: 0,
      last_error: null,
    };
    node.control.apps.views = [{ definition, params, ...state, operations: [] }];
    const shown = await text('apps', 'show', 'web');
    expect(shown).toContain('greeting  text  kia\\u{1b}[31m ora  follows hail');
    expect(shown).toMatch(/key +text +\(secret\)/);
    expect(shown).toMatch(/port +text +- +required/);
    const mapping = {
      app: 'web',
      app_param: 'greeting',
      grove_param: 'hail',
      applied_seq: 4,
      last_error: null,
    };
    node.control.apps.bound = { ok: true, value: [{ ...mapping, state: 'in-sync' }] };
    expect(await text('grove', 'mappings')).toBe(
      'APP  PARAM     FOLLOWS  STATE    SEQ  REMARK\nweb  greeting  hail     in-sync  4\n',
    );
  });
});
