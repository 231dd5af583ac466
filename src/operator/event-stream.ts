/** One reader's stream of events: one JSON object a line, no faster than the reader reads. */
import type { StoredEvent } from '../ports/store.ts';
import type { Connection } from '../transport/types.ts';
import type { EventDelivery, NodeControl } from './control.ts';

export interface EventsWanted {
  /** Events after this id; null: only new ones. */
  readonly since: string | null;
  /** Go on with new events after the kept ones. */
  readonly follow: boolean;
}

// i[impl events.stream]
/**
 * Opens a unidirectional stream on `connection` and sends events until the connection ends.
 * Null when the client allows no stream.
 */
export function streamEvents(
  connection: Connection,
  control: NodeControl,
  wanted: EventsWanted,
  ended: () => void,
): { close(): void } | null {
  const stream = connection.openStream('unidirectional');
  if (stream === null) return null;
  let waiting: Uint8Array | null = null;
  let closed = false;
  let subscription: { pull(): void; close(): void } | null = null;
  const close = (): void => {
    if (closed) return;
    closed = true;
    subscription?.close();
    ended();
  };
  const finish = (): void => {
    if (!closed) stream.end();
    close();
  };
  stream.open({
    data: () => {},
    end: () => {},
    drain: () => {
      if (waiting !== null && !stream.write(waiting)) return;
      waiting = null;
      if (!closed) subscription?.pull();
    },
    aborted: close,
  });
  subscription = control.subscribe(wanted.since, (delivery) => {
    if (closed) return false;
    // i[impl events.kept]
    if (delivery.kind === 'caught-up') {
      if (!wanted.follow) finish();
      return wanted.follow;
    }
    const line = eventLine(delivery);
    // A refused line waits here, so it counts as taken: the next delivery comes after `pull`.
    if (!stream.write(line)) waiting = line;
    return waiting === null;
  });
  // `subscribe` may have delivered, and finished, before it returned.
  if (closed) subscription.close();
  return { close: finish };
}

// i[impl events.gap]
/** An event with its data beside its fixed fields, or the gap that says which events the reader will not get. */
function eventLine(delivery: Exclude<EventDelivery, { kind: 'caught-up' }>): Uint8Array {
  if (delivery.kind === 'gap') return line({ type: 'gap', from: delivery.from, to: delivery.to });
  const { id, type, timestamp, actor, data } = delivery.event;
  return line({ id, type, timestamp, ...(actor === undefined ? {} : { actor }), ...without(data) });
}

/** Data may not pass itself off as one of the fixed fields. */
function without(data: StoredEvent['data']): object {
  const { id: _id, type: _type, timestamp: _timestamp, actor: _actor, ...rest } = data;
  return rest;
}

function line(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}
