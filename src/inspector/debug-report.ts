/** What a bug report needs of the machines: how each actor stands, what happened last, and what happens while we look. */
import type { Clock } from '../ports/index.ts';
import type { Json } from '../protocol/types.ts';
import { actorsBelow, type InspectedActor, recordOf, snapshotOf } from './feed/actors.ts';
import type { FeedHub } from './feed/feed-hub.ts';
import { FlightRecorder, type Inspectable } from './feed/flight-recorder.ts';
import { contextOf } from './feed/records.ts';

/** Records in one report, the newest. */
const recordsMax = 1_000;

/** Looks on for so long. Without a hub, so without the inspector, nothing from before is known. */
export async function reportMachines(
  parts: { readonly supervisor: unknown; readonly hub: FeedHub | null; readonly clock: Clock },
  seconds: number,
): Promise<{ readonly actors: Json; readonly records: Json }> {
  const { supervisor, hub, clock } = parts;
  const failures: unknown[] = [];
  const idle = (): void => {};
  const recorder =
    hub?.recorder ??
    new FlightRecorder(supervisor as Inspectable, clock, idle, idle, (error) => failures.push(error));
  const endDetail = hub?.addReader(idle) ?? (() => recorder.close());
  if (hub === null) recorder.detailed = true;
  await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), seconds * 1_000));
  const records: Json[] = [];
  for (
    let number = Math.max(recorder.oldest, recorder.next - recordsMax);
    number < recorder.next;
    number += 1
  ) {
    const text = recorder.json(number);
    if (text !== null) records.push(JSON.parse(text) as Json);
  }
  endDetail();
  if (failures.length > 0) throw failures[0];
  return { actors: describeActors(supervisor as InspectedActor), records };
}

function describeActors(root: InspectedActor): Json {
  return actorsBelow(root).map((actor) => {
    const { context, delays } = contextOf(actor);
    return { ...recordOf(actor), status: snapshotOf(actor).status ?? null, context, delays };
  }) as unknown as Json;
}
