/** The news: two links that announce two payloads, with what the supervisor says of them. */
import { type EventFrom, enqueueActions } from 'xstate';
import { newsMachine } from '../../machines/index.ts';
import type { Version } from '../../src/protocol/types.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Possible } from './model.ts';
import { beginNews, judgeNews, type NewsMemory } from './news-oracle.ts';

type NewsMachine = typeof newsMachine;
type NewsEvent = EventFrom<NewsMachine>;

const five: Version = { seq: 5, hash: 'five' };
const six: Version = { seq: 6, hash: 'six' };
const seven: Version = { seq: 7, hash: 'seven' };
const links = ['a', 'b'];

function possible(label: string, event: NewsEvent): Possible<NewsMachine> {
  return { label, event };
}

const always: readonly Possible<NewsMachine>[] = [
  ...links.flatMap((linkId) => [
    ...[six, seven].flatMap((version) =>
      [false, true].map((urgent) =>
        possible(`${linkId} announces ${version.hash}${urgent ? ', urgently' : ''}`, {
          type: 'peer.announced',
          linkId,
          version,
          urgent,
        }),
      ),
    ),
    possible(`${linkId} is gone`, { type: 'news.link-gone', linkId }),
  ]),
  possible('a announces what is held', { type: 'peer.announced', linkId: 'a', version: five, urgent: true }),
  ...[five, six, seven].map((version) =>
    possible(`${version.hash} is here`, { type: 'news.arrived', version }),
  ),
  possible('one is stored', { type: 'news.stored', version: six }),
  possible('the grove is lost', { type: 'standing.lost' }),
];

const hour = 3_600_000;

const refusals: readonly Possible<NewsMachine>[] = [
  possible('six is refused', { type: 'news.refused', hash: 'six', forMs: hour }),
  possible('six is set aside', { type: 'news.refused', hash: 'six', forMs: null }),
  possible('seven is refused', { type: 'news.refused', hash: 'seven', forMs: hour }),
];

export const newsModel: Model<NewsMachine, NewsMemory> = {
  machine: newsMachine,
  starts: [
    { name: 'member', input: { heldSeq: 5, refused: [] }, only: /^(?!six is set)/ },
    { name: 'joining', input: { heldSeq: 0, refused: [] }, only: /^a |six|lost|^after/ },
    {
      name: 'refused before it started',
      input: { heldSeq: 5, refused: [{ hash: 'six', forMs: hour }] },
      only: /^a |six|lost|^after|^planned/,
    },
  ],
  alphabet: ({ memory }) => [
    ...always,
    // Each is refused or set aside once: it is remembered, and not judged again meanwhile.
    ...refusals.filter(
      ({ event }) => event.type === 'news.refused' && memory.refused.every(({ hash }) => hash !== event.hash),
    ),
  ],
  view: ({ context }) => ({
    held: context.heldSeq,
    refused: context.refused,
    offers: context.announcers.map(({ linkId, version }) => ({ linkId, ...version })),
    announces: context.announcing,
    asked: context.asked,
    wanted: context.wanted,
  }),
  matters: () => null,
  oracle: {
    begin: ({ input }) => beginNews(input.heldSeq, input.refused),
    judge: judgeNews,
    view: ({ held, refused, offers, announces, asked, wanted }) => {
      return { held, refused, offers, announces, asked, wanted };
    },
  },
  statesMax: 20_000,
  unreachable: {},
  mutants: [
    {
      mistake: 'a refused payload is asked for again',
      machine: newsMachine.provide({
        guards: {
          isNews: ({ context, event }) =>
            event.type === 'peer.announced' && event.version.seq > context.heldSeq,
        },
      }),
      complaint: /should know|should ask null/,
    },
    {
      mistake: 'a second announcer is asked beside the first',
      machine: redefined(newsMachine, (root) => {
        state(root, 'asking').on['peer.announced'] = {
          guard: 'isNews',
          actions: 'want',
          target: 'asking',
          reenter: true,
        };
      }),
      complaint: /asks a, should ask null/,
    },
    {
      mistake: 'nobody else is asked when the asked link is gone',
      machine: newsMachine.provide({ guards: { wasAsked: () => false } }),
      complaint: /asks null, should ask b|who was asked/,
    },
    {
      mistake: 'an answer that does not come is waited for for ever',
      machine: redefined(newsMachine, (root) => {
        state(root, 'asking').after = {};
      }),
      complaint: /two seconds/,
    },
    {
      mistake: 'every payload puts the announcement off',
      machine: newsMachine.provide({
        actions: {
          scheduleAnnouncement: enqueueActions(({ enqueue }) => {
            enqueue.assign({ announcing: true });
            enqueue.cancel('due');
            enqueue.raise({ type: 'announce.due' }, { id: 'due', delay: 'announceDelay' });
          }),
        },
      }),
      complaint: /not put off/,
    },
    {
      mistake: 'nothing is announced',
      machine: newsMachine.provide({ actions: { announce: () => undefined } }),
      complaint: /announces when it is due/,
    },
  ],
};
