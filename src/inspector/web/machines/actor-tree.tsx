/** The running actors as the tree the supervisor holds, and below it every machine there is. */
import { signal } from '@preact/signals';
import { charts } from '../data/charts.ts';
import { type Timeline, type TimelineActor, valueText } from '../data/timeline.ts';
import { serverNow } from '../parts/time.tsx';
import { actorTitle } from './actor-names.ts';
import { cursor, selectedActor, selectedMachine, useTimeline } from './selection.ts';

/** Helpers that live for a moment would make the tree flicker: what is not yet this old is left out. */
const settledMs = 700;
const drawEveryMs = 250;
/** Of a trace: nodes shown. */
const rootsMax = 200;

const nodeFilter = signal('');

export function ActorTree() {
  const timeline = useTimeline(drawEveryMs);
  const children = childrenOf(timeline);
  const all = children.get(null) ?? [];
  const wanted = nodeFilter.value.toLowerCase();
  const roots = all.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, rootsMax);
  return (
    <nav class="actors" aria-label="Actors and machines">
      <h2>{timeline.isLive ? 'Running actors' : 'Actors of the trace'}</h2>
      {!timeline.isLive && all.length > 8 && (
        <input
          type="search"
          aria-label="Nodes whose name contains"
          placeholder="Node…"
          value={nodeFilter.value}
          onInput={(event) => {
            nodeFilter.value = event.currentTarget.value;
          }}
        />
      )}
      {all.length === 0 ? (
        <p class="empty">Waiting for the node…</p>
      ) : (
        <ul class="tree">
          {roots.map((actor) => (
            <Branch key={actor.id} actor={actor} timeline={timeline} known={children} />
          ))}
        </ul>
      )}
      <h2>All machines</h2>
      <ul class="tree">
        {charts.value.map(({ name, title, about }) => (
          <li key={name}>
            <button
              type="button"
              class="actor"
              title={about}
              aria-pressed={selectedActor.value === null && selectedMachine.value === name}
              onClick={() => {
                selectedActor.value = null;
                selectedMachine.value = name;
              }}
            >
              <span class="actor-name">{title}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface BranchProps {
  readonly actor: TimelineActor;
  readonly timeline: Timeline;
  readonly known: ReadonlyMap<string | null, readonly TimelineActor[]>;
}

function Branch({ actor, timeline, known }: BranchProps) {
  const { id, machine } = actor;
  const inner = known.get(id) ?? [];
  const value = cursor.value === null ? actor.value : timeline.valueAt(id, cursor.value);
  return (
    <li>
      <button
        type="button"
        class={`actor ${machine === null ? 'plain-actor' : ''}`}
        data-actor={actor.name}
        aria-pressed={selectedActor.value === id}
        onClick={() => {
          selectedActor.value = id;
        }}
      >
        <span class="actor-name">{actorTitle(actor)}</span>
        <span class="actor-state">{valueText(value)}</span>
      </button>
      {inner.length > 0 && (
        <ul>
          {inner.map((child) => (
            <Branch key={child.id} actor={child} timeline={timeline} known={known} />
          ))}
        </ul>
      )}
    </li>
  );
}

function childrenOf(timeline: Timeline): ReadonlyMap<string | null, readonly TimelineActor[]> {
  const children = new Map<string | null, TimelineActor[]>();
  const settledBefore = serverNow() - settledMs;
  for (const actor of timeline.actors.values()) {
    const isShown = timeline.isLive ? actor.ended === null && actor.since < settledBefore : true;
    if (!isShown && actor.id !== selectedActor.value) continue;
    const parent = actor.parent !== null && timeline.actors.has(actor.parent) ? actor.parent : null;
    const list = children.get(parent) ?? [];
    children.set(parent, list);
    list.push(actor);
  }
  return children;
}
