/** What may happen to a supervisor: what operators ask, what links, actors and the store report. */
import type { EventFrom } from 'xstate';
import type { CandidateOutcome, PeerClosed, Standing } from '../../machines/events.ts';
import type { supervisorMachine } from '../../machines/index.ts';
import type { SupervisorInput } from '../../machines/supervisor-context.ts';
import { operator } from '../machines/grove-fixtures.ts';
import type { Moment, Possible } from './model.ts';
import type { SupervisorMemory } from './supervisor-oracle.ts';

export type SupervisorMachine = typeof supervisorMachine;
export type SupervisorEvent = EventFrom<SupervisorMachine>;
type SupervisorMoment = Moment<SupervisorMachine, SupervisorMemory>;
export type SupervisorPossible = Possible<SupervisorMachine>;

const at = '2026-05-07T12:00:00Z';
export const everybody = ['a', 'b', 'leader', 'us'];

export function standing(
  seq: number,
  role: 'leader' | 'follower',
  members: readonly string[] = everybody,
): Standing {
  return {
    groveId: 'grove',
    leaderFingerprint: role === 'leader' ? 'us' : 'leader',
    leaderKey: null,
    role,
    version: { seq, hash: `hash${seq}` },
    signature: '',
    createdAt: at,
    lineBytes: 900,
    members,
  };
}

export function inputOf(change: Partial<SupervisorInput>): SupervisorInput {
  return {
    ownFingerprint: 'us',
    boot: '77',
    standing: null,
    revoked: false,
    book: [],
    refused: [],
    ownAddresses: [],
    listensOnLoopback: false,
    seed: 'seed',
    at,
    strictTimestampWindow: false,
    ...change,
  };
}

function possible(label: string, event: SupervisorEvent): SupervisorPossible {
  return { label, event };
}

/** What operators ask. A second one of a kind has another id. */
export function requests({ open }: SupervisorMemory): readonly SupervisorPossible[] {
  const id = (kind: string) => (open.includes(kind) ? `${kind} again` : kind);
  const actor = operator;
  const targets = ['a', 'b'].map((fingerprint) => ({ address: `at ${fingerprint}`, fingerprint }));
  const pin = { leaderFingerprint: 'leader', leaderKey: null, groveId: null, acceptRollback: false };
  const publish = { change: { kind: 'republish' as const }, expectSeq: null, force: false, actor };
  return [
    possible('found', { type: 'found', requestId: id('found'), label: 'clinic', actor }),
    possible('join', { type: 'join', requestId: id('join'), actor, targets, pin }),
    ...(open.includes('publish again')
      ? []
      : [possible('publish', { type: 'publish', requestId: id('publish'), ...publish })]),
    possible('leave', { type: 'leave', requestId: id('leave'), actor, force: false }),
    possible('leave by force', { type: 'leave', requestId: id('leave'), actor, force: true }),
    possible('shutdown', { type: 'shutdown' }),
  ];
}

const ends: readonly (readonly [what: string, end: Partial<PeerClosed>])[] = [
  ['ends', {}],
  ['is lost', { by: 'transport', code: null }],
  ['says that we are out', { code: 4, reason: 'seq=50' }],
  ['says that we are out, of old', { code: 4, reason: 'seq=2' }],
  ['says that we are out, without a number', { code: 4, reason: '' }],
  ['refuses us', { code: 1, reason: 'not a member' }],
];

/** Links `1` to a, `2` to b and `3` to the leader, each of which comes up, is greeted and ends. */
export function linkEvents({ memory, reach }: SupervisorMoment): readonly SupervisorPossible[] {
  const ids = reach === 'walk' ? (['1', '2', '3', '4'] as const) : (['1', '2'] as const);
  const fingerprints = { 1: 'a', 2: reach === 'walk' ? 'b' : 'leader', 3: 'leader', 4: 'a' };
  return ids.flatMap((linkId) => {
    const link = memory.links[linkId];
    const fingerprint = link?.fingerprint ?? fingerprints[linkId];
    const address = `at ${fingerprint}`;
    const from = { linkId, fingerprint };
    if (link === undefined) {
      return [
        possible(`${linkId} is accepted`, { type: 'link.accepted', ...from, address }),
        possible(`${linkId} is dialled`, { type: 'link.dialled', ...from, address }),
      ];
    }
    const version = { seq: 5, hash: 'hash5' };
    const greets = possible(`${linkId} greets`, { type: 'peer.greeted', ...from, boot: linkId, version, at });
    return [
      ...(link.greeted ? [] : [greets]),
      ...ends.map(([what, end]) =>
        possible(`${linkId} ${what}`, {
          type: 'peer.closed',
          ...from,
          greeted: link.greeted,
          aborted: null,
          at,
          by: 'peer',
          code: 0,
          reason: '',
          ...end,
        }),
      ),
      possible(`${linkId} brings a payload`, {
        type: 'candidate',
        ...from,
        message: { type: 'version', payload: {}, signature: '' },
      }),
      possible(`${linkId} announces`, { type: 'peer.announced', linkId, version, urgent: false }),
      possible(`${linkId} hints`, { type: 'peer.hints', fingerprint, entries: [] }),
    ];
  });
}

/** What the applier, the publisher and the news say. */
export function payloadEvents({
  start,
  memory,
  surroundings,
  reach,
}: SupervisorMoment): readonly SupervisorPossible[] {
  const { standing: held, open, life } = memory;
  const role = held?.role ?? 'follower';
  const seq = held?.seq ?? 4;
  const from = { linkId: '1', fingerprint: 'a' };
  const version = { seq: seq + 1, hash: `hash${seq + 1}` };
  const rises = reach === 'walk' || seq <= (start.input.standing?.version.seq ?? 4);
  const may: SupervisorPossible[] = [];
  const news = (members: readonly string[], revokesUs = false) => {
    const membersRemoved = (held?.members ?? []).filter((member) => !members.includes(member));
    const membersAdded = members.filter((member) => !(held?.members ?? []).includes(member));
    return { membersAdded, membersRemoved, paramsChanged: [], revokesUs, members };
  };
  const changes = [
    ['another', news(held?.members ?? everybody)],
    ['one without a', news(everybody.filter((member) => member !== 'a'))],
    [
      'one without us',
      news(
        everybody.filter((member) => member !== 'us'),
        true,
      ),
    ],
  ] as const;
  for (const [what, { members, ...more }] of rises ? changes : []) {
    if (life === 'joining' && more.revokesUs) continue;
    const { membersRemoved } = more;
    may.push(
      possible(`verified ${what}`, {
        type: 'payload.verified',
        ...from,
        version,
        lineBytes: 900,
        membersRemoved,
      }),
    );
    const next = standing(seq + 1, role, members);
    may.push(possible(`applied ${what}`, { type: 'payload.applied', ...from, standing: next, ...more }));
  }
  if (rises && life === 'joining') {
    const next = standing(seq + 1, 'leader');
    may.push(
      possible('applied our own', { type: 'payload.applied', ...from, standing: next, ...news(everybody) }),
    );
  }
  const isPublishing = surroundings.children.some(({ id }) => id === 'publisher');
  const requestId = open.find((id) => /^(publish|found)/.test(id));
  if (isPublishing && requestId !== undefined) {
    may.push(...published(requestId, seq, rises ? (held?.members ?? []) : null));
  }
  const outcomes: CandidateOutcome[] = [
    { kind: 'duplicate', seq },
    { kind: 'refused', reason: 'signature_invalid', detail: '' },
    { kind: 'unfit', why: 'not-listed', detail: '' },
  ];
  return [
    ...may,
    ...outcomes.map((outcome) =>
      possible(`judged ${outcome.kind}`, { type: 'candidate.judged', linkId: '1', outcome }),
    ),
    possible('rejected', {
      type: 'payload.rejected',
      ...from,
      hash: 'x',
      reason: 'signature_invalid',
      detail: '',
    }),
    possible('forked', { type: 'fork.detected', seq, hashes: ['x', 'y'], fingerprint: 'a' }),
    possible('degraded', { type: 'store.degraded', detail: 'full' }),
    possible('recovered', { type: 'store.recovered' }),
    possible('asks 1', { type: 'news.pull', linkId: '1' }),
    possible('announces', { type: 'news.announce' }),
  ];
}

function published(
  requestId: string,
  seq: number,
  held: readonly string[] | null,
): readonly SupervisorPossible[] {
  const refusal = { code: 'internal', message: 'no' } as const;
  const founds = requestId.startsWith('found');
  const more = { membersAdded: founds ? ['us'] : [], membersRemoved: [], paramsChanged: [] };
  const next = standing(seq + 1, 'leader', founds ? ['us'] : (held ?? []));
  const done = possible('published', {
    type: 'payload.published',
    requestId,
    actor: operator,
    standing: next,
    ...more,
  });
  return [
    ...(held === null ? [] : [done]),
    possible('publish is refused', { type: 'publish.refused', requestId, actor: operator, refusal }),
    ...(founds ? [] : [possible('publish changes nothing', { type: 'publish.unchanged', requestId })]),
  ];
}

/** What the dial loop, the endpoint, a join's attempt and the departure report. */
export function otherEvents(moment: SupervisorMoment): readonly SupervisorPossible[] {
  const { memory, surroundings, reach, snapshot } = moment;
  const { life } = memory;
  // Eight times are like once.
  const early = reach === 'walk' || (snapshot.context.join?.retries ?? 0) < 1;
  const may: SupervisorPossible[] = [
    possible('gives a up', { type: 'link.retire', fingerprint: 'a' }),
    possible('saves', { type: 'book.save', rows: [] }),
    possible('has addresses to tell', { type: 'peers.changed', entries: [] }),
    possible('slept', { type: 'world.changed', what: 'slept', ownAddresses: [] }),
    possible('clock set', { type: 'world.changed', what: 'clock', ownAddresses: [] }),
  ];
  if (life === 'stopping' && !memory.flushed) may.push(possible('is flushed', { type: 'book.flushed' }));
  for (const { id, source } of [...surroundings.children, ...surroundings.gone]) {
    if (source === 'dialAttempt') may.push(...attemptEnds(id, moment, early));
    if (source !== 'departGrove') continue;
    may.push(possible('departed', { type: 'grove.departed' }));
    may.push(possible('cannot depart', { type: 'depart.failed', detail: 'full' }));
  }
  return may;
}

/** Only who was not tried yet is reached, over a link of its own. */
function attemptEnds(id: string, { memory, snapshot }: SupervisorMoment, early: boolean) {
  const done = (label: string, output: object) =>
    possible(label, { type: `xstate.done.actor.${id}`, actorId: id, output } as unknown as SupervisorEvent);
  const failed = snapshot.context.join?.failures.map(({ address }) => address) ?? [];
  const left = ['a', 'b'].filter((peer) => !failed.includes(`at ${peer}`));
  const attempts = (kind: string, code: number | null) =>
    left.map((peer) => ({ address: `at ${peer}`, kind, code, detail: '' }));
  const linkIds: { readonly [peer: string]: string } = { a: '1', b: '2' };
  const reached = left
    .map((peer) => ({ linkId: linkIds[peer] ?? '', address: `at ${peer}`, fingerprint: peer }))
    .filter(({ linkId }) => !(linkId in memory.links))
    .map((link) => done(`reaches ${link.fingerprint}`, { outcome: 'connected', ...link }));
  return [
    ...reached,
    done('reaches nobody', { outcome: 'failed', attempts: attempts('unreachable', null) }),
    ...(early ? [done('is not known yet', { outcome: 'failed', attempts: attempts('closed', 1) })] : []),
  ];
}

/** Any of the actors fails. */
export function failures({
  start,
  memory,
  surroundings,
  reach,
}: SupervisorMoment): readonly SupervisorPossible[] {
  const enough = start.name.endsWith('fail') ? 6 : 1;
  if (reach === 'graph' && memory.restarts >= enough) return [];
  return surroundings.children.map(({ id }) =>
    possible(`${id} breaks`, {
      type: `xstate.error.actor.${id}`,
      actorId: id,
      error: new Error('a mistake'),
    } as unknown as SupervisorEvent),
  );
}
