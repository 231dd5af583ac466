/**
 * The dial loop: whom to dial next, how long to leave those alone who did not answer, and which links to trade. It
 * keeps the address book. Pure: dials are attempts it spawns, everything else it tells its parent.
 */
import { type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { hasChanges } from './changes.ts';
import { type DialAttemptOutput, dialAttemptMachine } from './dial-attempt-machine.ts';
import { type DialContext, type DialInput, type DialStep, initialContext } from './dial-context.ts';
import { dialDelays } from './dial-delays.ts';
import type { SupervisorToDialLoop } from './dial-events.ts';
import {
  acceptanceOver,
  addressesChanged,
  attemptEnded,
  dialNow,
  dialWanted,
  haveRound,
  hintsHeard,
  linkDown,
  linkUp,
  membershipChanged,
  restOver,
  saveBook,
  wake,
} from './dial-steps.ts';
import { tellPeers } from './dial-telling.ts';
import { parentOf } from './parent-of.ts';

type AttemptDone = DoneActorEvent<DialAttemptOutput, `dial.${string}`>;
type AttemptBroke = ErrorActorEvent<unknown, `dial.${string}`>;

/** What the dial loop tells itself, most of it later. */
type OwnEvent =
  | { readonly type: 'rest.over'; readonly fingerprint: string; readonly retry: boolean }
  | { readonly type: 'acceptance.over'; readonly fingerprint: string }
  | { readonly type: 'dial.wanted'; readonly fingerprints: readonly string[] | null }
  | { readonly type: 'round.wanted' }
  | { readonly type: 'save.due' }
  | { readonly type: 'tell.due' };

export type DialEvent = SupervisorToDialLoop | AttemptDone | AttemptBroke | OwnEvent;

const base = setup({
  types: {
    input: {} as DialInput,
    context: {} as DialContext,
    events: {} as DialEvent,
  },
  actors: {
    dialAttempt: dialAttemptMachine,
  },
  guards: {
    namesPeer: ({ event }) => event.type === 'dial.now' && event.fingerprint !== undefined,
    isSuspicion: ({ event }) => event.type === 'revocation.suspected' && event.on,
  },
  delays: {
    roundInterval: ({ context }) => context.roundMs,
    suspectedInterval: dialDelays.suspectedInterval,
    acceptanceTimeout: dialDelays.acceptanceTimeout,
    saveBookDelay: dialDelays.saveBookDelay,
    tellPeersDelay: dialDelays.tellPeersDelay,
  },
});

/** An action that takes one step and carries its effects out. */
function take(decide: (context: DialContext, event: DialEvent) => DialStep) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    const { changes, effects } = decide(context, event);
    if (hasChanges(changes)) enqueue.assign(changes);
    for (const effect of effects) {
      switch (effect.do) {
        case 'dial': {
          const id = `dial.${effect.fingerprint}` as const;
          enqueue.spawnChild('dialAttempt', { id, input: { attempt: id, targets: effect.targets } });
          break;
        }
        case 'stop-dial':
          // A finished attempt stays among the children until it is stopped.
          enqueue.stopChild(`dial.${effect.fingerprint}`);
          break;
        case 'rest': {
          const { fingerprint, retry, delayMs } = effect;
          const id = `rest.${fingerprint}`;
          enqueue.raise({ type: 'rest.over', fingerprint, retry }, { id, delay: delayMs });
          break;
        }
        case 'await-acceptance': {
          const { fingerprint } = effect;
          const id = `acceptance.${fingerprint}`;
          enqueue.raise({ type: 'acceptance.over', fingerprint }, { id, delay: 'acceptanceTimeout' });
          break;
        }
        case 'stop-waiting':
          enqueue.cancel(`rest.${effect.fingerprint}`);
          enqueue.cancel(`acceptance.${effect.fingerprint}`);
          break;
        case 'want':
          enqueue.raise({ type: 'dial.wanted', fingerprints: effect.fingerprints });
          break;
        case 'want-round':
          enqueue.raise({ type: 'round.wanted' });
          break;
        case 'save-later':
          enqueue.cancel('save');
          enqueue.raise({ type: 'save.due' }, { id: 'save', delay: 'saveBookDelay' });
          break;
        case 'save-never':
          enqueue.cancel('save');
          break;
        case 'tell-later':
          enqueue.raise({ type: 'tell.due' }, { id: 'tell', delay: 'tellPeersDelay' });
          break;
        case 'send':
          enqueue.sendTo(parentOf, effect.event);
          break;
      }
    }
  });
}

/** The same for one type of event. */
function on<Type extends DialEvent['type']>(
  type: Type,
  decide: (context: DialContext, event: Extract<DialEvent, { type: Type }>) => DialStep,
) {
  const isOfType = (event: DialEvent): event is Extract<DialEvent, { type: Type }> => event.type === type;
  return take((context, event) => {
    if (!isOfType(event)) throw new Error(`internal mistake: the action for ${type} ran on ${event.type}`);
    return decide(context, event);
  });
}

export const dialMachine = base
  .extend({
    actions: {
      haveRound: take(haveRound),
      dialWanted: on('dial.wanted', (context, { fingerprints }) => dialWanted(context, fingerprints)),
      dialNamed: on('dial.now', (context, { fingerprint = '' }) => dialNow(context, fingerprint)),
      // A broken attempt is one failed dial, not the end of the loop.
      endAttempt: take((context, event) => {
        if (isDone(event)) return attemptEnded(context, peerOf(event.actorId), event.output);
        if (isBroken(event)) return attemptEnded(context, peerOf(event.actorId), brokenOutput(event.error));
        throw new Error(`internal mistake: ${event.type} ends no attempt`);
      }),
      endRest: on('rest.over', (context, { fingerprint, retry }) => restOver(context, fingerprint, retry)),
      endAcceptance: on('acceptance.over', (context, { fingerprint }) =>
        acceptanceOver(context, fingerprint),
      ),
      noteLinkUp: on('link.up', linkUp),
      noteLinkDown: on('link.down', linkDown),
      takeHints: on('hints', hintsHeard),
      changeMembers: on('membership.changed', membershipChanged),
      changeAddresses: on('addresses.changed', addressesChanged),
      endAllRests: on('wake', wake),
      saveBook: take(saveBook),
      tellPeers: take(tellPeers),
    },
  })
  .createMachine({
    id: 'dialLoop',
    context: ({ input }) => initialContext(input),
    initial: 'looking',
    on: {
      'membership.changed': { actions: 'changeMembers' },
      'addresses.changed': { actions: 'changeAddresses' },
      'link.up': { actions: 'noteLinkUp' },
      'link.down': { actions: 'noteLinkDown' },
      hints: { actions: 'takeHints' },
      wake: { actions: 'endAllRests' },
      'dial.now': { guard: 'namesPeer', actions: 'dialNamed' },
      'rest.over': { actions: 'endRest' },
      'acceptance.over': { actions: 'endAcceptance' },
      'xstate.done.actor.dial.*': { actions: 'endAttempt' },
      'xstate.error.actor.dial.*': { actions: 'endAttempt' },
      'save.due': { actions: 'saveBook' },
      'book.flush': { actions: 'saveBook' },
      'tell.due': { actions: 'tellPeers' },
    },
    states: {
      // g[impl dial.round] g[impl dial.idle]
      looking: {
        entry: 'haveRound',
        after: { roundInterval: { target: 'looking', reenter: true } },
        on: {
          'dial.wanted': { actions: 'dialWanted' },
          'dial.now': [
            { guard: 'namesPeer', actions: 'dialNamed' },
            { target: 'looking', reenter: true },
          ],
          'round.wanted': { target: 'looking', reenter: true },
          'round.due': { target: 'looking', reenter: true },
          'revocation.suspected': { guard: 'isSuspicion', target: 'suspected' },
        },
      },
      // g[impl dial.suspected]
      // Nothing is dialled between rounds: whoever wants a dial is not heard.
      suspected: {
        after: { suspectedInterval: { target: 'suspected', reenter: true, actions: 'haveRound' } },
        on: {
          'round.due': { target: 'suspected', reenter: true, actions: 'haveRound' },
          'revocation.suspected': [{ guard: 'isSuspicion' }, { target: 'looking' }],
        },
      },
    },
  });

function isDone(event: DialEvent): event is AttemptDone {
  return event.type.startsWith('xstate.done.actor.dial.');
}

function isBroken(event: DialEvent): event is AttemptBroke {
  return event.type.startsWith('xstate.error.actor.dial.');
}

function peerOf(attempt: string): string {
  return attempt.slice('dial.'.length);
}

function brokenOutput(error: unknown): DialAttemptOutput {
  const detail = `internal mistake while dialling: ${error instanceof Error ? error.message : String(error)}`;
  return { outcome: 'failed', attempts: [{ address: 'none', kind: 'internal', code: null, detail }] };
}
