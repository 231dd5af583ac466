/** Plans that come from a file: every action by its own shape, with bounds. */
import { z } from 'zod';
import { isName } from '../../protocol/index.ts';
import { crashPoints } from '../world/simulated-disk.ts';
import { type Action, lies } from './action.ts';

/** Actions of one plan. */
const actionsMax = 100_000;
/** A year; nobody plays longer. */
const timeMax = 366 * 24 * 3_600_000;
/** As many as an app may have. */
const paramsMax = 128;
const nodeMax = 1_000_000;

const node = z.int().min(0).max(nodeMax);
const nodes = z.array(node).max(nodeMax);
const share = z.number().min(0).max(1);
const time = z.number().min(0).max(timeMax);
const word = z.string().max(65_536);

function action<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({ at: time, ...shape });
}

/** A param's or an app's. */
const name = z.string().max(63).refine(isName, 'is no name of a param or an app');

function ofApp<Deed extends string, Shape extends z.ZodRawShape>(deed: Deed, shape: Shape) {
  return action({ do: z.literal(deed), node, app: name, ...shape });
}

function ofNode<Deed extends string>(deed: Deed) {
  return action({ do: z.literal(deed), node });
}

const actionSchema = z.discriminatedUnion('do', [
  action({ do: z.literal('publish'), value: word, name: z.string().max(63).optional() }),
  action({ do: z.literal('unset'), name }),
  ofNode('invite'),
  ofNode('revoke'),
  action({ do: z.literal('join'), node, through: nodes }),
  ofNode('leave'),
  action({
    do: z.literal('crash'),
    node,
    point: z.enum(crashPoints).optional(),
    after: z.int().min(0).max(actionsMax).optional(),
  }),
  ofNode('stop'),
  ofNode('start'),
  action({ do: z.literal('partition'), parts: z.array(nodes).max(nodeMax) }),
  action({ do: z.literal('cut-one-way'), from: nodes, to: nodes }),
  action({ do: z.literal('mend') }),
  action({ do: z.literal('break-links'), share }),
  action({
    do: z.literal('conditions'),
    latencyMs: z.number().positive().max(60_000).optional(),
    loss: z.number().min(0).max(0.9).optional(),
    duplication: share.optional(),
    jitter: z.number().min(0).max(100).optional(),
    bytesPerMs: z.number().positive().nullable().optional(),
  }),
  action({ do: z.literal('clock'), node, skewMs: z.number().min(-timeMax).max(timeMax) }),
  action({ do: z.literal('slow-disk'), node, commitMs: z.number().min(0).max(3_600_000) }),
  action({ do: z.literal('full-disk'), node, full: z.boolean() }),
  ofNode('backup'),
  ofNode('restore'),
  action({ do: z.literal('lie'), node, how: z.enum(lies) }),
  action({ do: z.literal('strict-window'), node, on: z.boolean() }),
  ofApp('create-app', { params: z.array(name).max(paramsMax), installs: z.boolean().optional() }),
  ofApp('install-app', {}),
  ofApp('remove-app', {}),
  ofApp('map', { param: name, to: name }),
  ofApp('unmap', { param: name }),
  ofApp('set-app', { param: name, value: word }),
  ofApp('unset-app', { param: name }),
  ofApp('commands', {
    ms: z.number().min(0).max(timeMax).optional(),
    fails: z.int().min(0).max(actionsMax).optional(),
    hangs: z.boolean().optional(),
  }),
]);

export const planSchema = z.array(actionSchema).max(actionsMax);

/** The plan in a text, or what is wrong with it, line by line. */
export function parsePlan(text: string): { readonly plan: readonly Action[] } | { readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const read = planSchema.safeParse(json);
  // What is optional and absent is absent in the schema's output too.
  return read.success ? { plan: read.data as readonly Action[] } : { problem: z.prettifyError(read.error) };
}
