/** The news: two links that announce two payloads, with what the supervisor says of them. */
import { type EventFrom, enqueueActions, type SnapshotFrom } from 'xstate';
import type { NewsToSupervisor } from '../../machines/events.ts';
import { newsMachine } from '../../machines/index.ts';
import { parentOf } from '../../machines/parent-of.ts';
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
const comings = [
  ['over-another', ''],
  ['over-this-link', ' and is about to send it'],
  ['when-asked', ', urgently'],
] as const;

type Announcer = SnapshotFrom<NewsMachine>['context']['announcers'][number];

function offerOf({ linkId, version, comes }: Announcer) {
  return { linkId, ...version, comes };
}

function possible(label: string, event: NewsEvent): Possible<NewsMachine> {
  return { label, event };
}

const always: readonly Possible<NewsMachine>[] = [
  ...links.flatMap((linkId) => [
    ...[six, seven].flatMap((version) =>
      comings.map(([comes, how]) =>
        possible(`${linkId} announces ${version.hash}${how}`, {
          type: 'peer.announced',
          linkId,
          version,
          comes,
        }),
      ),
    ),
    // With one payload each, or there would be states without number.
    possible(`${linkId} announces six and carries payloads`, {
      type: 'peer.announced',
      linkId,
      version: six,
      comes: 'over-either',
    }),
    possible(`${linkId} is gone`, { type: 'news.link-gone', linkId }),
  ]),
  possible('a announces what is held', {
    type: 'peer.announced',
    linkId: 'a',
    version: five,
    comes: 'when-asked',
  }),
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
    offers: context.announcers.map(offerOf),
    announces: context.announcing,
    asked: context.asked === null ? null : offerOf(context.asked),
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
      mistake: 'what another link is to bring is asked for at once',
      machine: newsMachine.provide({
        guards: {
          isUrgentNews: ({ context, event }) =>
            event.type === 'peer.announced' &&
            event.version.seq > context.heldSeq &&
            context.refused.every(({ hash }) => hash !== event.version.hash) &&
            (event.comes === 'when-asked' || event.comes === 'over-either'),
        },
      }),
      complaint: /asks a, should ask null/,
    },
    {
      mistake: 'a link that knew sooner is not named',
      machine: newsMachine.provide({ actions: { tellNearer: () => undefined } }),
      complaint: /calls null nearer, should call a/,
    },
    {
      mistake: 'whoever announced last is called nearer',
      machine: newsMachine.provide({
        actions: {
          tellNearer: enqueueActions(({ context, enqueue }) => {
            const last = context.announcers.at(-1);
            if (last === undefined) return;
            const event: NewsToSupervisor = { type: 'news.nearer', linkId: last.linkId };
            enqueue.sendTo(parentOf, event);
          }),
        },
      }),
      complaint: /calls \w nearer, should call (a|null)/,
    },
    {
      mistake: 'the link that was asked is not called nearer',
      machine: redefined(newsMachine, (root) => {
        const [whenHere, ...others] = state(root, 'asking').on['news.arrived'] as object[];
        state(root, 'asking').on['news.arrived'] = [{ ...whenHere, actions: 'hold' }, ...others];
      }),
      complaint: /calls null nearer, should call a/,
    },
    {
      mistake: 'a link that carries payloads and was not asked is called nearer',
      machine: newsMachine.provide({
        actions: {
          tellNearer: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'news.arrived') return;
            const { version: here } = event;
            const known = context.asked === null ? context.announcers : [context.asked];
            const sooner = known.find(
              ({ version, comes }) =>
                version.seq === here.seq && (comes === 'over-another' || comes === 'over-either'),
            );
            if (sooner === undefined) return;
            enqueue.sendTo(parentOf, {
              type: 'news.nearer',
              linkId: sooner.linkId,
            } satisfies NewsToSupervisor);
          }),
        },
      }),
      complaint: /calls \w nearer, should call null/,
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
