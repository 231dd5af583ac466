/** A node outside, a member, a leader and one that was revoked, with two links and all that its actors say. */
import type { Model } from './model.ts';
import {
  at,
  everybody,
  failures,
  inputOf,
  linkEvents,
  otherEvents,
  payloadEvents,
  requests,
  type SupervisorMachine,
  type SupervisorPossible,
  standing,
} from './supervisor-alphabet.ts';
import { machine, mutants } from './supervisor-mutants.ts';
import { beginSupervisor, isSuspected, judgeSupervisor, type SupervisorMemory } from './supervisor-oracle.ts';

export type { SupervisorEvent } from './supervisor-alphabet.ts';

/** What each start is about; a walk has all of it. */
const joins = /^(join$|reaches|is not known|1 (ends|refuses)|2 ends|after)/;
const takes =
  /^(join$|found$|publish$|leave$|reaches (a|nobody)|1 (greets|ends|brings)|applied (another|our)|verified another|judged)/;
const founds =
  /^(found|leave$|published|publish is|publisher breaks|saves|slept|clock|has addr|2 is|planned)/;
const struggles = /^(join$|reaches a|1 (greets|ends)|degraded|recovered|after|slept|rejected)/;
const links =
  /^([12] (is acc|greets|ends|is lost|announces|hints)|applied one|verified one|leave$|departed|gives|asks)/;
const talks =
  /^(1 |2 is dialled|judged dup|announces|forked|rejected|slept|clock|has addr|saves|degraded|recovered|found$|join$|publish$)/;
const follows =
  /^(2 (is acc|greets|says)|1 (is acc|says)|applied another|leave|cannot|departed|departGrove breaks)/;
const leads =
  /^(publish|leave|1 is acc|applied (another|one without us)|forked|departed|cannot|publisher breaks|departGrove|verified another)/;
const breaks =
  /^(news|endpoint|peer.1|publisher) breaks|^(a number is|an app is|planned|1 (is acc|greets)|publish$|found$|join$|leave$|shutdown)/;
const ends =
  /^(1 (is acc|greets|ends)|shutdown|is flushed|after|news breaks|found$|join$|publish$|leave$|a number is)/;

const led = standing(5, 'leader');
const followed = standing(5, 'follower');

/** Link 2, to the leader, brings payloads. */
const from2 = { linkId: '2', fingerprint: 'leader' };
const { version } = standing(6, 'follower');
const fedBySecond: readonly SupervisorPossible[] = [
  { label: '2 is accepted', event: { type: 'link.accepted', ...from2, address: 'at leader' } },
  { label: '2 greets', event: { type: 'peer.greeted', ...from2, boot: '2', version, at } },
  {
    label: '2 has brought one',
    event: {
      type: 'payload.verified',
      ...from2,
      boot: '41',
      version,
      lineBytes: 900,
      membersRemoved: [],
    },
  },
];

export const supervisorModel: Model<SupervisorMachine, SupervisorMemory> = {
  machine,
  starts: [
    { name: 'outside, with a payload to take', input: inputOf({}), only: takes },
    { name: 'outside, to found', input: inputOf({}), only: founds },
    {
      name: 'outside, to found while actors fail',
      input: inputOf({}),
      only: /^(found$|published|publish is|(news|publisher) breaks)/,
    },
    { name: 'outside, with a bad disk', input: inputOf({}), only: struggles },
    { name: 'a member with links', input: inputOf({ standing: followed }), only: links },
    {
      name: 'a member whose payloads come over a link',
      input: inputOf({ standing: followed }),
      only: /^([12] (is acc|greets|ends|wants)|verified one|leave$|peer.1 breaks)/,
    },
    {
      name: 'a member that tells what it holds',
      input: inputOf({ standing: followed }),
      only: /^([12] (is acc|greets|wants)|1 (ends|becomes)|verified (a long|another)|applied (a long|another|one without a)|announces|leave$|cannot)/,
    },
    {
      name: 'a member that is linked twice to a peer',
      input: inputOf({ standing: followed }),
      before: fedBySecond,
      only: /^(1 is acc|4 is (acc|dialled)|[14] (greets|has brought|was sooner)|[124] ends|asks [14])/,
    },
    {
      name: 'a member with a link too many',
      input: inputOf({ standing: followed }),
      only: /^([12] (is acc|wants|was sooner)|1 (greets|ends|has brought|announces)|2 greets|gives|leave$|cannot)/,
    },
    { name: 'a member that talks', input: inputOf({ standing: followed }), only: talks },
    { name: 'a member told that it is out', input: inputOf({ standing: followed }), only: follows },
    {
      name: 'a member whose link fails',
      input: inputOf({ standing: followed }),
      only: /^1 is (acc|dialled)|^peer.1 breaks|link.forgiven|^leave$|^cannot/,
    },
    {
      name: 'a member that leaves and joins',
      input: inputOf({ standing: followed }),
      only: /^(1 (is acc|greets|brings|ends)|leave$|departed|join$|reaches b|2 (brings|greets)|after joinA)/,
    },
    {
      name: 'a member whose operator wants a number',
      input: inputOf({ standing: followed }),
      only: /^(a number|the number|applied one without us|leave$|cannot|departed|applier breaks)/,
    },
    {
      name: 'a member whose operator installs an app',
      input: inputOf({ standing: followed }),
      only: /^(an app|the app|leave$|departed|found$|shutdown|paramActuator breaks)/,
    },
    { name: 'the leader', input: inputOf({ standing: led }), only: leads },
    { name: 'a member whose actors fail', input: inputOf({ standing: followed }), only: breaks },
    { name: 'a member that stops', input: inputOf({ standing: followed }), only: ends },
    {
      name: 'revoked',
      input: inputOf({ standing: standing(5, 'follower', everybody), revoked: true }),
      only: /^(leave|publish$|found$|join$|departed|cannot|departGrove|slept|1 is|shutdown)/,
    },
    // The largest last: mistakes show in the others.
    { name: 'outside', input: inputOf({}), only: joins },
  ],
  alphabet: (moment) => {
    const { start, memory, reach } = moment;
    // What members live through is the business of the other starts.
    const isIn = ['following', 'leading', 'leaving'].includes(memory.life);
    if (reach === 'graph' && start.name.startsWith('outside') && isIn) return requests(memory);
    // Links of an earlier join have a start of their own.
    const isOver = memory.life === 'outside' && Object.keys(memory.links).length > 0;
    if (reach === 'graph' && start.name === 'outside' && isOver) return linkEvents(moment);
    // Wishes that wait would double every state, and are answered by their actor wherever the node is.
    const waits = reach === 'walk' || !start.name.endsWith('actors fail') || memory.life === 'failed';
    return [
      ...requests(memory).filter(({ label }) => waits || !/^a/.test(label)),
      ...linkEvents(moment),
      ...payloadEvents(moment),
      ...otherEvents(moment),
      ...failures(moment),
    ];
  },
  view: ({ context, value, status }) => ({
    life: lifeOf(value, status),
    suspected: JSON.stringify(value).includes('suspectedRevoked'),
    seq: context.standing?.version.seq ?? null,
    members: context.standing?.members ?? null,
    revoked: context.revoked,
    links: Object.fromEntries(
      Object.values(context.links).map(({ push, wanted, greetedAt, order, ...link }, _at, all) => [
        link.linkId,
        {
          fingerprint: link.fingerprint,
          direction: link.direction,
          elders: all
            .filter((other) => other.fingerprint === link.fingerprint && other.order < order)
            .map((other) => other.linkId),
          greeted: greetedAt !== null,
          boot: link.boot,
          retiring: link.retiring,
          branch: link.branch,
          lazy: push === 'hello',
          beganLazy: wanted === 'hello',
        },
      ]),
    ),
    source: context.source,
    told: context.told,
    unannounced: context.unannounced?.version.seq ?? null,
    restarts: context.restarts,
    linkFailures: counted(context.linkFailures),
    degraded: context.degraded !== null,
  }),
  matters: ({ context, value }) => {
    const { join, leaving, publishing, publishes } = context;
    const failed = new Set(join?.failures.map(({ address, kind }) => `${address} ${kind}`));
    const joining = [[...failed].toSorted(), join?.retries, join?.linkId];
    return [value, lifeOf(value, '') === 'joining' ? joining : null, leaving?.missed, publishing, publishes];
  },
  oracle: {
    begin: ({ input }, first) => beginSupervisor(input.standing, input.revoked, first),
    judge: judgeSupervisor,
    view: (memory) => ({
      life: memory.life,
      suspected: isSuspected(memory),
      seq: memory.standing?.seq ?? null,
      members: memory.standing?.members ?? null,
      revoked: memory.revoked,
      links: memory.links,
      source: memory.source,
      told: memory.told,
      unannounced: memory.unannounced?.seq ?? null,
      restarts: memory.restarts,
      linkFailures: memory.linkFailures,
      degraded: memory.degraded,
    }),
  },
  statesMax: 14_000,
  endings: /^(shutdown|leave by force|applied one without us)|breaks$/,
  unreachable: {},
  mutants,
};

function counted(peers: readonly string[]): { readonly [fingerprint: string]: number } {
  const counts: Record<string, number> = {};
  for (const peer of peers) counts[peer] = (counts[peer] ?? 0) + 1;
  return counts;
}

function lifeOf(value: unknown, status: string): string {
  if (status === 'done') return 'stopped';
  if (typeof value === 'string') return value;
  const [[outer = '', inner] = []] = Object.entries(value as object);
  if (outer !== 'member') return outer;
  return typeof inner === 'string' ? inner : (Object.keys(inner as object)[0] ?? outer);
}
