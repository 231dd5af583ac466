/** A node outside, a member, a leader and one that was revoked, with two links and all that its actors say. */
import { assign, enqueueActions, fromCallback, sendTo } from 'xstate';
import { supervisorMachine } from '../../machines/index.ts';
import { redefined, state } from './mistakes.ts';
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
import { beginSupervisor, isSuspected, judgeSupervisor, type SupervisorMemory } from './supervisor-oracle.ts';

export type { SupervisorEvent } from './supervisor-alphabet.ts';

/** Nothing is run here: the actors below would only be made in vain. */
const silent = fromCallback(() => undefined);
const machines = ['applier', 'news', 'dialLoop', 'dialAttempt', 'publisher', 'peer', 'paramActuator'];
const others = ['endpoint', 'bookkeeper', 'departGrove'];
const machine = supervisorMachine.provide({
  actors: Object.fromEntries([...machines, ...others].map((name) => [name, silent])) as never,
});

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
  mutants: [
    {
      mistake: 'a link that had a payload sooner is passed over',
      machine: machine.provide({ actions: { swapBranch: () => undefined } }),
      complaint: /of who was sooner/,
    },
    {
      mistake: 'a link that had a payload sooner takes over, and the slower one goes on as well',
      machine: machine.provide({
        actions: {
          swapBranch: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'news.nearer' || context.links[event.linkId] === undefined) return;
            enqueue.sendTo(`peer.${event.linkId}`, { type: 'want', push: 'version' });
          }),
        },
      }),
      complaint: /of who was sooner/,
    },
    {
      mistake: 'without a link that brings payloads an announcement is taken for one of what comes by itself',
      machine: machine.provide({ actions: { passAnnouncement: sendTo('news', ({ event }) => event) } }),
      complaint: /what is announced over-another comes when-asked/,
    },
    {
      mistake: 'what another link is to bring is taken for something nobody brings',
      machine: machine.provide({
        actions: {
          passAnnouncement: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'peer.announced') return;
            const isLost = context.source === null && event.comes === 'over-another';
            enqueue.sendTo('news', isLost ? { ...event, comes: 'when-asked' } : event);
          }),
        },
      }),
      complaint: /what is announced when-asked comes over-either/,
    },
    {
      mistake: 'a copy prunes the link that is to bring the next payload',
      machine: machine.provide({
        actions: {
          passVerdict: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'candidate.judged') return;
            const { linkId, outcome } = event;
            const fingerprint = context.links[linkId]?.fingerprint;
            const twins = Object.values(context.links).filter((link) => link.fingerprint === fingerprint);
            if (fingerprint === undefined || (outcome.kind === 'duplicate' && twins.length > 1)) return;
            enqueue.sendTo(`peer.${linkId}`, event);
          }),
        },
      }),
      complaint: /a link hears once how its payload was judged/,
    },
    {
      mistake: 'links are given up that bring payloads',
      machine: machine.provide({
        actions: {
          retireLinks: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'link.retire') return;
            for (const { linkId, fingerprint } of Object.values(context.links)) {
              if (fingerprint !== event.fingerprint) continue;
              enqueue.sendTo(`peer.${linkId}`, { type: 'peer.close', code: 0, reason: 'enough' });
            }
          }),
        },
      }),
      complaint: /gives up/,
    },
    {
      mistake: 'the surplus one of two links to a peer stays',
      machine: machine.provide({ actions: { settleDuplicates: () => undefined } }),
      complaint: /the surplus ones go/,
    },
    {
      mistake: 'the surplus one of two links goes without handing over what it brings',
      machine: machine.provide({
        actions: {
          settleDuplicates: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'peer.greeted') return;
            const twins = Object.values(context.links)
              .filter((link) => link.fingerprint === event.fingerprint && link.greetedAt !== null)
              .filter(({ retiring }) => !retiring)
              .sort((left, right) => left.order - right.order);
            const newest = twins.filter(({ boot }) => boot === twins.at(-1)?.boot);
            const kept = newest.findLast(({ direction }) => direction === 'inbound') ?? newest.at(-1);
            const surplus = twins.filter((link) => link !== kept);
            for (const { linkId, boot } of surplus) {
              const replaced = boot === kept?.boot;
              enqueue.sendTo(`peer.${linkId}`, { type: 'peer.retire', code: 5, reason: '', replaced });
            }
            const retired = surplus.map((link) => [link.linkId, { ...link, retiring: true }]);
            enqueue.assign({ links: { ...context.links, ...Object.fromEntries(retired) } });
          }),
        },
      }),
      complaint: /for payloads|should know/,
    },
    {
      mistake: 'nobody is asked for what a link announced',
      machine: machine.provide({ actions: { pull: () => undefined } }),
      complaint: /for payloads/,
    },
    {
      mistake: 'a link is asked that is about to go',
      machine: machine.provide({
        actions: {
          pull: enqueueActions(({ context, event, enqueue }) => {
            if (event.type !== 'news.pull' || context.links[event.linkId] === undefined) return;
            enqueue.sendTo(`peer.${event.linkId}`, { type: 'pull' });
          }),
        },
      }),
      complaint: /asks [14] for payloads/,
    },
    {
      mistake: 'how a peer wants its news is not noted',
      machine: machine.provide({ actions: { noteWants: () => undefined } }),
      complaint: /should know|asks/,
    },
    {
      mistake: 'a peer that wants payloads before the newest was announced waits for that',
      machine: machine.provide({
        actions: {
          noteWants: assign(({ context: { links }, event }) => {
            const link = event.type === 'peer.wants' ? links[event.linkId] : undefined;
            if (event.type !== 'peer.wants' || link === undefined) return {};
            const { push, branch } = event;
            return { links: { ...links, [event.linkId]: { ...link, push, branch } } };
          }),
        },
      }),
      complaint: /hands on late to , should to peer/,
    },
    {
      mistake: 'the moment to announce is let pass',
      machine: machine.provide({ actions: { announce: () => undefined } }),
      complaint: /what is held/,
    },
    {
      mistake: 'a payload is stored without having been handed on',
      machine: machine.provide({ actions: { relay: () => undefined } }),
      complaint: /hands on to|handed on is stored/,
    },
    {
      mistake: 'a refused change is not answered',
      machine: machine.provide({ actions: { refuseFollower: () => undefined } }),
      complaint: /is refused/,
    },
    {
      mistake: 'the trust gate stays open when the node is revoked',
      machine: machine.provide({ actions: { trustNobody: () => undefined } }),
      complaint: /should trust/,
    },
    {
      mistake: 'the publisher goes on when the leader leaves',
      machine: machine.provide({ actions: { stopPublisher: () => undefined } }),
      complaint: /a publisher while|wait while/,
    },
    {
      mistake: 'links stay open when the node is revoked',
      machine: machine.provide({ actions: { closeRevoked: () => undefined } }),
      complaint: /every link closes/,
    },
    {
      mistake: 'a failed actor is not replaced',
      machine: machine.provide({ actions: { replaceChild: () => undefined } }),
      complaint: /should/,
    },
    {
      mistake: 'a join that failed is forgotten',
      machine: redefined(machine, (root) => {
        state(root, 'joining').after = { joinTimeout: { target: 'outside' } };
      }),
      complaint: /wait while outside|should know/,
    },
    {
      mistake: 'a member that is told so by one other thinks itself revoked',
      machine: machine.provide({
        guards: {
          isSuspected: ({ context }) => context.revocationVoices.length > 0,
          isUnsuspected: () => false,
        },
      }),
      complaint: /should know/,
    },
  ],
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
