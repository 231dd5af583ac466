/** Whom a node asks for what it heard of, and when it tells others, event by event. */
import { describe, expect, it } from 'vitest';
import { newsMachine } from '../../machines/news-machine.ts';
import {
  after,
  announced,
  arrived,
  asking,
  askingWithMore,
  asks,
  type Case,
  callsNearer,
  gone,
  informed,
  knows,
  nothingWanted,
  over,
  overdue,
  patience,
  puts,
  refused,
  remembered,
  telling,
  waiting,
} from './news-cases.ts';
import { version } from './peer-fixture.ts';
import { eventsOf, step } from './transition-rows.ts';

// g[verify gossip.ask-one] g[verify gossip.refused] g[verify gossip.pull]
const whenInformed: readonly Case[] = [
  {
    title: 'waits a moment for what is announced, it may come by itself',
    from: informed,
    event: announced('a', version(6)),
    value: 'waiting',
    changes: { wanted: version(6), announcers: [knows('a', version(6))] },
    rows: [{ after: 'pullDelay', delay: 15 }],
  },
  ...(['over-this-link', 'over-either'] as const).map((comes): Case => {
    return {
      title: `waits as well for what is to come ${comes}`,
      from: informed,
      event: announced('a', version(6), comes),
      value: 'waiting',
      changes: { wanted: version(6), announcers: [knows('a', version(6), comes)] },
      rows: [{ after: 'pullDelay', delay: 15 }],
    };
  }),
  {
    title: 'asks at once for what will not come by itself',
    from: informed,
    event: announced('a', version(6), 'when-asked'),
    value: 'asking',
    changes: { wanted: version(6), asked: knows('a', version(6), 'when-asked') },
    rows: [asks('a'), patience],
  },
  {
    title: 'is not interested in what is here',
    from: informed,
    event: announced('a', version(5), 'when-asked'),
    value: 'informed',
  },
  {
    title: 'is not interested in what was refused',
    from: informed,
    event: announced('a', version(9, 'b'), 'when-asked'),
    value: 'informed',
  },
  {
    title: 'notes what came unannounced',
    from: informed,
    event: arrived(6),
    value: 'informed',
    changes: { heldSeq: 6 },
  },
  { title: 'notes no step back', from: informed, event: arrived(4), value: 'informed' },
  {
    title: 'remembers what was refused',
    from: informed,
    event: refused(version(6)),
    value: 'informed',
    changes: remembered(version(6)),
  },
  { title: 'misses no link', from: informed, event: gone('a'), value: 'informed' },
  {
    title: 'forgets a grove it left',
    from: informed,
    event: { type: 'standing.lost' },
    value: 'informed',
    changes: { heldSeq: 0, refused: [] },
  },
  ...telling(informed, 'informed'),
];

// g[verify gossip.pull] g[verify gossip.swap]
const whenWaiting: readonly Case[] = [
  {
    title: 'notes who else has it',
    from: waiting,
    event: announced('b', version(6)),
    value: 'waiting',
    changes: {
      announcers: [knows('a', version(6)), knows('b', version(6))],
    },
  },
  {
    title: 'wants the newest it hears of, and keeps who has less',
    from: waiting,
    event: announced('b', version(7)),
    value: 'waiting',
    changes: {
      wanted: version(7),
      announcers: [knows('a', version(6)), knows('b', version(7))],
    },
  },
  {
    title: 'waits no longer when it turns out that it will not come by itself',
    from: waiting,
    event: announced('b', version(6), 'when-asked'),
    value: 'asking',
    changes: { announcers: [knows('b', version(6), 'when-asked')], asked: knows('a', version(6)) },
    rows: [puts, asks('a'), patience],
  },
  {
    title: 'is not interested in what is here',
    from: waiting,
    event: announced('b', version(5)),
    value: 'waiting',
  },
  {
    title: 'is done when it came, and calls the link nearer that announced it first',
    from: after(waiting, announced('b', version(6))),
    event: arrived(6),
    value: 'informed',
    changes: { ...nothingWanted, heldSeq: 6 },
    rows: [puts, callsNearer('a')],
  },
  {
    title: 'calls the next one nearer when the first is about to bring it after a greeting',
    from: after(informed, announced('a', version(6), 'over-this-link'), announced('b', version(6))),
    event: arrived(6),
    value: 'informed',
    changes: { ...nothingWanted, heldSeq: 6 },
    rows: [puts, callsNearer('b')],
  },
  {
    title: 'passes over who announced only the one before, or another one under its number',
    from: after(waiting, announced('c', version(7, 'f')), announced('b', version(7))),
    event: arrived(7),
    value: 'informed',
    changes: { ...nothingWanted, heldSeq: 7 },
    rows: [puts, callsNearer('b')],
  },
  {
    title: 'keeps waiting for the newer one when an older one came, and forgets who had only that',
    from: after(waiting, announced('b', version(7))),
    event: arrived(6),
    value: 'waiting',
    changes: { heldSeq: 6, announcers: [knows('b', version(7))] },
  },
  {
    title: 'wants it no more when it was refused',
    from: waiting,
    event: refused(version(6)),
    value: 'waiting',
    changes: { ...nothingWanted, ...remembered(version(6)) },
  },
  {
    title: 'still wants the older one when the newer one was refused',
    from: after(waiting, announced('b', version(7))),
    event: refused(version(7)),
    value: 'waiting',
    changes: {
      wanted: version(6),
      announcers: [knows('a', version(6))],
      ...remembered(version(7)),
    },
  },
  {
    title: 'still wants it when something else was refused',
    from: waiting,
    event: refused(version(8)),
    value: 'waiting',
    changes: remembered(version(8)),
  },
  {
    title: 'asks no link that is gone',
    from: waiting,
    event: gone('a'),
    value: 'waiting',
    changes: { announcers: [] },
  },
  {
    title: 'forgets a grove it left',
    from: waiting,
    event: { type: 'standing.lost' },
    value: 'informed',
    changes: { ...nothingWanted, heldSeq: 0, refused: [] },
    rows: [puts],
  },
  ...telling(waiting, 'waiting'),
];

const whenAsking: readonly Case[] = [
  {
    title: 'asks one link at a time',
    from: asking,
    event: announced('b', version(6), 'when-asked'),
    value: 'asking',
    changes: { announcers: [knows('b', version(6), 'when-asked')] },
  },
  {
    title: 'is not hurried by an announcement of more: a liar could keep it from asking others',
    from: askingWithMore,
    event: announced('a', version(99), 'when-asked'),
    value: 'asking',
    changes: {
      wanted: version(99),
      announcers: [knows('b', version(6)), knows('a', version(99), 'when-asked')],
    },
  },
  {
    title: 'is not interested in what is here',
    from: asking,
    event: announced('b', version(5)),
    value: 'asking',
  },
  {
    title: 'is done when it came, from whomever, as it is or newer, and calls nobody nearer for it',
    from: askingWithMore,
    event: arrived(7),
    value: 'informed',
    changes: { ...nothingWanted, asked: null, heldSeq: 7 },
    rows: [over],
  },
  ...(['over-another', 'over-either'] as const).map((comes): Case => {
    return {
      title: `calls the asked link nearer when another one brings what was to come ${comes}`,
      from: after(informed, announced('a', version(6), comes), overdue),
      event: arrived(6),
      value: 'informed',
      changes: { wanted: null, asked: null, heldSeq: 6 },
      rows: [over, callsNearer('a')],
    };
  }),

  {
    title: 'asks for the newer one at once when the answer is the older one',
    from: after(asking, announced('b', version(7), 'when-asked')),
    event: arrived(6),
    value: 'asking',
    changes: { heldSeq: 6, announcers: [], asked: knows('b', version(7), 'when-asked') },
    rows: [over, asks('b'), patience],
  },
  {
    title: 'keeps waiting when what came is older than what it asked for',
    from: after(informed, announced('a', version(7), 'when-asked')),
    event: arrived(6),
    value: 'asking',
    changes: { heldSeq: 6 },
  },
  {
    title: 'does not ask others for what was refused',
    from: askingWithMore,
    event: refused(version(6)),
    value: 'informed',
    changes: { ...nothingWanted, asked: null, ...remembered(version(6)) },
    rows: [over],
  },
  {
    title: 'asks for the older one when the newer one was refused',
    from: after(informed, announced('a', version(7), 'when-asked'), announced('b', version(6))),
    event: refused(version(7)),
    value: 'asking',
    changes: {
      wanted: version(6),
      announcers: [],
      asked: knows('b', version(6)),
      ...remembered(version(7)),
    },
    rows: [over, asks('b'), patience],
  },
  {
    title: 'keeps asking when something else was refused',
    from: asking,
    event: refused(version(8)),
    value: 'asking',
    changes: remembered(version(8)),
  },
  {
    title: 'asks the next one when the asked link is gone',
    from: askingWithMore,
    event: gone('a'),
    value: 'asking',
    changes: { announcers: [], asked: knows('b', version(6)) },
    rows: [over, asks('b'), patience],
  },
  {
    title: 'gives up when the asked link is gone and nobody else has it',
    from: asking,
    event: gone('a'),
    value: 'informed',
    changes: { wanted: null, asked: null },
    rows: [over],
  },
  {
    title: 'will not ask a link that is gone',
    from: askingWithMore,
    event: gone('b'),
    value: 'asking',
    changes: { announcers: [] },
  },
  {
    title: 'forgets a grove it left',
    from: askingWithMore,
    event: { type: 'standing.lost' },
    value: 'informed',
    changes: { ...nothingWanted, asked: null, heldSeq: 0, refused: [] },
    rows: [over],
  },
  ...telling(asking, 'asking'),
];

describe.each([
  ['informed', whenInformed],
  ['waiting', whenWaiting],
  ['asking', whenAsking],
] as const)('the news of a node that is %s', (_state, cases) => {
  it.each(cases)('$title', ({ from, event, value, changes = {}, rows = [] }) => {
    const next = step(newsMachine, from, event);
    expect({ value: next.value, changes: next.changes, rows: next.rows }).toEqual({ value, changes, rows });
  });

  it('has a case for every event', () => {
    expect([...new Set(cases.map(({ event }) => event.type))].toSorted()).toEqual(eventsOf(newsMachine));
  });
});
