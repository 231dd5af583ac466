/** Definitions of apps: files with their mistakes, and the way there and back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { appDefinitionSchema, definitionToJson, parseDefinitionFile } from '../../src/apps/index.ts';
import { type AppDefinition, definitionFileBytesMax, paramKinds } from '../../src/protocol/index.ts';

const nginx = `# The web server of a clinic.
app: web
params:
  - name: port
    default_value: "80"
    description: where it listens
  - name: api-token
    kind: password
    required: true
on_change: [/usr/sbin/nginx, -t]
install:
  command: [/usr/bin/apt-get, install, -y, nginx]
  timeout_ms: 600000
render:
  - target: /etc/nginx/site.conf
    mode: "640"
    template: |
      listen {{port}};
      set {{ api-token | nginx }};
signal:
  pid_file: /run/nginx.pid
  signal: HUP
  process_name: nginx
`;

function problemsOf(text: string): readonly string[] {
  const file = parseDefinitionFile(text);
  return file.ok ? [] : file.problems.map(({ line, field, problem }) => `${line} ${field}: ${problem}`);
}

function parsed(text: string): AppDefinition {
  const file = parseDefinitionFile(text);
  if (!file.ok) throw new Error(problemsOf(text).join('\n'));
  return file.definition;
}

describe('a definition', () => {
  // i[verify app.definition]
  it('is read from YAML, with everything filled in that was left out', () => {
    expect(parsed(nginx)).toEqual({
      name: 'web',
      params: [
        {
          name: 'api-token',
          kind: 'password',
          required: true,
          default_value: null,
          description: '',
          secret: true,
        },
        {
          name: 'port',
          kind: 'text',
          required: false,
          default_value: '80',
          description: 'where it listens',
          secret: false,
        },
      ],
      install: {
        command: ['/usr/bin/apt-get', 'install', '-y', 'nginx'],
        timeout_ms: 600_000,
        working_directory: null,
      },
      on_change: { command: ['/usr/sbin/nginx', '-t'], timeout_ms: 60_000, working_directory: null },
      render: [
        {
          template: 'listen {{port}};\nset {{ api-token | nginx }};\n',
          template_file: null,
          target: '/etc/nginx/site.conf',
          mode: '0640',
        },
      ],
      signal: { pid_file: '/run/nginx.pid', signal: 'SIGHUP', process_name: 'nginx' },
      restart: null,
    });
  });

  it('needs no more than a name', () => {
    const bare = {
      name: 'web',
      params: [],
      install: null,
      on_change: null,
      render: [],
      signal: null,
      restart: null,
    };
    expect(parsed('app: web')).toEqual(bare);
    expect(parsed('{\n\t"app": "web",\n\t"params": [\n\t]\n}')).toEqual(bare);
  });

  // i[verify app.definition-file]
  it.each([
    ['', '1 file: must have app, and may have params, install, on_change, render, signal and restart'],
    ['[]', '1 file: must have app, and may have params, install, on_change, render, signal and restart'],
    ['params: []', '1 app: must be there'],
    [
      'app: a',
      '1 app: must be 3 to 63 letters, digits and hyphens, beginning with a letter and not ending with a hyphen',
    ],
    ['app: 123', '1 app: must be text: put it in quotes'],
    ['app: web\non-change: [true]', '2 on-change: no such field'],
    ['app: web\nname: web', '2 name: no such field'],
    ['app: web\nparams:\n  port: 80', '2 params: must be a list of params'],
    [
      'app: web\nparams:\n  - port',
      '3 params[0]: must have name, and may have kind, required, default_value, description and secret',
    ],
    [
      'app: web\nparams:\n  - name: port\n    kind: number',
      '4 params[0].kind: must be one of text, multiline, email, password, weak-password',
    ],
    [
      'app: web\nparams:\n  - name: port\n    default_value: 80',
      '4 params[0].default_value: must be text: put it in quotes',
    ],
    [
      'app: web\nparams:\n  - name: port\n    default_value: "a\\nb"',
      '4 params[0].default_value: has a line break or a control character, and its kind is text, one line',
    ],
    ['app: web\nparams:\n  - name: port\n    required: yes', '4 params[0].required: must be true or false'],
    [
      'app: web\nparams:\n  - name: token\n    secret: true\n    default_value: x',
      '5 params[0].default_value: cannot be there: whoever reads the definition could read the secret',
    ],
    [
      'app: web\nparams:\n  - name: the-port\n  - name: port\n  - name: The-Port',
      '5 params[2].name: is named like the-port: a command sees both as PARAM_THE_PORT',
    ],
    ['app: web\nparams:\n  - name: port\n  - name: port', '4 params[1].name: is there already'],
    [
      'app: web\non_change: /bin/true',
      '2 on_change: must be a list of words, or have command, timeout_ms and working_directory',
    ],
    ['app: web\non_change: []', '2 on_change.command: must begin with a program'],
    [
      'app: web\non_change:\n  - ./hook',
      '2 on_change.command: must begin with a full path, or the name of a program in PATH',
    ],
    ['app: web\non_change: [sleep, 5]', '2 on_change.command[1]: must be text: put it in quotes'],
    [
      'app: web\ninstall:\n  command: ["true"]\n  timeout_ms: 5',
      '4 install.timeout_ms: must be at least 100',
    ],
    ['app: web\ninstall:\n  command: ["true"]\n  shell: true', '4 install.shell: no such field'],
    ['app: web\nrender:\n  - target: /etc/x', '3 render[0]: must have either template or template_file'],
    [
      'app: web\nrender:\n  - target: etc/x\n    template: x',
      '3 render[0].target: must be a full path, beginning with /',
    ],
    ['app: web\nrender:\n  - target: /etc/\n    template: x', '3 render[0].target: must name a file'],
    [
      'app: web\nrender:\n  - target: /etc/x\n    template: x\n    mode: 0640',
      '5 render[0].mode: must be text: put it in quotes',
    ],
    [
      'app: web\nrender:\n  - target: /etc/x\n    template: x\n    mode: "4755"',
      '5 render[0].mode: must be octal digits in quotes, such as "0640"',
    ],
    [
      'app: web\nrender:\n  - target: /etc/x\n    template: |\n      a\n      {{pott}}',
      '4 render[0].template: line 2: {{pott}}: the app has no param pott',
    ],
    [
      'app: web\nsignal:\n  pid_file: /run/x.pid\n  signal: KILL',
      '4 signal.signal: must be one of SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH',
    ],
    ['app: web\nrestart:\n  unit: --force', '3 restart.unit: is no name of a systemd unit'],
    [
      'app: web\nsignal: {pid_file: /run/x.pid}\nrestart: {unit: web}',
      '3 restart: cannot be there together with signal',
    ],
    ['app: &a web\ndescription: *a', '2 description: must be written out: aliases are not read'],
    ['app: web\napp: web', '2 file: Map keys must be unique'],
    ['app: web\n? [a]\n: x', '2 file: a field must have a name'],
  ])('with a mistake is refused with its line and field: %j', (text, expected) => {
    const [first = '', ...more] = problemsOf(text);
    expect(more).toEqual([]);
    expect(first.startsWith(expected)).toBe(true);
  });

  // i[verify app.definition-file]
  it('names all mistakes of a file, in bounds', () => {
    expect(problemsOf('app: web\nparams:\n  - name: x\n  - kind: y\nfoo: bar')).toHaveLength(4);
    const many = `app: web\nparams:\n${'  - name: x\n'.repeat(100)}`;
    expect(problemsOf(many)).toHaveLength(20);
  });

  // i[verify app.definition-bounds]
  it('that is too large, too deep or too many is refused, and costs little', () => {
    const deep = 100_000;
    expect(problemsOf(`app: ${'['.repeat(deep)}${']'.repeat(deep)}`)).toEqual([
      '1 file: is nested more than 32 deep',
    ]);
    expect(problemsOf('x'.repeat(definitionFileBytesMax + 1))).toEqual([
      '1 file: is longer than 1048576 bytes',
    ]);
    const params = Array.from({ length: 129 }, (_, index) => `  - name: p${index}x\n`).join('');
    expect(problemsOf(`app: web\nparams:\n${params}`)).toEqual(['2 params: has more than 128 params']);
    const large = Array.from({ length: 6 }, (_, index) => ({
      target: `/t${index}`,
      template: 'x'.repeat(60_000),
    }));
    expect(problemsOf(JSON.stringify({ app: 'web', render: large }))).toEqual([
      '1 file: is longer than 262144 bytes',
    ]);
  });

  // i[verify app.definition]
  it('comes back the same from what is shown of it, with what is shown besides', () => {
    const definition = parsed(nginx);
    const { params, ...shown } = z.record(z.string(), z.json()).parse(definitionToJson(definition));
    const withState = {
      ...shown,
      params: z
        .array(z.record(z.string(), z.json()))
        .parse(params)
        .map((param) => ({ ...param, value: null, is_set: true, grove_param: 'g-g' })),
      state: 'idle',
      generation: 7,
      created_at: '2026-01-01T00:00:00Z',
      failures: 0,
      last_error: null,
      operations: [{ kind: 'install' }],
    };
    expect(parsed(JSON.stringify(withState, null, 2))).toEqual(definition);
    expect(parsed(stringify(withState))).toEqual(definition);
  });

  // i[verify app.definition]
  it('of any form comes back the same, as JSON and as YAML', () => {
    const property = fc.property(definitions, (given) => {
      const definition = appDefinitionSchema.parse(given);
      const shown = definitionToJson(definition);
      expect(appDefinitionSchema.parse(shown)).toEqual(definition);
      expect(parsed(JSON.stringify(shown))).toEqual(definition);
      expect(parsed(stringify(shown))).toEqual(definition);
    });
    fc.assert(property, { numRuns: 60 });
  });
});

const nameOf = fc.stringMatching(/^[a-z]{3,12}$/);
const words = fc
  .array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 4 })
  .map((list) => ['/bin/program', ...list.map((word) => word.replaceAll('\0', ''))]);
const command = fc.oneof(
  words,
  fc.record({ command: words, timeout_ms: fc.integer({ min: 100, max: 1_000 }) }),
);
const line = fc.stringMatching(/^[ -~]{0,20}$/).map((value) => value.replaceAll('{{', ''));
const param = fc.record(
  {
    name: nameOf,
    kind: fc.constantFrom(...paramKinds.filter((kind) => kind !== 'email')),
    required: fc.boolean(),
    description: line,
  },
  { requiredKeys: ['name'] },
);
const definitions = fc.record(
  {
    app: nameOf,
    params: fc.uniqueArray(param, { selector: ({ name }) => name, maxLength: 5 }),
    install: fc.option(command),
    on_change: command,
    render: fc.uniqueArray(
      fc.record({
        target: nameOf.map((name) => `/etc/${name}`),
        template: line,
        mode: fc.constantFrom('600', '0644', null),
      }),
      { selector: ({ target }) => target, maxLength: 3 },
    ),
    restart: fc.option(fc.record({ unit: nameOf })),
  },
  { requiredKeys: ['app'] },
);
