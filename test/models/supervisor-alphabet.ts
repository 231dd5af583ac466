/** What may happen to a supervisor: what operators ask, what links, actors and the store report. */
import type { EventFrom } from 'xstate';
import type { CandidateOutcome, Standing } from '../../machines/events.ts';
import type { supervisorMachine } from '../../machines/index.ts';
import type { Coming, PeerClosed } from '../../machines/peer-events.ts';
import type { SupervisorInput } from '../../machines/supervisor-context.ts';
import { operator } from '../machines/grove-fixtures.ts';
import type { Moment, Possible } from './model.ts';
import type { SupervisorMemory } from './supervisor-oracle.ts';
import type { Link } from './supervisor-oracle-branches.ts';

export type SupervisorMachine = typeof supervisorMachine;
export type SupervisorEvent = EventFrom<SupervisorMachine>;
type SupervisorMoment = Moment<SupervisorMachine, SupervisorMemory>;
export type SupervisorPossible = Possible<SupervisorMachine>;

export const at = '2026-05-07T12:00:00Z';
export const everybody = ['a', 'b', 'leader', 'us'];

export function standing(
  seq: number,
  role: 'leader' | 'follower',
  members: readonly string[] = everybody,
  lineBytes = 900,
): Standing {
  return {
    groveId: 'grove',
    leaderFingerprint: role === 'leader' ? 'us' : 'leader',
    leaderKey: null,
    role,
    version: { seq, hash: `hash${seq}` },
    signature: '',
    createdAt: at,
    lineBytes,
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
  const about = { app: 'web', what: 'install' as const };
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
    ...(open.includes('app')
      ? [
          possible('the app is settled', {
            type: 'app.settled',
            requestId: 'app',
            verdict: { ok: true, value: {} },
          }),
        ]
      : [possible('an app is installed', { type: 'app.request', requestId: 'app', ...about })]),
    possible('a number is wanted', { type: 'jump.accept', requestId: id('jump'), actor, seq: 9 }),
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

const comings: readonly (readonly [what: string, comes: Coming])[] = [
  ['announces what it brings', 'over-this-link'],
  ['announces what another brings', 'over-another'],
  ['announces what nobody brings', 'when-asked'],
];

/** Links `1` and `4` to a, `2` to b and `3` to the leader, each of which comes up, is greeted and ends. */
export function linkEvents({ memory, reach, start }: SupervisorMoment): readonly SupervisorPossible[] {
  const isTwice = start.name.includes('linked twice');
  const ids = reach === 'walk' ? ['1', '2', '3', '4'] : isTwice ? ['1', '2', '4'] : ['1', '2'];
  const peers = new Map([
    ['1', 'a'],
    ['2', reach === 'walk' ? 'b' : 'leader'],
    ['3', 'leader'],
    ['4', 'a'],
  ]);
  return ids.flatMap((linkId) => {
    const link = memory.links[linkId];
    const fingerprint = link?.fingerprint ?? peers.get(linkId) ?? '';
    const address = `at ${fingerprint}`;
    if (link !== undefined) return [...linkSteps(linkId, link, memory), ...linkWords(linkId, link, memory)];
    return [
      possible(`${linkId} is accepted`, { type: 'link.accepted', linkId, fingerprint, address }),
      possible(`${linkId} is dialled`, { type: 'link.dialled', linkId, fingerprint, address }),
    ];
  });
}

const version = { seq: 5, hash: 'hash5' };

/** How a link that is up goes on. */
function linkSteps(
  linkId: string,
  { fingerprint, greeted }: Link,
  { links }: SupervisorMemory,
): readonly SupervisorPossible[] {
  const from = { linkId, fingerprint };
  const greets = (label: string, boot: string) =>
    possible(label, { type: 'peer.greeted', ...from, boot, version, at });
  const boot = Object.values(links).find((other) => other.fingerprint === fingerprint && other.greeted)?.boot;
  const greetings = [
    // Every link leads to a process of its own, or to the one that another link leads to.
    greets(`${linkId} greets`, linkId),
    ...(boot === undefined || boot === null ? [] : [greets(`${linkId} greets as the other does`, boot)]),
  ];
  return [
    ...(greeted ? [] : greetings),
    ...ends.map(([what, end]) =>
      possible(`${linkId} ${what}`, {
        type: 'peer.closed',
        ...from,
        greeted,
        aborted: null,
        at,
        by: 'peer',
        code: 0,
        reason: '',
        ...end,
      }),
    ),
    possible(`${linkId} is a clone`, { type: 'peer.cloned', ...from, at }),
  ];
}

/** What comes over a link that is up, and what the news say of it. */
function linkWords(
  linkId: string,
  { fingerprint, greeted, lazy, branch }: Link,
  { standing: held }: SupervisorMemory,
): readonly SupervisorPossible[] {
  const from = { linkId, fingerprint };
  const next = { ...version, seq: (held?.seq ?? 4) + 1 };
  const candidate = { type: 'candidate' as const, ...from, boot: '41' };
  const brought = { type: 'payload.verified' as const, ...from, boot: '41', lineBytes: 900 };
  return [
    possible(`${linkId} brings a payload`, {
      ...candidate,
      message: { type: 'version', payload: {}, signature: '' },
    }),
    possible(`${linkId} has brought one`, { ...brought, version: next, membersRemoved: [] }),
    ...(greeted
      ? [
          possible(`${linkId} wants ${lazy ? 'payloads' : 'announcements'}`, {
            type: 'peer.wants',
            linkId,
            push: lazy ? 'version' : 'hello',
            branch,
          }),
          possible(`${linkId} ${branch ? 'is no branch any more' : 'becomes a branch'}`, {
            type: 'peer.wants',
            linkId,
            push: lazy ? 'hello' : 'version',
            branch: !branch,
          }),
        ]
      : []),
    ...comings.map(([what, comes]) =>
      possible(`${linkId} ${what}`, { type: 'peer.announced', linkId, version, comes }),
    ),
    possible(`${linkId} hints`, { type: 'peer.hints', fingerprint, entries: [] }),
  ];
}

const fromLink = { linkId: '1', fingerprint: 'a' };
const without = (gone: string) => everybody.filter((member) => member !== gone);

/** What the applier, the publisher and the news say. */
export function payloadEvents(moment: SupervisorMoment): readonly SupervisorPossible[] {
  const { start, memory, surroundings, reach } = moment;
  const { standing: held, open } = memory;
  const seq = held?.seq ?? 4;
  const rises = reach === 'walk' || seq <= (start.input.standing?.version.seq ?? 4);
  const isPublishing = surroundings.children.some(({ id }) => id === 'publisher');
  const requestId = isPublishing ? open.find((id) => /^(publish|found)/.test(id)) : undefined;
  const outcomes: CandidateOutcome[] = [
    { kind: 'duplicate', seq },
    { kind: 'refused', reason: 'signature_invalid', detail: '' },
    { kind: 'unfit', why: 'not-listed', detail: '' },
  ];
  const rejected = { type: 'payload.rejected' as const, ...fromLink, hash: 'x', detail: '' };
  return [
    ...(rises ? payloads(memory, seq + 1) : []),
    ...(requestId === undefined ? [] : published(requestId, seq, rises ? (held?.members ?? []) : null)),
    ...outcomes.map((outcome) =>
      possible(`judged ${outcome.kind}`, { type: 'candidate.judged', linkId: '1', outcome }),
    ),
    possible('set aside', { ...rejected, reason: { other: 'seq_jump' }, setAside: true }),
    possible('rejected', { ...rejected, reason: 'signature_invalid', setAside: false }),
    ...wishes(open),
    possible('forked', { type: 'fork.detected', seq, hashes: ['x', 'y'], fingerprint: 'a' }),
    possible('degraded', { type: 'store.degraded', detail: 'full' }),
    possible('recovered', { type: 'store.recovered' }),
    // Links whose end the news do not know of yet included.
    ...['1', '2', '4'].flatMap((linkId) => [
      possible(`asks ${linkId}`, { type: 'news.pull', linkId }),
      possible(`${linkId} was sooner`, { type: 'news.nearer', linkId }),
    ]),
    possible('announces', { type: 'news.announce' }),
  ];
}

/** What becomes of a number that is wanted; once it is answered, word of it changes nothing. */
function wishes(open: readonly string[]): readonly SupervisorPossible[] {
  const refusal = { code: 'not_found', message: 'no' } as const;
  const settled = { type: 'jump.settled' as const, requestId: 'jump' };
  return [
    possible('the number is taken', { ...settled, refusal: null }),
    ...(open.includes('jump') ? [possible('the number is refused', { ...settled, refusal })] : []),
  ];
}

/** Payloads of this number come over link 1: with the same members, and with less. */
function payloads({ standing: held, life }: SupervisorMemory, seq: number): readonly SupervisorPossible[] {
  const role = held?.role ?? 'follower';
  const before = held?.members ?? [];
  const applied = (what: string, next: Standing, revokesUs = false) =>
    possible(`applied ${what}`, {
      type: 'payload.applied',
      ...fromLink,
      standing: next,
      membersAdded: next.members.filter((member) => !before.includes(member)),
      membersRemoved: before.filter((member) => !next.members.includes(member)),
      paramsChanged: [],
      revokesUs,
    });
  const verified = (what: string, { version, members, lineBytes }: Standing) => {
    const membersRemoved = before.filter((member) => !members.includes(member));
    return possible(`verified ${what}`, {
      type: 'payload.verified',
      ...fromLink,
      boot: '41',
      version,
      lineBytes,
      membersRemoved,
    });
  };
  const another = standing(seq, role, held?.members ?? everybody);
  const long = standing(seq, role, held?.members ?? everybody, 20_000);
  const withoutA = standing(seq, role, without('a'));
  const withoutUs = standing(seq, role, without('us'));
  const may = [
    verified('another', another),
    applied('another', another),
    verified('one without a', withoutA),
    applied('one without a', withoutA),
    verified('a long one', long),
    applied('a long one', long),
  ];
  // A payload that does not list a joining node is not applied.
  return life === 'joining'
    ? [...may, applied('our own', standing(seq, 'leader'))]
    : [...may, verified('one without us', withoutUs), applied('one without us', withoutUs, true)];
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
    possible('an app tells', { type: 'app.happened', events: [] }),
    possible('saves', { type: 'book.save', rows: [] }),
    possible('has addresses to tell', { type: 'peers.changed', entries: [], news: [] }),
    possible('slept', { type: 'world.changed', what: 'slept', ownAddresses: [] }),
    possible('clock set', { type: 'world.changed', what: 'clock', ownAddresses: [] }),
  ];
  if (life === 'stopping' && !memory.flushed) may.push(possible('is flushed', { type: 'book.flushed' }));
  for (const { id, source } of [...surroundings.children, ...surroundings.gone]) {
    if (source === 'dialAttempt') may.push(...attemptEnds(id, moment, early));
    if (source !== 'departGrove') continue;
    may.push(possible('departed', { type: 'grove.departed', unmapped: [] }));
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
  const enough = start.name.endsWith('actors fail') ? 6 : 1;
  const links = Object.values(memory.linkFailures).reduce((sum, count) => sum + count, 0);
  const most = start.name.endsWith('link fails') ? 6 : 1;
  if (reach === 'graph' && (memory.restarts >= enough || links >= most)) return [];
  return surroundings.children.map(({ id }) =>
    possible(`${id} breaks`, {
      type: `xstate.error.actor.${id}`,
      actorId: id,
      error: new Error('a mistake'),
    } as unknown as SupervisorEvent),
  );
}
