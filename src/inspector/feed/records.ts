/** Entries of the flight recorder as the records of the feed, each as the JSON it is sent as. */
import { printable } from '../../protocol/index.ts';
import type { ActorContext, ActorRecord, ArmedDelay, MachineRecord, ShownEvent } from '../contract.ts';
import { recordBytesMax, shownCharactersMax } from '../limits.ts';
import { type InspectedActor, machineOf, recordOf, snapshotOf } from './actors.ts';
import { contextShapes, eventShape } from './allow-list.ts';
import type { Entry } from './flight-recorder.ts';
import { fields, show } from './shown.ts';
import { transitionTaken } from './transitions.ts';

export function entryJson(entry: Entry): string {
  const text = JSON.stringify(recordOfEntry(entry));
  if (text.length <= recordBytesMax) return text;
  return JSON.stringify(recordOfEntry({ ...entry, event: null, ref: null }));
}

function recordOfEntry(entry: Entry): MachineRecord {
  const { kind, at, actor, from, type, value } = entry;
  switch (kind) {
    case 'started':
      return { kind, at, actor: entry.ref === null ? bareRecord(entry) : recordOf(entry.ref) };
    case 'ended':
      return { kind, at, actor, status: type as 'done' | 'error' | 'stopped' };
    case 'event':
      return { kind, at, from, to: actor, event: showEvent(type, entry.event) };
    case 'step':
      return {
        kind,
        at,
        actor,
        event: printable(type, shownCharactersMax),
        value: value ?? '',
        transitions: entry.transitions.flatMap((transition) => transitionTaken(transition) ?? []),
      };
  }
}

function bareRecord({ actor, name, from, type }: Entry): ActorRecord {
  return { id: actor, name, parent: from, machine: type === '' ? null : type, peer: null, value: null };
}

const shownFields = fields(eventShape);

/** `event` is null when nobody read along as it happened. */
export function showEvent(type: string, event: object | null): ShownEvent {
  const shown = event === null ? {} : (show(event, shownFields) as { [field: string]: never });
  const hidden = Object.keys(event ?? {}).filter((name) => name !== 'type' && !Object.hasOwn(shown, name));
  const named = { type: printable(type, shownCharactersMax), ...shown };
  return hidden.length === 0
    ? named
    : { ...named, hidden: hidden.slice(0, 16).map((name) => printable(name, 64)) };
}

/** What a page that watches an actor is shown of it. */
export function contextOf(actor: InspectedActor): ActorContext {
  const { value, context } = snapshotOf(actor);
  return {
    id: actor.sessionId,
    value: value ?? null,
    context: showContext(machineOf(actor), context),
    delays: armedDelays(actor),
  };
}

export function showContext(machine: string | null, context: object | undefined) {
  const shape = machine === null ? undefined : contextShapes[machine];
  return shape === undefined || context === undefined ? null : (show(context, fields(shape)) ?? null);
}

const afterPattern = /^xstate\.after\.(.+?)\.([^.]+(?:\..+)?)$/;

function armedDelays(actor: InspectedActor): readonly ArmedDelay[] {
  const scheduled = actor.system?.getSnapshot()._scheduledEvents ?? {};
  return Object.values(scheduled)
    .filter(({ source }) => source === actor)
    .map(({ event, startedAt, delay }) => {
      const [, name, path] = afterPattern.exec(event.type) ?? [];
      const [, ...states] = path?.split('.') ?? [];
      return {
        name: name ?? printable(event.type, shownCharactersMax),
        state: name === undefined ? null : states.join('.'),
        fires_at: startedAt + delay,
      };
    });
}
