/**
 * The supervisor: the node's life in its grove. It spawns the other actors, restarts one that fails, passes news
 * between them, and is the only one that knows them all.
 */
import { setup } from 'xstate';
import { closeCodes } from '../src/protocol/index.ts';
import { applierMachine } from './applier-machine.ts';
import { supervisorDelays } from './delays.ts';
import { type DialAttemptOutput, dialAttemptMachine } from './dial-attempt-machine.ts';
import type { BookSave } from './dial-events.ts';
import { dialMachine } from './dial-machine.ts';
import type { LinkReject, TrustSet } from './events.ts';
import { newsMachine } from './news-machine.ts';
import { peerMachine } from './peer-machine.ts';
import { publisherMachine } from './publisher-machine.ts';
import {
  initialContext,
  nothing,
  type SupervisorContext,
  type SupervisorEmitted,
  type SupervisorEvent,
  type SupervisorInput,
  type SupervisorStep,
} from './supervisor-context.ts';
import * as links from './supervisor-links.ts';
import * as payloads from './supervisor-payloads.ts';
import * as requests from './supervisor-requests.ts';
import * as services from './supervisor-services.ts';
import { unprovidedActor } from './unprovided.ts';

const base = setup({
  types: {
    input: {} as SupervisorInput,
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    emitted: {} as SupervisorEmitted,
  },
  actors: {
    endpoint: unprovidedActor<Record<never, never>, TrustSet | LinkReject>('endpoint'),
    bookkeeper: unprovidedActor<Record<never, never>, BookSave>('bookkeeper'),
    departGrove: unprovidedActor<Record<never, never>>('departGrove'),
    applier: applierMachine,
    news: newsMachine,
    dialLoop: dialMachine,
    dialAttempt: dialAttemptMachine,
    publisher: publisherMachine,
    peer: peerMachine,
  },
  guards: {
    isRevoked: ({ context }) => context.standing !== null && context.revoked,
    leads: ({ context }) => context.standing?.role === 'leader',
    follows: ({ context }) => context.standing?.role === 'follower',
    revokesUs: ({ event }) => event.type === 'payload.applied' && event.revokesUs,
    isSuspected: ({ context }) => links.isSuspected(context),
    isUnsuspected: ({ context }) => !links.isSuspected(context),
    leavesUnforced: ({ context, event }) =>
      event.type === 'leave' && !event.force && context.standing?.role === 'leader',
    connected: ({ event }) => joinOutput(event)?.outcome === 'connected',
    leavesTargets: ({ context, event }) =>
      event.type === 'peer.closed' &&
      requests.hasTargets({ ...context, ...requests.noteJoinLinkClosed(context, event).changes }),
    failsTooOften: ({ context }) => services.failsTooOften(context),
    hasNoLinks: ({ context }) => Object.keys(context.links).length === 0,
  },
  delays: supervisorDelays,
});

/** An action that takes one step and carries its effects out. */
function take(decide: (context: SupervisorContext, event: SupervisorEvent) => SupervisorStep) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    const { changes, effects } = decide(context, event);
    enqueue.assign(changes);
    const after = { ...context, ...changes };
    for (const effect of effects) {
      switch (effect.do) {
        case 'peer':
          enqueue.sendTo(links.peerActorId(effect.linkId), effect.event);
          break;
        case 'spawn-peer':
          enqueue.spawnChild('peer', { id: links.peerActorId(effect.input.linkId), input: effect.input });
          break;
        case 'spawn-join':
          enqueue.spawnChild('dialAttempt', { id: effect.input.attempt, input: effect.input });
          break;
        case 'spawn-service':
          switch (effect.name) {
            case 'applier':
              enqueue.spawnChild('applier', { id: effect.name, input: services.applierInput(after) });
              break;
            case 'news':
              enqueue.spawnChild('news', { id: effect.name, input: services.newsInput(after) });
              break;
            case 'dialLoop':
              enqueue.spawnChild('dialLoop', { id: effect.name, input: services.dialInput(after) });
              break;
            case 'publisher':
              enqueue.spawnChild('publisher', { id: effect.name, input: services.publisherInput(after) });
              break;
            default:
              enqueue.spawnChild(effect.name, { id: effect.name, input: {} });
          }
          break;
        case 'stop':
          enqueue.stopChild(effect.id);
          break;
        case 'forgive-later':
          enqueue.raise({ type: 'restart.forgiven' }, { delay: 'restartForgiven' });
          break;
        case 'emit':
          enqueue.emit(effect.event);
          break;
        default:
          // Every other effect names the child it is for.
          enqueue.sendTo(effect.do, effect.event);
      }
    }
  });
}

/** The same for one type of event. */
function on<Type extends SupervisorEvent['type']>(
  type: Type,
  decide: (context: SupervisorContext, event: Extract<SupervisorEvent, { type: Type }>) => SupervisorStep,
) {
  return take((context, event) => {
    if (!isOfType(event, type))
      throw new Error(`internal mistake: the action for ${type} ran on ${event.type}`);
    return decide(context, event);
  });
}

/** An action for the requests that a state refuses. */
function refuse(why: requests.Unfitting) {
  return take((context, event) => {
    if (
      event.type === 'found' ||
      event.type === 'publish' ||
      event.type === 'join' ||
      event.type === 'leave'
    ) {
      return requests.refuseRequest(context, event, why);
    }
    return nothing;
  });
}

export const supervisorMachine = base
  .extend({
    actions: {
      startServices: take(services.startServices),
      startPublisher: take(() => ({ changes: {}, effects: [{ do: 'spawn-service', name: 'publisher' }] })),
      stopPublisher: take(() => ({ changes: {}, effects: [{ do: 'stop', id: 'publisher' }] })),
      replaceChild: take((context, event) =>
        isBroken(event) ? services.replaceChild(context, event.actorId) : nothing,
      ),
      noteFailure: take((context, event) =>
        isBroken(event) ? services.noteFailure(context, event.actorId, event.error) : nothing,
      ),
      forgiveRestart: take(services.forgiveRestart),

      greetPeer: take((context, event) =>
        event.type === 'link.accepted' || event.type === 'link.dialled'
          ? links.greetPeer(context, event)
          : nothing,
      ),
      turnAway: take((context, event) =>
        event.type === 'link.accepted' || event.type === 'link.dialled'
          ? links.turnAway(context, event)
          : nothing,
      ),
      noteGreeted: on('peer.greeted', links.noteGreeted),
      judgeBoots: on('peer.greeted', links.judgeBoots),
      settleDuplicates: on('peer.greeted', links.settleDuplicates),
      welcomePeer: on('peer.greeted', links.welcomePeer),
      forgetLink: on('peer.closed', links.forgetLink),
      hearRevocation: on('peer.closed', links.hearRevocation),
      suspectRevocation: take((context) => links.suspect(context, true)),
      clearSuspicion: take((context) => links.suspect(context, false)),
      retireLinks: on('link.retire', links.retireLinks),
      passAnnouncement: on('peer.announced', links.passAnnouncement),
      passHints: on('peer.hints', links.passHints),
      passWorldChange: on('world.changed', links.passWorldChange),
      tellPeers: on('peers.changed', links.tellPeers),
      saveBook: on('book.save', (_context, event) => ({
        changes: {},
        effects: [{ do: 'bookkeeper', event }],
      })),
      pull: on('news.pull', links.pull),
      announce: take(links.announce),
      trustNobody: take(links.trustNobody),
      closeRevoked: take((context) => links.closeLinks(context, closeCodes.ok, 'this node was revoked')),
      closeLeaving: take((context) => links.closeLinks(context, closeCodes.ok, 'this node leaves the grove')),
      closeStopping: take((context) => links.closeLinks(context, closeCodes.shuttingDown, 'this node stops')),
      restDialling: take(links.restDialling),
      flushBook: take(() => ({ changes: {}, effects: [{ do: 'dialLoop', event: { type: 'book.flush' } }] })),

      passCandidate: on('candidate', payloads.passCandidate),
      passVerdict: on('candidate.judged', payloads.passVerdict),
      relay: on('payload.verified', payloads.relay),
      takeApplied: on('payload.applied', payloads.takeApplied),
      takePublished: on('payload.published', payloads.takePublished),
      beginMembership: take(payloads.beginMembership),
      reportRecovered: on('payload.applied', payloads.reportRecovered),
      reportRejected: on('payload.rejected', payloads.reportRejected),
      reportFork: on('fork.detected', payloads.reportFork),
      noteDegraded: on('store.degraded', payloads.noteDegraded),
      noteRecovered: on('store.recovered', payloads.noteRecovered),
      settlePublished: on('payload.published', payloads.settlePublished),
      settleRefused: on('publish.refused', payloads.settleRefusedPublish),
      settleUnchanged: on('publish.unchanged', payloads.settleUnchanged),

      foundGrove: on('found', requests.foundGrove),
      reportFounded: on('payload.published', requests.reportFounded),
      passPublish: on('publish', requests.passPublish),
      beginJoin: on('join', requests.beginJoin),
      tryTargets: take(requests.tryTargets),
      greetInviter: take((context, event) => requests.greetInviter(context, joinOutput(event))),
      noteDialsFailed: take((context, event) => requests.noteDialsFailed(context, joinOutput(event))),
      noteJoinLinkClosed: on('peer.closed', requests.noteJoinLinkClosed),
      noteJoinVerdict: on('candidate.judged', requests.noteJoinVerdict),
      settleJoined: on('payload.applied', requests.settleJoined),
      giveUpJoin: take((context, event) =>
        requests.giveUpJoin(context, event.type.startsWith('xstate.after')),
      ),
      noteLeaving: on('leave', requests.noteLeaving),
      settleLeft: take(requests.settleLeft),
      settleLeaveFailed: on('depart.failed', (context, { detail }) =>
        requests.settleLeaveFailed(context, detail),
      ),
      refuseOutside: refuse('outside'),
      refuseMember: refuse('member'),
      refuseFollower: refuse('follower'),
      refuseRevoked: refuse('revoked'),
      refuseLeader: refuse('leader'),
      refuseBusy: refuse('busy'),
      refuseStopping: refuse('stopping'),
    },
  })
  .createMachine({
    id: 'supervisor',
    context: ({ input }) => initialContext(input),
    entry: 'startServices',
    initial: 'deciding',
    on: {
      'peer.closed': { actions: 'forgetLink' },
      'link.accepted': { actions: 'turnAway' },
      'link.dialled': { actions: 'turnAway' },
      'publish.refused': { actions: 'settleRefused' },
      'publish.unchanged': { actions: 'settleUnchanged' },
      'candidate.judged': { actions: 'passVerdict' },
      publish: { actions: 'refuseOutside' },
      leave: { actions: 'refuseOutside' },
      found: { actions: 'refuseMember' },
      join: { actions: 'refuseMember' },
      'store.degraded': { actions: 'noteDegraded' },
      'store.recovered': { actions: 'noteRecovered' },
      'peers.changed': { actions: 'tellPeers' },
      'book.save': { actions: 'saveBook' },
      'restart.forgiven': { actions: 'forgiveRestart' },
      'xstate.error.actor.*': [
        { guard: 'failsTooOften', target: '.failed', actions: 'noteFailure' },
        { actions: 'replaceChild' },
      ],
      shutdown: '.stopping',
    },
    states: {
      deciding: {
        always: [
          { guard: 'isRevoked', target: 'revoked' },
          { guard: 'leads', target: 'member.leading', actions: ['startPublisher', 'beginMembership'] },
          { guard: 'follows', target: 'member.following', actions: 'beginMembership' },
          { target: 'outside' },
        ],
      },
      outside: {
        on: {
          found: { target: 'founding', actions: 'foundGrove' },
          join: { target: 'joining', actions: 'beginJoin' },
        },
      },
      founding: {
        on: {
          'payload.published': {
            target: 'member.leading',
            actions: ['takePublished', 'reportFounded', 'settlePublished'],
          },
          'publish.refused': { target: 'outside', actions: ['settleRefused', 'stopPublisher'] },
          'xstate.error.actor.*': { target: 'outside', actions: ['replaceChild', 'stopPublisher'] },
          found: { actions: 'refuseBusy' },
          join: { actions: 'refuseBusy' },
        },
      },
      joining: {
        entry: 'tryTargets',
        after: { joinTimeout: { target: 'outside', actions: 'giveUpJoin' } },
        on: {
          'xstate.done.actor.join.*': [
            { guard: 'connected', actions: 'greetInviter' },
            { target: 'outside', actions: ['noteDialsFailed', 'giveUpJoin'] },
          ],
          'peer.closed': [
            { guard: 'leavesTargets', actions: ['noteJoinLinkClosed', 'forgetLink', 'tryTargets'] },
            { target: 'outside', actions: ['noteJoinLinkClosed', 'forgetLink', 'giveUpJoin'] },
          ],
          'peer.greeted': { actions: 'noteGreeted' },
          candidate: { actions: 'passCandidate' },
          'candidate.judged': { actions: ['noteJoinVerdict', 'passVerdict'] },
          'payload.verified': { actions: 'relay' },
          'payload.rejected': { actions: 'reportRejected' },
          'payload.applied': { target: 'member.following', actions: ['takeApplied', 'settleJoined'] },
          found: { actions: 'refuseBusy' },
          join: { actions: 'refuseBusy' },
        },
      },
      member: {
        initial: 'following',
        on: {
          'link.accepted': { actions: 'greetPeer' },
          'link.dialled': { actions: 'greetPeer' },
          'peer.greeted': { actions: ['noteGreeted', 'judgeBoots', 'settleDuplicates', 'welcomePeer'] },
          'peer.announced': { actions: 'passAnnouncement' },
          'peer.hints': { actions: 'passHints' },
          candidate: { actions: 'passCandidate' },
          'payload.verified': { actions: 'relay' },
          'payload.rejected': { actions: 'reportRejected' },
          'payload.applied': [
            { guard: 'revokesUs', target: 'revoked', actions: 'takeApplied' },
            { actions: ['takeApplied', 'reportRecovered'] },
          ],
          'fork.detected': { actions: 'reportFork' },
          'news.pull': { actions: 'pull' },
          'news.announce': { actions: 'announce' },
          'link.retire': { actions: 'retireLinks' },
          'world.changed': { actions: 'passWorldChange' },
          leave: [
            { guard: 'leavesUnforced', actions: 'refuseLeader' },
            { target: 'leaving', actions: 'noteLeaving' },
          ],
        },
        states: {
          leading: {
            exit: 'stopPublisher',
            on: {
              publish: { actions: 'passPublish' },
              'payload.published': { actions: ['takePublished', 'settlePublished'] },
            },
          },
          following: {
            initial: 'trusted',
            on: {
              publish: { actions: 'refuseFollower' },
              'peer.closed': { actions: ['hearRevocation', 'forgetLink'] },
            },
            states: {
              trusted: { always: { guard: 'isSuspected', target: 'suspectedRevoked' } },
              suspectedRevoked: {
                entry: 'suspectRevocation',
                exit: 'clearSuspicion',
                always: { guard: 'isUnsuspected', target: 'trusted' },
              },
            },
          },
        },
      },
      revoked: {
        entry: ['closeRevoked', 'trustNobody', 'restDialling'],
        on: {
          leave: { target: 'leaving', actions: 'noteLeaving' },
          publish: { actions: 'refuseRevoked' },
        },
      },
      leaving: {
        entry: ['closeLeaving', 'trustNobody', 'restDialling'],
        invoke: { src: 'departGrove', id: 'departGrove', input: {} },
        on: {
          'grove.departed': { target: 'outside', actions: 'settleLeft' },
          'depart.failed': { target: 'deciding', actions: 'settleLeaveFailed' },
          leave: { actions: 'refuseBusy' },
          publish: { actions: 'refuseBusy' },
        },
      },
      stopping: {
        entry: ['flushBook', 'closeStopping', 'trustNobody', 'restDialling'],
        always: { guard: 'hasNoLinks', target: 'stopped' },
        after: { shutdownTimeout: 'stopped' },
        on: {
          shutdown: {},
          publish: { actions: 'refuseStopping' },
          found: { actions: 'refuseStopping' },
          join: { actions: 'refuseStopping' },
          leave: { actions: 'refuseStopping' },
        },
      },
      failed: {
        entry: ['closeStopping', 'trustNobody'],
        on: { 'xstate.error.actor.*': {} },
      },
      stopped: { type: 'final' },
    },
  });

function isOfType<Type extends SupervisorEvent['type']>(
  event: SupervisorEvent,
  type: Type,
): event is Extract<SupervisorEvent, { type: Type }> {
  return event.type === type;
}

function isBroken(
  event: SupervisorEvent,
): event is Extract<SupervisorEvent, { type: `xstate.error.actor.${string}` }> {
  return event.type.startsWith('xstate.error.actor.');
}

function joinOutput(event: SupervisorEvent): DialAttemptOutput | null {
  return 'output' in event && event.type.startsWith('xstate.done.actor.join.') ? event.output : null;
}
