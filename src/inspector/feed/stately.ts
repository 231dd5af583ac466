/**
 * The feed in the message format of `@statelyai/inspect`, for the ecosystem's own tools: one JSON object a message. The same
 * allow-list applies, and a tool that reads slowly loses what came meanwhile.
 */
import type { WebSocket } from 'ws';
import type { InspectionEvent } from 'xstate';
import { recordsKept, waitingBytesMax } from '../limits.ts';
import { actorsBelow, type InspectedActor, machineOf, type ShownSnapshot, snapshotOf } from './actors.ts';
import type { FeedHub } from './feed-hub.ts';
import { showContext, showEvent } from './records.ts';

/** Of the package whose messages these are. */
const formatVersion = '0.7.2';

interface Waiting {
  readonly at: number;
  readonly event: InspectionEvent;
}

// w[impl feed.tools]
/** Sends every actor that runs, and then what happens, until the returned function is called. */
export function attachTool(socket: WebSocket, hub: FeedHub): () => void {
  let waiting: Waiting[] = [];
  let count = 0;
  const send = (message: object): void => {
    count += 1;
    socket.send(JSON.stringify({ ...message, id: String(count), _version: formatVersion }));
  };
  const subscription = hub.inspect((event) => {
    if (waiting.length < recordsKept) waiting.push({ at: hub.now(), event });
  });
  const removeReader = hub.addReader(() => {
    const taken = waiting;
    waiting = [];
    if (socket.bufferedAmount > waitingBytesMax) return;
    for (const { at, event } of taken) {
      const message = messageOf(event);
      if (message !== null) send({ ...message, rootId: event.rootId, createdAt: String(at) });
    }
  });
  const now = String(hub.now());
  for (const actor of actorsBelow(hub.root)) {
    send({ ...actorMessage(actor), rootId: hub.root.sessionId, createdAt: now });
  }
  return () => {
    subscription.unsubscribe();
    removeReader();
    waiting = [];
  };
}

/** Null for what the format has no message for. */
function messageOf(inspected: InspectionEvent): object | null {
  const actor = inspected.actorRef as unknown as InspectedActor;
  const sessionId = actor.sessionId;
  switch (inspected.type) {
    case '@xstate.actor':
      return actorMessage(actor);
    case '@xstate.event': {
      const source = inspected.sourceRef as unknown as InspectedActor | undefined;
      const { event } = inspected;
      return {
        type: inspected.type,
        sessionId,
        sourceId: source?.sessionId,
        event: showEvent(event.type, event),
      };
    }
    case '@xstate.snapshot': {
      const { event, snapshot } = inspected;
      return {
        type: inspected.type,
        sessionId,
        event: showEvent(event.type, event),
        snapshot: shownSnapshot(actor, snapshot as ShownSnapshot),
      };
    }
    default:
      return null;
  }
}

function actorMessage(actor: InspectedActor): object {
  return {
    type: '@xstate.actor',
    name: actor.id,
    sessionId: actor.sessionId,
    parentId: actor._parent?.sessionId,
    definition: definitionOf(actor),
    snapshot: shownSnapshot(actor, snapshotOf(actor)),
  };
}

function shownSnapshot(actor: InspectedActor, { status = 'active', value, context }: ShownSnapshot): object {
  return { status, value, context: showContext(machineOf(actor), context) ?? {} };
}

/** The statechart as it was written, without its functions. */
function definitionOf({ id, logic }: InspectedActor): string {
  return JSON.stringify(logic?.config ?? { id }, (_name, value: unknown) =>
    typeof value === 'function' ? { type: value.name === '' ? 'a function' : value.name } : value,
  );
}
