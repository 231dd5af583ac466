/** `apps …`: what this node configures. */
import type { Command } from 'commander';
import { definitionToJson, parseDefinitionFile } from '../../apps/index.ts';
import { isName, isParamKind, isSecretKind, nameRule, paramKinds } from '../../protocol/index.ts';
import type { Json } from '../../protocol/types.ts';
import { appAnswer, appsAnswer, generationAnswer, read, scheduleAnswer } from '../answers.ts';
import type { CommandContext } from '../context.ts';
import { usageError } from '../exit.ts';
import { example, type Run } from '../help.ts';
import { fields, safe, table } from '../output.ts';
import { commandWords } from '../words.ts';
import { readStdin, readTextFile, readValue } from './params.ts';

interface CreateOptions {
  readonly from?: string;
  readonly param?: readonly string[];
  readonly secretParam?: readonly string[];
  readonly require?: readonly string[];
  readonly onChange?: string;
  readonly install?: string;
}

const createHelp = `
A param is NAME, NAME:KIND, NAME=DEFAULT or NAME:KIND=DEFAULT; kinds are ${paramKinds.join(', ')}.
CMD is a program and its arguments, with quotes as in a shell; none reads it. To have one, name it: "sh -c '…'".
`;

export function addAppsCommands(program: Command, run: Run): void {
  const apps = program.command('apps').description('what this node configures');
  const create = apps
    .command('create')
    .description('register an app, with its params and what runs when they change')
    .argument('[name]', 'letters, digits and hyphens; with --from, another name than that of the file');
  create
    .option('--from <file>', 'all of it from a file, YAML or JSON; - reads standard input')
    .option('--param <param>', 'a param; repeatable', collect, [])
    .option(
      '--secret-param <param>',
      'a param whose value is encrypted and never shown; repeatable',
      collect,
      [],
    )
    .option('--require <name>', 'nothing runs while this param has no value; repeatable', collect, [])
    .option('--on-change <cmd>', 'what to run when params changed')
    .option('--install <cmd>', 'what apps install runs')
    .addHelpText(
      'after',
      createHelp +
        example(
          'seedling-ctl apps create web --param greeting=hello --on-change "/usr/local/bin/web-changed"',
          'seedling-ctl apps create --from nginx.yaml',
        ),
    )
    .action(run(createApp));
  addReadingCommands(apps, run);
  addChangingCommands(apps, run);
}

function addReadingCommands(apps: Command, run: Run): void {
  apps
    .command('list')
    .description('the apps of this node')
    .addHelpText('after', example('seedling-ctl apps list'))
    .action(run(listApps));
  apps
    .command('show')
    .description('one app: its params, their values, and what was run')
    .argument('<name>')
    .addHelpText(
      'after',
      example('seedling-ctl apps show web', 'seedling-ctl --json apps show web > web.json'),
    )
    .action(run(showApp));
}

function addChangingCommands(apps: Command, run: Run): void {
  apps
    .command('install')
    .description('run the install command of an app')
    .argument('<name>')
    .addHelpText('after', example('seedling-ctl apps install web'))
    .action(run(installApp));
  apps
    .command('remove')
    .description('forget an app, with its values and mappings; nothing is run')
    .argument('<name>')
    .addHelpText('after', example('seedling-ctl apps remove web'))
    .action(run(removeApp));
  const param = apps.command('param').description('set or unset one param of an app');
  param
    .command('set')
    .description('set a param of an app on this node')
    .argument('<app>')
    .argument('<name>')
    .argument('[value]', 'the value; - reads it from standard input')
    .option('--file <file>', 'read the value from a file')
    .addHelpText('after', example('seedling-ctl apps param set web greeting "kia ora"'))
    .action(run(setParam));
  param
    .command('unset')
    .description('take the value of a param away: it falls back to its default')
    .argument('<app>')
    .argument('<name>')
    .addHelpText('after', example('seedling-ctl apps param unset web greeting'))
    .action(run(unsetParam));
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function createApp(
  { request, output, io }: CommandContext,
  name: string | undefined,
  options: CreateOptions,
): Promise<void> {
  const wanted =
    options.from === undefined ? fromOptions(name, options) : await fromFile(io, options.from, name, options);
  const answer = await request('/apps/create', wanted);
  output.result(answer);
  if (output.json) return;
  const app = safe(String(wanted.app));
  output.line(`created ${app}, generation ${read(generationAnswer, answer).generation}`);
  if (wanted.install !== undefined && wanted.install !== null)
    output.line(`next: seedling-ctl apps install ${app}`);
}

type Wanted = { readonly [field: string]: Json };

// i[impl ctl.app-file]
async function fromFile(
  io: CommandContext['io'],
  path: string,
  name: string | undefined,
  options: CreateOptions,
): Promise<Wanted> {
  const { param = [], secretParam = [], require = [], onChange, install } = options;
  if (param.length + secretParam.length + require.length > 0 || (onChange ?? install) !== undefined)
    throw usageError('give --from, or the app in options, not both');
  const text = path === '-' ? await readStdin(io.stdin) : readTextFile(path);
  const parsed = parseDefinitionFile(text);
  if (!parsed.ok) {
    throw usageError(
      parsed.problems.map(({ line, field, problem }) => `${path}:${line}: ${field} ${problem}`).join('\n'),
    );
  }
  const { definition } = parsed;
  return definitionToJson(name === undefined ? definition : { ...definition, name });
}

function fromOptions(
  name: string | undefined,
  { param = [], secretParam = [], require = [], onChange, install }: CreateOptions,
): Wanted {
  if (name === undefined) throw usageError('give the app a name, or --from FILE');
  const params = [
    ...param.map((text) => paramOf(text, false)),
    ...secretParam.map((text) => paramOf(text, true)),
  ];
  for (const required of require) {
    if (!params.some((known) => known.name === required))
      throw usageError(`--require ${required}: there is no --param ${required}`);
  }
  return {
    app: name,
    params: params.map((known) => ({ ...known, required: require.includes(known.name) })),
    ...(onChange === undefined ? {} : { on_change: [...commandWords(onChange, '--on-change')] }),
    ...(install === undefined ? {} : { install: [...commandWords(install, '--install')] }),
  };
}

function paramOf(text: string, secret: boolean) {
  const [declared = '', ...rest] = text.split('=');
  const [name = '', kind = 'text', ...more] = declared.split(':');
  const default_value = rest.length === 0 ? null : rest.join('=');
  const option = secret ? '--secret-param' : '--param';
  if (!isName(name)) throw usageError(`${option} ${text}: ${name} is no name: ${nameRule}`);
  if (more.length > 0 || !isParamKind(kind))
    throw usageError(`${option} ${text}: the kind must be one of ${paramKinds.join(', ')}`);
  return { name, kind, default_value, secret: secret || isSecretKind(kind) };
}

async function listApps({ request, output }: CommandContext): Promise<void> {
  const answer = await request('/apps/list');
  output.result(answer);
  if (output.json) return;
  const rows = read(appsAnswer, answer).map((app) => [
    app.app,
    app.state,
    String(app.generation),
    `${app.params_count} (${app.bound_count} bound)`,
    app.last_error ?? '',
  ]);
  output.line(table(output.style, ['APP', 'STATE', 'GENERATION', 'PARAMS', 'REMARK'], rows));
}

async function showApp({ request, output }: CommandContext, name: string): Promise<void> {
  const answer = await request('/apps/show', { app: name });
  output.result(answer);
  if (output.json) return;
  const app = read(appAnswer, answer);
  output.line(
    fields([
      ['app', app.app],
      ['state', app.last_error === null ? app.state : `${app.state}: ${app.last_error}`],
      ['generation', app.generation],
      ['created', app.created_at],
    ]),
  );
  if (app.params.length > 0) {
    output.line();
    const rows = app.params.map((param) => [param.name, param.kind, shownValue(param), remark(param)]);
    output.line(table(output.style, ['PARAM', 'KIND', 'VALUE', 'REMARK'], rows));
  }
  if (app.operations.length === 0) return;
  output.line();
  const rows = app.operations.map((operation) => [
    operation.started_at,
    `${operation.kind} (${operation.reason})`,
    operation.state,
    operation.changes.map((change) => change.name).join(' '),
    operation.detail ?? '',
  ]);
  output.line(table(output.style, ['STARTED', 'OPERATION', 'ENDED', 'PARAMS', 'REMARK'], rows));
}

interface ShownParam {
  readonly value: string | null;
  readonly is_set: boolean;
  readonly secret: boolean;
  readonly required: boolean;
  readonly grove_param: string | null;
}

function shownValue({ value, secret, is_set }: ShownParam): string {
  if (secret) return is_set ? '(secret)' : '-';
  return value ?? '-';
}

function remark({ grove_param, is_set, value, required }: ShownParam): string {
  if (grove_param !== null) return `follows ${grove_param}`;
  if (is_set) return '';
  if (value !== null) return 'default';
  return required ? 'required' : '';
}

async function installApp({ request, output }: CommandContext, name: string): Promise<void> {
  output.result(await request('/apps/install/invoke', { app: name }));
  output.line(`installing ${safe(name)}: seedling-ctl apps show ${safe(name)}`);
}

async function removeApp({ request, output }: CommandContext, name: string): Promise<void> {
  output.result(await request('/apps/remove', { app: name }));
  output.line(`removed ${safe(name)}`);
}

async function setParam(
  { request, output, io }: CommandContext,
  app: string,
  name: string,
  given: string | undefined,
  { file }: { readonly file?: string },
): Promise<void> {
  const value = await readValue(io, given, file);
  const answer = await request('/apps/params/set', { app, name, value });
  output.result(answer);
  if (!output.json) output.line(`set ${safe(name)} of ${safe(app)}${scheduleText(answer)}`);
}

async function unsetParam({ request, output }: CommandContext, app: string, name: string): Promise<void> {
  const answer = await request('/apps/params/unset', { app, name });
  output.result(answer);
  if (!output.json) output.line(`unset ${safe(name)} of ${safe(app)}${scheduleText(answer)}`);
}

function scheduleText(answer: Json): string {
  const { generation, schedule } = read(scheduleAnswer, answer);
  const runs = schedule === 'accepted' ? 'on_change runs' : 'nothing to run';
  return `, generation ${generation}; ${runs}`;
}
