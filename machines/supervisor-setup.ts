/**
 * What the supervisor's statechart is made with: its types, the actors it names, its guards, and how one of its steps
 * becomes an action.
 */
import { setup } from 'xstate';
import { actuatorMachine } from './actuator-machine.ts';
import { applierMachine } from './applier-machine.ts';
import { hasChanges } from './changes.ts';
import { supervisorDelays } from './delays.ts';
import { type DialAttemptOutput, dialAttemptMachine } from './dial-attempt-machine.ts';
import type { BookSave } from './dial-events.ts';
import { dialMachine } from './dial-machine.ts';
import type { LinkReject, TrustSet } from './events.ts';
import { newsMachine } from './news-machine.ts';
import { peerMachine } from './peer-machine.ts';
import { publisherMachine } from './publisher-machine.ts';
import {
  nothing,
  type SupervisorContext,
  type SupervisorEmitted,
  type SupervisorEvent,
  type SupervisorInput,
  type SupervisorStep,
} from './supervisor-context.ts';
import * as joins from './supervisor-join.ts';
import * as links from './supervisor-links.ts';
import * as requests from './supervisor-requests.ts';
import * as services from './supervisor-services.ts';
import { unprovidedActor } from './unprovided.ts';

export const base = setup({
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
    paramActuator: actuatorMachine,
    peer: peerMachine,
  },
  guards: {
    isRevoked: ({ context }) => context.standing !== null && context.revoked,
    leads: ({ context }) => context.standing?.role === 'leader',
    follows: ({ context }) => context.standing?.role === 'follower',
    appliesAsLeader: ({ event }) => event.type === 'payload.applied' && event.standing.role === 'leader',
    revokesUs: ({ event }) => event.type === 'payload.applied' && event.revokesUs,
    isSuspected: ({ context }) => links.isSuspected(context),
    isUnsuspected: ({ context }) => !links.isSuspected(context),
    leavesUnforced: ({ context, event }) =>
      event.type === 'leave' && !event.force && context.standing?.role === 'leader',
    connected: ({ event }) => joinOutput(event)?.outcome === 'connected',
    closedElsewhere: ({ context, event }) =>
      event.type === 'peer.closed' && !joins.isJoinLink(context, event),
    answersJoin: ({ context, event }) => event.type === 'candidate' && joins.isJoinLink(context, event),
    comesTooEarly: ({ context, event }) => joins.comesTooEarly(joinAfter(context, event)),
    leavesTargets: ({ context, event }) => joins.hasTargets(joinAfter(context, event)),
    accepts: ({ context }) => context.accepting !== null,
    failsTooOften: ({ context, event }) => isBroken(event) && services.failsTooOften(context, event.actorId),
    linksFailTooOften: ({ context, event }) =>
      (event.type === 'link.accepted' || event.type === 'link.dialled') &&
      services.linksFailTooOften(context, event.fingerprint),
    hasNoLinks: ({ context }) => Object.keys(context.links).length === 0,
  },
  delays: supervisorDelays,
});

/** An action that takes one step and carries its effects out. */
export function take(decide: (context: SupervisorContext, event: SupervisorEvent) => SupervisorStep) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    const { changes, effects } = decide(context, event);
    if (hasChanges(changes)) enqueue.assign(changes);
    // What the effects are carried out with is what the step left behind.
    const { links: linked = context.links, publishes = context.publishes } = changes;
    const after = () => ({ ...context, ...changes });
    for (const effect of effects) {
      switch (effect.do) {
        case 'peer':
          // Whom it is for may be gone by now, and what is sent to nobody would be an error.
          if (linked[effect.linkId] === undefined) break;
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
              enqueue.spawnChild('applier', { id: effect.name, input: services.applierInput(after()) });
              break;
            case 'news':
              enqueue.spawnChild('news', { id: effect.name, input: services.newsInput(after()) });
              break;
            case 'dialLoop':
              enqueue.spawnChild('dialLoop', { id: effect.name, input: services.dialInput(after()) });
              break;
            case 'publisher':
              enqueue.spawnChild('publisher', { id: effect.name, input: services.publisherInput(after()) });
              break;
            default:
              enqueue.spawnChild(effect.name, { id: effect.name, input: {} });
          }
          break;
        case 'stop':
          enqueue.stopChild(effect.id);
          break;
        case 'forgive-later':
          enqueue.raise(
            effect.fingerprint === undefined
              ? { type: 'restart.forgiven' }
              : { type: 'link.forgiven', fingerprint: effect.fingerprint },
            { delay: 'restartForgiven' },
          );
          break;
        case 'emit':
          enqueue.emit(effect.event);
          break;
        case 'publisher':
          if (publishes) enqueue.sendTo(effect.do, effect.event);
          break;
        default:
          // Every other effect names the child it is for.
          enqueue.sendTo(effect.do, effect.event);
      }
    }
  });
}

/** The same for one type of event. */
export function on<Type extends SupervisorEvent['type']>(
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
export function refuse(why: requests.Unfitting) {
  return take((context, event) => {
    if (
      event.type === 'found' ||
      event.type === 'publish' ||
      event.type === 'join' ||
      event.type === 'leave' ||
      event.type === 'jump.accept'
    ) {
      return requests.refuseRequest(context, event, why);
    }
    return nothing;
  });
}

function isOfType<Type extends SupervisorEvent['type']>(
  event: SupervisorEvent,
  type: Type,
): event is Extract<SupervisorEvent, { type: Type }> {
  return event.type === type;
}

export function isBroken(
  event: SupervisorEvent,
): event is Extract<SupervisorEvent, { type: `xstate.error.actor.${string}` }> {
  return event.type.startsWith('xstate.error.actor.');
}

export function joinOutput(event: SupervisorEvent): DialAttemptOutput | null {
  return 'output' in event && event.type.startsWith('xstate.done.actor.join.') ? event.output : null;
}

/** What is known of the join once the way it failed just now is noted. */
function joinAfter(context: SupervisorContext, event: SupervisorEvent): SupervisorContext {
  const { changes } =
    event.type === 'peer.closed'
      ? joins.noteJoinLinkClosed(context, event)
      : joins.noteDialsFailed(context, joinOutput(event));
  return { ...context, ...changes };
}
