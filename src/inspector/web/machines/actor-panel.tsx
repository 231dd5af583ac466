/** The picked actor: its state, the delays that are armed, what it did last, and what it knows. */
import { useEffect } from 'preact/hooks';
import type { ArmedDelay, Json } from '../../contract.ts';
import { watchActors } from '../data/feed.ts';
import { contexts } from '../data/live.ts';
import { type Timeline, type TimelineActor, type TimelineEntry, valueText } from '../data/timeline.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { clockText, serverNow } from '../parts/time.tsx';
import { actorTitle } from './actor-names.ts';
import { cursor, cursorN, selectedActor, useTimeline } from './selection.ts';

const drawEveryMs = 120;
const stepsShown = 12;

export function ActorPanel() {
  const timeline = useTimeline(drawEveryMs);
  const id = selectedActor.value;
  const actor = id === null ? undefined : timeline.actors.get(id);
  useEffect(() => {
    watchActors(id === null || !timeline.isLive ? [] : [id]);
  }, [id, timeline]);
  if (actor === undefined) {
    return (
      <aside class="panel" aria-label="The picked actor">
        <p class="empty">Pick a running actor to see its state, its delays and what it knows.</p>
      </aside>
    );
  }
  const value = cursor.value === null ? actor.value : timeline.valueAt(actor.id, cursor.value);
  return (
    <aside class="panel" aria-label="The picked actor">
      <header>
        <h2>{actorTitle(actor)}</h2>
        {actor.peer?.direction != null && <span class="tag plain-tag">{actor.peer.direction}</span>}
        {actor.ended !== null && <span class="chip quiet">ended</span>}
      </header>
      {actor.machine !== null && (
        <p class="panel-state" data-panel-state={valueText(value)}>
          {valueText(value)}
        </p>
      )}
      {timeline.isLive && actor.machine !== null && cursor.value === null && <Delays actor={actor} />}
      {actor.machine !== null && <Steps steps={timeline.stepsOf(actor.id, cursorN(), stepsShown)} />}
      <Context timeline={timeline} actor={actor} />
    </aside>
  );
}

function Delays({ actor }: { readonly actor: TimelineActor }) {
  const delays = contexts.value.get(actor.id)?.delays ?? [];
  return (
    <section aria-label="Armed delays">
      <h3>Armed delays</h3>
      <ul class="delays">
        {delays.length === 0 && <li class="faint">none</li>}
        {delays.map((delay) => (
          <Delay key={`${delay.state} ${delay.name}`} delay={delay} />
        ))}
      </ul>
    </section>
  );
}

function Delay({ delay }: { readonly delay: ArmedDelay }) {
  const leftMs = Math.max(0, delay.fires_at - serverNow());
  return (
    <li>
      <span>{delay.name}</span>
      <span class="tabular">
        in {leftMs < 10_000 ? `${(leftMs / 1_000).toFixed(1)} s` : `${Math.round(leftMs / 1_000)} s`}
      </span>
    </li>
  );
}

function Steps({ steps }: { readonly steps: readonly TimelineEntry[] }) {
  return (
    <section aria-label="What it did last">
      <h3>What it did last</h3>
      <ol class="steps">
        {steps.length === 0 && <li class="faint">nothing since this page is open</li>}
        {steps.map(({ record }, place) =>
          record.kind === 'step' ? (
            // A row is a place: a new step changes what the rows say, and moves none of them.
            <li key={place}>
              <time>{clockText(record.at)}</time>
              <code title={record.event}>{record.event}</code>
              <span class={record.transitions.length === 0 ? 'faint' : ''}>
                {record.transitions.length === 0
                  ? 'ignored'
                  : stepWords(record.transitions, valueText(record.value))}
              </span>
            </li>
          ) : null,
        )}
      </ol>
    </section>
  );
}

function stepWords(transitions: readonly { readonly to: readonly string[] }[], value: string): string {
  return transitions.some(({ to }) => to.length > 0) ? `→ ${value}` : 'stays';
}

function Context({ timeline, actor }: { readonly timeline: Timeline; readonly actor: TimelineActor }) {
  const live = timeline.isLive ? (contexts.value.get(actor.id)?.context ?? null) : null;
  const context: Json = timeline.isLive ? live : timeline.contextAt(actor.id, cursorN());
  const isPast = timeline.isLive && cursor.value !== null;
  return (
    <section aria-label="What it knows">
      <h3>What it knows{isPast && <span class="faint"> now, not at the moment looked at</span>}</h3>
      <ScrollBox element="pre" class="context" label="Context">
        {context === null ? 'nothing that is shown' : JSON.stringify(context, null, 1)}
      </ScrollBox>
    </section>
  );
}
