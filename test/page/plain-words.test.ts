/** What the page says of the node's events: no name of an event reaches an operator as it is. */
import { describe, expect, it } from 'vitest';
import { groveEventTypes } from '../../machines/grove-events.ts';
import { eventWords } from '../../src/inspector/web/data/plain-words.ts';

describe('an event in words', () => {
  it.each(groveEventTypes)('says what %s means', (type) => {
    const words = eventWords({ id: '1', type, timestamp: '2026-01-01T00:00:00Z', at: 0, data: {} });
    expect(words).not.toContain(type);
    expect(words).toMatch(/ /);
  });

  it('shows one it does not know with its data', () => {
    const event = {
      id: '1',
      type: 'grove.later',
      timestamp: '2026-01-01T00:00:00Z',
      at: 0,
      data: { seq: 4 },
    };
    expect(eventWords(event)).toBe('grove.later seq 4');
  });
});
