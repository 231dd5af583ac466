/** `/events/…`: following what happens on the node. */
import { z } from 'zod';
import { refuse } from '../errors.ts';
import { defineMethod, type Method } from '../method.ts';

const subscribeParams = z.strictObject({
  /** Empty: everything that is kept. */
  since: z
    .string()
    .regex(/^[0-9A-Za-z_-]{0,64}$/, 'must be the id of an event')
    .optional(),
  /** False: the stream ends after the events that are kept. */
  follow: z.boolean().optional(),
});

export const eventsMethods: readonly Method[] = [
  // i[impl events.subscribe]
  defineMethod('/events/subscribe', subscribeParams, (call, { since, follow }) =>
    call.streamEvents({ since: since ?? null, follow: follow !== false })
      ? { ok: true, value: {} }
      : refuse('requirements_invalid', 'this connection follows the events already: open another connection'),
  ),
];
