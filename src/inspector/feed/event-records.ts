/** Events of the log as the feed sends them. Values of params are in none of them. */
import type { EventDelivery } from '../../operator/index.ts';
import type { EventGap, EventRecord } from '../contract.ts';

/** The first digits of an event's id are its milliseconds, in base 36. */
const idTimeDigits = 9;

export function eventRecordOf(
  delivery: Exclude<EventDelivery, { kind: 'caught-up' }>,
): EventRecord | EventGap {
  if (delivery.kind === 'gap') return { type: 'gap', from: delivery.from, to: delivery.to };
  const { id, type, timestamp, actor, data } = delivery.event;
  const at = Number.parseInt(id.slice(0, idTimeDigits), 36);
  return { id, type, timestamp, at, ...(actor === undefined ? {} : { actor: withoutSession(actor) }), data };
}

/** The session of a page is nobody else's business. */
function withoutSession({ kind, id, display }: NonNullable<EventRecord['actor']>) {
  return { kind, id, display };
}
