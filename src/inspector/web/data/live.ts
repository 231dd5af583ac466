/** Feeds the live timeline from the `machines` channel, and the contexts of the watched actors. */
import { signal } from '@preact/signals';
import type { ActorContext, FeedFrame } from '../../contract.ts';
import { onFrame, subscribe } from './feed.ts';
import { Timeline } from './timeline.ts';

export const liveTimeline = new Timeline('this node, live', true);
export const contexts = signal<ReadonlyMap<string, ActorContext>>(new Map());

export function followMachines(): () => void {
  const stops = [onFrame(takeFrame), subscribe('machines')];
  return () => {
    for (const stop of stops) stop();
  };
}

function takeFrame(frame: FeedFrame): void {
  if (frame.type === 'actors') liveTimeline.setActors(frame.actors);
  else if (frame.type === 'records') liveTimeline.add(frame.records, frame.lost, frame.now);
  else if (frame.type === 'contexts') {
    const next = new Map(contexts.value);
    for (const actor of frame.actors) next.set(actor.id, actor);
    // Those watched before are of no use to anyone.
    while (next.size > contextsMax) next.delete(next.keys().next().value ?? '');
    contexts.value = next;
  }
}

const contextsMax = 16;
