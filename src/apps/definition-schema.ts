/** What `/apps/create` takes and a definition file holds, and the same written again. */
import { z } from 'zod';
import type { AppDefinition, AppParam } from '../protocol/app-types.ts';
import {
  appParamsMax,
  definitionBytesMax,
  isSecretKind,
  type Json,
  paramValueProblem,
  paramVariable,
  rendersMax,
} from '../protocol/index.ts';
import {
  commandField,
  descriptionField,
  flag,
  kindField,
  nameField,
  renderField,
  restartField,
  shapeError,
  signalField,
  text,
} from './definition-fields.ts';
import { templateProblem } from './template.ts';

/** What `apps show` adds to a definition: read over, so that what it prints can be given back. */
export const appStateFields = [
  'state',
  'generation',
  'created_at',
  'failures',
  'last_error',
  'operations',
] as const;
export const paramStateFields = ['value', 'is_set', 'grove_param'] as const;

const ignored = z.unknown().optional();

// i[impl app.definition]
const paramField = z
  .strictObject(
    {
      name: nameField,
      kind: kindField.default('text'),
      required: flag.default(false),
      default_value: text.nullable().default(null),
      description: descriptionField.default(''),
      secret: flag.default(false),
      ...fieldsIgnored(paramStateFields),
    },
    shapeError('must have name, and may have kind, required, default_value, description and secret'),
  )
  .transform(
    ({ name, kind, required, default_value, description, secret }): AppParam => ({
      name,
      kind,
      required,
      default_value,
      description,
      secret: secret || isSecretKind(kind),
    }),
  )
  .superRefine(({ kind, default_value, secret }, context) => {
    if (default_value === null) return;
    const problem = secret
      ? 'cannot be there: whoever reads the definition could read the secret'
      : paramValueProblem(kind, default_value);
    if (problem !== null) context.addIssue({ code: 'custom', path: ['default_value'], message: problem });
  });

/** Output: the definition in its full form. */
export const appDefinitionSchema = z
  .strictObject(
    {
      app: nameField,
      params: z
        .array(paramField, 'must be a list of params')
        .max(appParamsMax, `has more than ${appParamsMax} params`)
        .default([]),
      install: commandField.nullish().transform(orNull),
      on_change: commandField.nullish().transform(orNull),
      render: z
        .array(renderField, 'must be a list of files')
        .max(rendersMax, `has more than ${rendersMax} files`)
        .nullish()
        .transform((list) => list ?? []),
      signal: signalField.nullish().transform(orNull),
      restart: restartField.nullish().transform(orNull),
      ...fieldsIgnored(appStateFields),
    },
    shapeError('must have app, and may have params, install, on_change, render, signal and restart'),
  )
  .transform(
    ({ app, params, install, on_change, render, signal, restart }): AppDefinition => ({
      name: app,
      params,
      install,
      on_change,
      render,
      signal,
      restart,
    }),
  )
  .superRefine(checkTogether)
  .transform((definition) => ({
    ...definition,
    params: [...definition.params].sort((left, right) => (left.name < right.name ? -1 : 1)),
  }));

/** What `appDefinitionSchema` takes and gives back unchanged: fields in the order a person would write them. */
export function definitionToJson(definition: AppDefinition): { readonly [key: string]: Json } {
  const { name, params, install, on_change, render, signal, restart } = definition;
  return {
    app: name,
    params: params.map((param) => ({ ...param })),
    install: install === null ? null : { ...install },
    on_change: on_change === null ? null : { ...on_change },
    render: render.map((file) => ({ ...file })),
    signal: signal === null ? null : { ...signal },
    restart: restart === null ? null : { ...restart },
  };
}

function checkTogether(definition: AppDefinition, context: z.RefinementCtx): void {
  const report = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const variables = new Map<string, string>();
  for (const [index, { name }] of definition.params.entries()) {
    const earlier = variables.get(paramVariable(name));
    variables.set(paramVariable(name), name);
    if (earlier === undefined) continue;
    const twice = `is named like ${earlier}: a command sees both as ${paramVariable(name)}`;
    report(['params', index, 'name'], earlier === name ? 'is there already' : twice);
  }
  const names = definition.params.map(({ name }) => name);
  const targets = new Set<string>();
  for (const [index, { target, template }] of definition.render.entries()) {
    if (targets.has(target)) report(['render', index, 'target'], 'is written already');
    targets.add(target);
    const problem = template === null ? null : templateProblem(template, names);
    if (problem !== null) report(['render', index, 'template'], `line ${problem.line}: ${problem.message}`);
  }
  if (definition.signal !== null && definition.restart !== null)
    report(['restart'], 'cannot be there together with signal');
  if (Buffer.byteLength(JSON.stringify(definitionToJson(definition))) > definitionBytesMax)
    report([], `is longer than ${definitionBytesMax} bytes`);
}

function orNull<Value>(value: Value | null | undefined): Value | null {
  return value ?? null;
}

function fieldsIgnored<Name extends string>(names: readonly Name[]): { [Field in Name]: typeof ignored } {
  return Object.fromEntries(names.map((name) => [name, ignored])) as { [Field in Name]: typeof ignored };
}
