/** A member, and a node that joins, offered payloads of every kind, with a store that may fail. */
import { assign, type EventFrom } from 'xstate';
import { applierMachine } from '../../machines/index.ts';
import { operator, own, pinOf, second } from '../machines/grove-fixtures.ts';
import { held, later, nameOf, nameOfHash, offerOf, offers } from './applier-offers.ts';
import { type ApplierMemory, beginApplier, judgeApplier } from './applier-oracle.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Moment, Possible } from './model.ts';
import { mayAnswer } from './surroundings.ts';

type ApplierMachine = typeof applierMachine;
export type ApplierEvent = EventFrom<ApplierMachine>;

function possible(label: string, event: ApplierEvent): Possible<ApplierMachine> {
  return { label, event };
}

/** The payloads each start is about; a walk has them all. */
const casts: { readonly [start: string]: readonly string[] } = {
  'a member': ['next', 'second', 'old', 'same', 'signed again'],
  'a member told nonsense': ['second', 'forged', 'broken', 'foreign', 'usurper'],
  'a member with payloads to park': ['future', 'jump'],
  'a member whose operator wants a number': ['leap'],
  'a member of a forked grove': ['smaller', 'larger'],
  'a member that is removed': ['removes us', 'next'],
  joining: ['next', 'removes us', 'usurper'],
};

const waitingMax = { graph: 2, walk: 6 };

type ApplierMoment = Moment<ApplierMachine, ApplierMemory>;

function alphabet({
  start,
  memory,
  surroundings,
  reach,
}: ApplierMoment): readonly Possible<ApplierMachine>[] {
  const names = reach === 'walk' ? offers.map(({ name }) => name) : (casts[start.name] ?? []);
  const open = memory.queue.length + (memory.current === null ? 0 : 1);
  const may: Possible<ApplierMachine>[] = [
    possible('the clock moved', { type: 'clock.moved' }),
    possible('relayed', { type: 'payload.relayed' }),
    possible('the grove is lost', { type: 'standing.lost' }),
  ];
  if (open < waitingMax[reach]) {
    // Without a grove pinned, that of a foreign payload is as good as any, and so is any signature.
    const odd = memory.held === null ? ['foreign', 'signed again'] : [];
    for (const name of names.filter((one) => !odd.includes(one))) {
      const { message } = offerOf(name);
      may.push(
        possible(`offered ${name}`, {
          type: 'candidate',
          linkId: '7',
          fingerprint: second,
          boot: '41',
          message,
        }),
      );
    }
  }
  const joins = reach === 'walk' || start.name === 'joining';
  if (joins && memory.held === null && memory.current === null) {
    may.push(possible('joins', { type: 'join.began', pin: pinOf() }));
  }
  const isWanting =
    [memory.current, ...memory.queue].some((one) => one?.wanted === true) || memory.wish !== null;
  // One wish at a time.
  if (!isWanting && (reach === 'walk' || start.name.includes('operator'))) {
    for (const name of ['jump', 'leap']) {
      const wish = {
        type: 'jump.accept' as const,
        requestId: 'wish',
        seq: offerOf(name).seq,
        actor: operator,
      };
      may.push(possible(`the ${name} is wanted`, wish));
    }
  }
  const publishes = reach === 'walk' || /^a member( of| that|$)/.test(start.name);
  if (memory.held !== null && publishes) {
    const { standing, seq } = offerOf('next');
    // The store takes one payload at a time.
    const rises = seq > memory.held.seq && memory.current?.stage !== 'storing';
    if (rises) may.push(possible('published next', { type: 'standing.changed', standing }));
    may.push(possible('late word', { type: 'standing.changed', standing: held }));
  }
  return [...may, ...answers(memory, surroundings, start.name)];
}

/** What the applier's actors may say now. */
function answers(
  memory: ApplierMemory,
  surroundings: ApplierMoment['surroundings'],
  start: string,
): readonly Possible<ApplierMachine>[] {
  const may: Possible<ApplierMachine>[] = [];
  const offered = offerOf(memory.current?.name ?? 'next');
  if (mayAnswer(surroundings, 'verifyCandidate')) {
    may.push(possible('verified', offered.verified));
    if (offered.dated === 'future' || offered.broken !== null)
      may.push(possible('verified later', { ...offered.verified, now: later }));
    if (start === 'joining')
      may.push(possible('verified below floor', { ...offered.verified, floorSeq: 50 }));
  }
  if (mayAnswer(surroundings, 'storePayload')) {
    may.push(possible('not stored', { type: 'store.failed', detail: 'the disk is full' }));
    const seq = memory.held?.seq ?? 0;
    const isFork = memory.current?.fork === true && offered.seq === seq;
    // The store takes a higher number only, and the other payload of a fork.
    if (offered.seq > seq || isFork) {
      const more = { membersAdded: [], membersRemoved: [], paramsChanged: [] };
      may.push(possible('stored', { type: 'payload.stored', standing: offered.standing, ...more }));
    }
  }
  if (mayAnswer(surroundings, 'keepAside')) {
    may.push(possible('kept', { type: 'kept' }), possible('not kept', { type: 'keep.failed', detail: '' }));
  }
  if (mayAnswer(surroundings, 'readParked')) {
    const kept = memory.parked
      .map(({ name }) => name)
      .filter((name) => offerOf(name).seq > (memory.held?.seq ?? 0));
    const read = (names: readonly string[]) => {
      const candidates = names.map((name) => ({
        linkId: null,
        fingerprint: second,
        boot: null,
        message: offerOf(name).message,
      }));
      return possible(`read ${names}`, { type: 'parked.read', candidates });
    };
    may.push(read(kept));
    const isFirst = memory.parked.length === 0 && memory.queue.length === 0 && memory.held?.seq === 42;
    // Parked before this process started.
    if (isFirst && start === 'a member with payloads to park') may.push(read(['future']));
  }
  return may;
}

const member = { ownFingerprint: own, standing: held, refused: [], strictTimestampWindow: false };

export const applierModel: Model<ApplierMachine, ApplierMemory> = {
  machine: applierMachine,
  starts: Object.keys(casts).map((name) => ({
    name,
    input: name === 'joining' ? { ...member, standing: null } : member,
  })),
  alphabet,
  view: ({ context, value }) => ({
    held: context.standing?.version ?? null,
    joins: context.pin !== null,
    reads: value === 'rereading',
    queue: context.queue.map(({ message, linkId, acceptedBy }) => {
      return { name: nameOf(message), parked: linkId === null, wanted: acceptedBy !== undefined };
    }),
    current: context.candidate === null ? null : nameOf(context.candidate.message),
    stage: value === 'idle' || value === 'rereading' ? null : value,
    refused: context.refused.map(({ hash, untilMs }) => ({ name: nameOfHash(hash), until: untilMs })),
    parked: context.parked.map((key) => {
      const [why = '', hash = ''] = key.split(' ');
      return { name: nameOfHash(hash), why };
    }),
    wish: context.accepting?.seq ?? null,
    forks: context.forks.map(nameOfHash),
    degraded: context.degraded,
  }),
  matters: () => null,
  oracle: {
    begin: ({ input }, { rows }) => beginApplier(input.standing, rows),
    judge: judgeApplier,
    view: ({ current, now: _now, ...rest }) => ({
      ...rest,
      current: current?.name ?? null,
      stage: current === null ? null : stateNames[current.stage],
    }),
  },
  statesMax: 30_000,
  endings: /the grove is lost/,
  unreachable: {},
  mutants: [
    {
      mistake: 'a payload is handed on whatever its verdict',
      machine: applierMachine.provide({ guards: { isRefusedContent: () => false } }),
      complaint: /should/,
    },
    {
      mistake: 'a payload is stored before it is handed on',
      machine: redefined(applierMachine, (root) => {
        const judging = state(root, 'judging').always as object[];
        judging[0] = { guard: 'isApplied', target: 'storing' };
      }),
      complaint: /should say "verified next/,
    },
    {
      mistake: 'late word takes the number in force back',
      machine: applierMachine.provide({
        actions: {
          takeStanding: assign(({ event }) =>
            event.type === 'standing.changed' ? { standing: event.standing } : {},
          ),
        },
      }),
      complaint: /should know/,
    },
    {
      mistake: 'a payload that could not be stored is forgotten',
      machine: redefined(applierMachine, (root) => {
        state(root, 'storing').on['store.failed'] = { target: 'idle', actions: 'noteDegraded' };
      }),
      complaint: /should know|tried again/,
    },
    {
      mistake: 'a known refusal is judged anew',
      machine: applierMachine.provide({ guards: { isKnownRefusal: () => false } }),
      complaint: /should/,
    },
    {
      mistake: 'a parked payload is told of again',
      machine: redefined(applierMachine, (root) => {
        const judging = state(root, 'judging').always as object[];
        judging[2] = { guard: 'isParked', target: 'parking' };
      }),
      complaint: /should/,
    },
    {
      mistake: 'the larger payload of a fork is taken',
      machine: applierMachine.provide({ guards: { keepsTheirs: () => true } }),
      complaint: /should say "fork, judged forked"/,
    },
    {
      mistake: 'a payload judged by what was in force before goes on when the leader published',
      machine: applierMachine.provide({ guards: { overtakes: () => false } }),
      complaint: /published next: .*should/,
    },
    {
      mistake: 'what was under way goes on when the grove is lost',
      machine: redefined(applierMachine, (root) => {
        root.on['standing.lost'] = { actions: ['forgetGrove', 'cancelParked'] };
      }),
      complaint: /should know/,
    },
  ],
};

const stateNames = {
  verifying: 'verifying',
  'handing on': 'handingOn',
  storing: 'storing',
  degraded: 'degraded',
  evidence: 'keepingEvidence',
  parking: 'parking',
  refusing: 'refusing',
} as const;
