/** What a method is: the node it works on, the call it answers, and how its parameters are checked. */
import type { z } from 'zod';
import type { Json, Refusal, RequestActor, Verdict } from '../protocol/types.ts';
import type { Endpoint } from '../transport/types.ts';
import type { NodeControl } from './control.ts';
import type { EventsWanted } from './event-stream.ts';
import type { AuthorisedKeys } from './keys.ts';
import { refuseShape } from './schemas.ts';

/** What the methods know of the node. */
export interface MethodNode {
  readonly control: NodeControl;
  readonly keys: AuthorisedKeys;
  readonly endpoint: Endpoint;
  readonly version: string;
  readonly hostname: string;
  uptimeSeconds(): number;
  /** The addresses others can dial, advertised ones first. */
  dialableAddresses(): readonly string[];
  /** The inside of the node for a bug report, without secrets; looks on for so many seconds. */
  debug(seconds: number): Promise<{ readonly [part: string]: Json }>;
}

/** One call. */
export interface MethodCall extends MethodNode {
  readonly actor: RequestActor;
  /** Starts the event stream of this connection once the answer is out. False: it has one already. */
  streamEvents(wanted: EventsWanted): boolean;
  /** Closes the connections of keys that are no longer authorised, once the answer is out. */
  recheckTrust(): void;
}

export type MethodOutcome = Verdict<Json, Refusal>;

export interface Method {
  readonly name: string;
  run(call: MethodCall, params: { readonly [key: string]: Json }): MethodOutcome | Promise<MethodOutcome>;
}

/** Ties a schema to a handler, so that a handler only ever sees parameters of its own shape. */
export function defineMethod<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  handle: (call: MethodCall, params: z.infer<Schema>) => MethodOutcome | Promise<MethodOutcome>,
): Method {
  return {
    name,
    run: (call, params) => {
      const parsed = schema.safeParse(params);
      return parsed.success ? handle(call, parsed.data) : refuseShape(parsed.error, name);
    },
  };
}
