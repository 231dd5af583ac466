/** The table of methods: every name the interface answers to. */
import { printable } from '../protocol/index.ts';
import type { Json } from '../protocol/types.ts';
import { refuse } from './errors.ts';
import { appsMethods } from './handlers/apps.ts';
import { eventsMethods } from './handlers/events.ts';
import { groveMethods } from './handlers/grove.ts';
import { keysMethods } from './handlers/keys.ts';
import { serverMethods } from './handlers/server.ts';
import type { Method, MethodCall, MethodOutcome } from './method.ts';

const methods: ReadonlyMap<string, Method> = new Map(
  [...serverMethods, ...eventsMethods, ...keysMethods, ...groveMethods, ...appsMethods].map((method) => [
    method.name,
    method,
  ]),
);

export const methodNames: readonly string[] = [...methods.keys()];

/** Answers one call. A handler that throws is a fault of the node: the caller turns it into `internal`. */
export async function runMethod(
  name: string,
  call: MethodCall,
  params: { readonly [key: string]: Json },
): Promise<MethodOutcome> {
  const method = methods.get(name);
  // i[impl request.unknown-method]
  if (method === undefined)
    return refuse('unknown_method', `this node has no method ${printable(name, 128)}`);
  return await method.run(call, params);
}
