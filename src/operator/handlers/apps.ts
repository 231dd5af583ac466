/** `/apps/…`, and `/grove/map` and its like: what this node configures, and which of it follows the grove. */
import { z } from 'zod';
import {
  appDefinitionSchema,
  definitionToJson,
  type FileProblem,
  parseDefinitionFile,
} from '../../apps/index.ts';
import type { Json, Refusal } from '../../protocol/types.ts';
import type { AppAsk, AppView } from '../app-control.ts';
import { operationsShownMax } from '../limits.ts';
import { defineMethod, type Method, type MethodCall, type MethodOutcome } from '../method.ts';
import { noParams, paramNameSchema } from '../schemas.ts';

const appParams = z.strictObject({ app: paramNameSchema });
const mappingParams = z.strictObject({ app: paramNameSchema, app_param: paramNameSchema });

// i[impl apps.methods]
export const appsMethods: readonly Method[] = [
  defineMethod('/apps/create', appDefinitionSchema, async (call, definition) =>
    only(await ask(call, definition.name, { what: 'create', definition }), ['generation']),
  ),
  // i[impl app.definition-text]
  defineMethod('/apps/create-from', z.strictObject({ text: z.string() }), async (call, { text }) => {
    const file = parseDefinitionFile(text);
    if (!file.ok) return { ok: false, reason: mistakes(file.problems) };
    const { definition } = file;
    const created = await ask(call, definition.name, { what: 'create', definition });
    return only(created, ['app', 'generation']);
  }),
  defineMethod('/apps/list', noParams, (call) => ({ ok: true, value: json(call.control.apps.list()) })),
  defineMethod('/apps/show', appParams, (call, { app }) => {
    const shown = call.control.apps.show(app);
    return shown.ok ? { ok: true, value: viewOf(shown.value) } : shown;
  }),
  defineMethod('/apps/remove', appParams, async (call, { app }) =>
    only(await ask(call, app, { what: 'remove' }), []),
  ),
  defineMethod('/apps/install/invoke', appParams, async (call, { app }) =>
    only(await ask(call, app, { what: 'install' }), scheduled),
  ),
  defineMethod(
    '/apps/params/set',
    z.strictObject({ app: paramNameSchema, name: paramNameSchema, value: z.string() }),
    async (call, { app, name, value }) => only(await ask(call, app, { what: 'set', name, value }), scheduled),
  ),
  defineMethod(
    '/apps/params/unset',
    z.strictObject({ app: paramNameSchema, name: paramNameSchema }),
    async (call, { app, name }) => only(await ask(call, app, { what: 'unset', name }), scheduled),
  ),
  defineMethod(
    '/grove/map',
    z.strictObject({ ...mappingParams.shape, grove_param: paramNameSchema }),
    async (call, { app, app_param: appParam, grove_param: groveParam }) =>
      only(await ask(call, app, { what: 'map', appParam, groveParam }), mapped),
  ),
  defineMethod('/grove/unmap', mappingParams, async (call, { app, app_param: appParam }) =>
    only(await ask(call, app, { what: 'unmap', appParam }), []),
  ),
  defineMethod('/grove/mappings', noParams, (call) => {
    const mappings = call.control.apps.mappings();
    return mappings.ok ? { ok: true, value: json(mappings.value) } : mappings;
  }),
];

const scheduled = ['schedule', 'generation'];
const mapped = ['app', 'app_param', 'grove_param', 'applied', 'seq', 'schedule', 'generation'];

function ask(call: MethodCall, app: string, wanted: AppAsk) {
  return call.control.apps.ask(app, wanted, call.actor);
}

function mistakes(problems: readonly FileProblem[]): Refusal {
  const message = problems.map(({ line, field, problem }) => `line ${line}: ${field} ${problem}`).join('\n');
  return { code: 'invalid_request', message, details: { problems: json(problems) } };
}

/** What a method returns is fixed; what a node tells its surface is not. */
function only(outcome: Awaited<ReturnType<typeof ask>>, answered: readonly string[]): MethodOutcome {
  if (!outcome.ok) return outcome;
  const fields = Object.entries(outcome.value).filter(([name]) => answered.includes(name));
  return { ok: true, value: Object.fromEntries(fields) };
}

// i[impl apps.round-trip]
/** The form that creates the app, and beside it how it is. */
function viewOf({ definition, params, operations, ...state }: AppView): Json {
  return json({
    ...definitionToJson(definition),
    params,
    ...state,
    operations: operations.slice(0, operationsShownMax),
  });
}

/** The views are plain JSON; their types just do not say so. */
function json(value: unknown): Json {
  return value as Json;
}
