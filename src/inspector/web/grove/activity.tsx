/** The node's events in plain words, newest first. */
import { useState } from 'preact/hooks';
import { events } from '../data/node.ts';
import { eventWords } from '../data/plain-words.ts';
import { Section } from '../parts/section.tsx';
import { clockText } from '../parts/time.tsx';

const shownMax = 60;

// w[impl view.steady]
export function Activity() {
  // Whoever has scrolled down reads on undisturbed: the list stands still until it is back at its head.
  const [heldFrom, holdFrom] = useState<string | null>(null);
  const start = Math.max(
    0,
    events.value.findIndex(({ id }) => id === heldFrom),
  );
  const list = events.value.slice(start, start + shownMax);
  return (
    <Section title="What happened" id="activity">
      {list.length === 0 ? (
        <p class="empty">Nothing yet.</p>
      ) : (
        // A list that grows at its head scrolls in a box of its own: what stands below it does not move.
        <ol
          class="activity"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
          tabIndex={0}
          aria-label="Events, newest first"
          onScroll={({ currentTarget }) =>
            holdFrom(currentTarget.scrollTop <= 0 ? null : (heldFrom ?? list[0]?.id ?? null))
          }
        >
          {list.map((event, place) => (
            // A row is a place: a new event changes what the rows say, and moves none of them.
            <li key={place} data-event={event.type}>
              <time dateTime={event.timestamp} title={new Date(event.at).toLocaleString()}>
                {clockText(event.at).slice(0, 8)}
              </time>
              <span>{eventWords(event)}</span>
              {event.actor !== undefined && (
                <span class="faint" title={`by ${event.actor.display}`}>
                  by {event.actor.display}
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
