/** The node's events in plain words, newest first. */
import { events } from '../data/node.ts';
import { eventWords } from '../data/plain-words.ts';
import { Section } from '../parts/section.tsx';
import { clockText } from '../parts/time.tsx';

const shownMax = 60;

export function Activity() {
  const list = events.value.slice(0, shownMax);
  return (
    <Section title="What happened" id="activity">
      {list.length === 0 ? (
        <p class="empty">Nothing yet.</p>
      ) : (
        // A list that grows at its head scrolls in a box of its own: what stands below it does not move.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard
        <ol class="activity" tabIndex={0} aria-label="Events, newest first">
          {list.map((event) => (
            <li key={event.id} data-event={event.type}>
              <time dateTime={event.timestamp} title={new Date(event.at).toLocaleString()}>
                {clockText(event.at).slice(0, 8)}
              </time>
              <span>{eventWords(event)}</span>
              {event.actor !== undefined && <span class="faint">by {event.actor.display}</span>}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
