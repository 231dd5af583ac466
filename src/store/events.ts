/** `node_events`: what happened, in order, for readers that come back later. */
import type { GroveStore, StoredEvent } from '../ports/store.ts';
import { assert } from '../protocol/index.ts';
import type { Json, RequestActor } from '../protocol/types.ts';
import type { DamageReport } from './damage.ts';
import type { Connection } from './database.ts';
import { parseJson } from './encoding.ts';
import { boundedLimit, eventsMax } from './limits.ts';

interface EventColumns {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly actor_json: string | null;
  readonly data_json: string;
}

// g[impl store.events]
export function eventsTable(
  connection: Connection,
  damage: DamageReport,
): Pick<GroveStore, 'appendEvents' | 'eventsSince' | 'eventBounds' | 'publishers'> {
  const select = connection.prepare<EventColumns>(
    'SELECT id, type, timestamp, actor_json, data_json FROM node_events WHERE id > ? ORDER BY id LIMIT ?',
  );
  const bounds = connection.prepare<{ readonly oldest: string | null; readonly newest: string | null }>(
    'SELECT (SELECT min(id) FROM node_events) AS oldest, (SELECT max(id) FROM node_events) AS newest',
  );
  const insert = connection.prepare(
    `INSERT INTO node_events (id, type, timestamp, actor_json, data_json)
     VALUES (@id, @type, @timestamp, @actorJson, @dataJson)`,
  );
  // The sequence has no gaps, so the oldest to keep is found by subtraction.
  const prune = connection.prepare(
    `DELETE FROM node_events WHERE sequence <= (SELECT max(sequence) FROM node_events) - ${eventsMax}`,
  );
  /** The newest id written; null when not known. */
  let written: string | null = null;

  return {
    appendEvents: (events) => {
      let newest = written ?? bounds.get()?.newest ?? '';
      // What is taken back was not written.
      written = null;
      connection.write(() => {
        for (const event of events) {
          // A reader that resumes after the newest id would never see an event below it.
          assert(event.id > newest, `event ids ascend: ${event.id} after ${newest}`);
          newest = event.id;
          insert.run({
            id: event.id,
            type: event.type,
            timestamp: event.timestamp,
            actorJson: event.actor === undefined ? null : JSON.stringify(event.actor),
            dataJson: JSON.stringify(event.data),
          });
        }
        prune.run();
      });
      written = newest;
    },
    eventsSince: (since, limit) => {
      const most = boundedLimit(limit, eventsMax);
      const events: StoredEvent[] = [];
      // Fewer than asked for mean that there are no more: damaged rows are made up for.
      for (let after = since ?? ''; events.length < most; ) {
        const rows = select.all(after, most - events.length);
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last.id;
        events.push(
          ...damage.readable(
            'node_events',
            rows,
            ({ id }) => id,
            (row) => toEvent(row, connection.path),
          ),
        );
      }
      return events;
    },
    publishers: publishersOf(connection, damage),
    eventBounds: () => {
      const { oldest = null, newest = null } = bounds.get() ?? {};
      return oldest === null || newest === null ? null : { oldest, newest };
    },
  };
}

// g[impl store.publishers]
function publishersOf(connection: Connection, damage: DamageReport): GroveStore['publishers'] {
  const select = connection.prepare<Pick<EventColumns, 'id' | 'actor_json'> & { readonly seq: number }>(
    `SELECT id, json_extract(data_json, '$.seq') AS seq, actor_json FROM node_events
     WHERE type = 'grove.payload-applied' AND actor_json IS NOT NULL AND json_valid(data_json)
       AND seq BETWEEN ? AND ?
       AND id > (SELECT coalesce(max(id), '') FROM node_events WHERE type = 'grove.left')
     ORDER BY id`,
  );
  return (fromSeq, toSeq) =>
    new Map(
      damage.readable(
        'node_events',
        select.all(fromSeq, toSeq),
        ({ id }) => id,
        ({ seq, actor_json }) => [seq, parseJson<RequestActor>(actor_json ?? '', connection.path)] as const,
      ),
    );
}

function toEvent(row: EventColumns, path: string): StoredEvent {
  return {
    id: row.id,
    type: row.type,
    timestamp: row.timestamp,
    ...(row.actor_json === null ? {} : { actor: parseJson<RequestActor>(row.actor_json, path) }),
    data: parseJson<{ readonly [key: string]: Json }>(row.data_json, path),
  };
}
