/** A leader with three members, with one, or about to found its grove, and what its operator and its members do. */
import { assign, type EventFrom } from 'xstate';
import type { Standing } from '../../machines/events.ts';
import { publisherMachine } from '../../machines/index.ts';
import { publishQueueMax } from '../../src/protocol/index.ts';
import type { Version } from '../../src/protocol/types.ts';
import { operator } from '../machines/grove-fixtures.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Moment, Possible } from './model.ts';
import { beginPublisher, judgePublisher, type PublisherMemory } from './publisher-oracle.ts';
import { lives } from './surroundings.ts';

type PublisherMachine = typeof publisherMachine;
export type PublisherEvent = EventFrom<PublisherMachine>;

const own = 'leader';

function possible(label: string, event: PublisherEvent): Possible<PublisherMachine> {
  return { label, event };
}

function standing(version: Version, members: readonly string[] = [own, 'a', 'b', 'c']): Standing {
  return {
    groveId: 'grove',
    leaderFingerprint: own,
    leaderKey: null,
    role: 'leader',
    version,
    signature: '',
    createdAt: '',
    lineBytes: 900,
    members,
  };
}

const before: Version = { seq: 5, hash: 'before' };

function publish(requestId: string, force = false): PublisherEvent {
  return {
    type: 'publish',
    requestId,
    change: { kind: 'republish' },
    expectSeq: null,
    force,
    actor: operator,
  };
}

function alphabet({ start, memory, surroundings, reach }: Moment<PublisherMachine, PublisherMemory>) {
  const { held, members, queue, current } = memory;
  const seq = held?.seq ?? 0;
  const open = queue.length + (current === null ? 0 : 1);
  const id =
    ['p', 'q', 'r', 's'].find((name) => [...queue, current].every((one) => one?.id !== name)) ?? 'more';
  const may: Possible<PublisherMachine>[] = [];
  if (open < (reach === 'graph' ? 2 : 4)) {
    may.push(possible('publish', publish(id)), possible('publish by force', publish(id, true)));
    const found = { type: 'found' as const, requestId: id, label: 'clinic', actor: operator };
    if (held === null) may.push(possible('found', found));
  }
  const grows = reach === 'walk' || seq <= (start.input.standing?.version.seq ?? 0);
  for (const fingerprint of ['a', 'b', 'stranger']) {
    for (const said of grows ? [0, seq, seq + 1] : [0, seq]) {
      may.push(possible(`${fingerprint} holds ${said}`, { type: 'member.heard', fingerprint, seq: said }));
    }
  }
  if (held !== null) {
    may.push(possible('word of what is held', { type: 'standing.changed', standing: standing(held) }));
    const late = standing({ seq: seq - 1, hash: 'late' });
    may.push(possible('late word', { type: 'standing.changed', standing: late }));
  }
  if (grows) {
    const version = { seq: seq + 1, hash: `theirs${seq + 1}` };
    may.push(possible('recovered', { type: 'standing.changed', standing: standing(version) }));
    const alone = standing(version, [own]);
    if (members.length < 4)
      may.push(possible('recovered, alone', { type: 'standing.changed', standing: alone }));
  }
  return [...may, ...answers({ memory, surroundings }, grows)];
}

/** What the actors that draft, sign and store may say now. */
function answers(
  { memory, surroundings }: Pick<Moment<PublisherMachine, PublisherMemory>, 'memory' | 'surroundings'>,
  grows: boolean,
): readonly Possible<PublisherMachine>[] {
  const seq = memory.held?.seq ?? 0;
  const refusal = { code: 'internal', message: 'no' } as const;
  if (lives(surroundings, 'draftPayload')) {
    return [
      ...(grows ? [possible('drafted', { type: 'draft.ready' })] : []),
      possible('draft is unchanged', { type: 'draft.unchanged' }),
      possible('draft is refused', { type: 'draft.refused', refusal }),
    ];
  }
  if (lives(surroundings, 'signPayload')) {
    const version = { seq: seq + 1, hash: `ours${seq + 1}` };
    return [possible('signed', { type: 'draft.signed', version })];
  }
  if (!lives(surroundings, 'storePublish')) return [];
  const failed = possible('cannot be stored', { type: 'publish.failed', refusal });
  const signed = memory.current?.signed ?? null;
  // The store refuses a number that is not above what it holds.
  if (signed === null || signed.seq <= seq) return [failed];
  const more = { membersAdded: [], membersRemoved: [], paramsChanged: [] };
  return [failed, possible('stored', { type: 'publish.stored', standing: standing(signed), ...more })];
}

/** As many changes as may wait. */
const full = Array.from({ length: publishQueueMax }, (_, index) => possible(`${index}`, publish(`${index}`)));

const starts = [
  { name: 'three members', input: { ownFingerprint: own, standing: standing(before) } },
  { name: 'one member', input: { ownFingerprint: own, standing: standing(before, [own, 'a']) } },
  { name: 'no grove yet', input: { ownFingerprint: own, standing: null } },
];

export const publisherModel: Model<PublisherMachine, PublisherMemory> = {
  machine: publisherMachine,
  starts: [
    {
      name: 'many changes wait',
      input: { ownFingerprint: own, standing: standing(before) },
      before: full.slice(0, -1),
    },
    ...starts,
  ],
  alphabet: (moment) =>
    moment.start.name === 'many changes wait'
      ? [
          possible('publish', publish('64')),
          possible('found', { type: 'found', requestId: '65', label: 'clinic', actor: operator }),
        ]
      : alphabet(moment),
  view: ({ context, value }) => ({
    held: context.current,
    members: context.members,
    heard: context.heard.toSorted(),
    spoken: context.heardSeq,
    queue: context.queue.map(({ requestId, force }) => ({ id: requestId, forced: force })),
    current:
      value === 'holding' || value === 'ready'
        ? null
        : { id: context.request?.requestId, stage: value, signed: context.signed },
  }),
  matters: ({ context }) => context.settled,
  oracle: {
    begin: ({ input }, { after }) => beginPublisher(input.standing, input.ownFingerprint, after),
    judge: judgePublisher,
    view: ({ held, members, heard, spoken, queue, current }) => {
      return { held, members, heard, spoken, queue, current };
    },
  },
  statesMax: 5_000,
  unreachable: {},
  mutants: [
    {
      mistake: 'nothing is waited for after a start',
      machine: publisherMachine.provide({ guards: { heardEnough: () => true } }),
      complaint: /wait for members has an end|should/,
    },
    {
      mistake: 'a newer payload that a member speaks of is not waited for',
      machine: publisherMachine.provide({ guards: { isBehind: () => false } }),
      complaint: /wait for members/,
    },
    {
      mistake: 'late word of an older payload takes the leader back',
      machine: publisherMachine.provide({
        actions: {
          takeStanding: assign(({ event }) =>
            event.type === 'standing.changed' || event.type === 'publish.stored'
              ? { current: event.standing.version, members: event.standing.members }
              : {},
          ),
        },
      }),
      complaint: /late word: knows/,
    },
    {
      mistake: 'a payload is announced when it is signed',
      machine: redefined(publisherMachine, (root) => {
        state(root, 'signing').on['draft.signed'] = { target: 'ready', actions: 'noteSigned' };
      }),
      complaint: /one step at a time|should know/,
    },
    {
      mistake: 'a failure to store is not answered',
      machine: publisherMachine.provide({ actions: { reportRefused: () => undefined } }),
      complaint: /should answer publish.refused/,
    },
    {
      mistake: 'a full queue takes another change',
      machine: publisherMachine.provide({ guards: { isFull: () => false } }),
      complaint: /should answer publish.refused 64/,
    },
    {
      mistake: 'the change under way is given up when a member is ahead',
      machine: redefined(publisherMachine, (root) => {
        state(root, 'drafting').always = { guard: 'isBehind', target: 'holding' };
      }),
      complaint: /has an end|should know/,
    },
  ],
};
