/** What a page may say over its feed, read strictly. */
import { z } from 'zod';
import { parseStrictJson } from '../../protocol/index.ts';
import { type FeedRequest, watchedActorsMax } from '../contract.ts';

const schema = z.union([
  z.strictObject({
    type: z.literal('subscribe'),
    channel: z.literal('events'),
    since: z
      .string()
      .regex(/^[0-9A-Za-z_-]{0,64}$/)
      .nullable()
      .default(null),
  }),
  z.strictObject({ type: z.literal('subscribe'), channel: z.enum(['machines', 'convergence']) }),
  z.strictObject({
    type: z.literal('unsubscribe'),
    channel: z.enum(['events', 'machines', 'convergence']),
  }),
  z.strictObject({
    type: z.literal('watch'),
    actors: z.array(z.string().max(64)).max(watchedActorsMax),
  }),
]);

/** Null for anything else. */
export function parseFeedRequest(bytes: Uint8Array): FeedRequest | null {
  const json = parseStrictJson(bytes);
  if (!json.ok) return null;
  const request = schema.safeParse(json.value);
  return request.success ? request.data : null;
}
