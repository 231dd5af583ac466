/**
 * One attempt to reach a peer, or any of several: its addresses are raced a moment apart and the first to connect
 * wins. Ends by itself, with the link or with what went wrong at each address. Used for every dial of the dial loop,
 * and on its own to join a grove.
 */
import { enqueueActions, setup } from 'xstate';
import type { DialTarget } from '../src/protocol/dialling/plan-round.ts';
import { dialDelays } from './dial-delays.ts';
import type { AddressFailure, AddressToAttempt, DialAddressInput } from './dial-events.ts';
import { unprovidedActor } from './unprovided.ts';

/** Addresses of one attempt; what is listed beyond is not dialled. */
export const attemptTargetsMax = 16;

export interface DialAttemptInput {
  /** Unique among attempts under way. */
  readonly attempt: string;
  /** Best first; an address listed twice is dialled once, for the first of its fingerprints. */
  readonly targets: readonly DialTarget[];
}

export interface DialAttemptContext {
  readonly attempt: string;
  readonly targets: readonly DialTarget[];
  /** How many of the targets have been started, in order. */
  readonly started: number;
  readonly failures: readonly AddressFailure[];
  readonly winner: Winner | null;
}

interface Winner extends DialTarget {
  readonly linkId: string;
}

type StaggerOver = { readonly type: 'stagger.over' };

export type DialAttemptEvent = AddressToAttempt | StaggerOver;

export type DialAttemptOutput =
  | ({ readonly outcome: 'connected' } & Winner)
  | { readonly outcome: 'failed'; readonly attempts: readonly AddressFailure[] };

export const dialAttemptMachine = setup({
  types: {
    input: {} as DialAttemptInput,
    context: {} as DialAttemptContext,
    events: {} as DialAttemptEvent,
    output: {} as DialAttemptOutput,
  },
  actors: {
    dialAddress: unprovidedActor<DialAddressInput>('dialAddress'),
  },
  guards: {
    isAwaited: ({ context, event }) =>
      event.type !== 'stagger.over' && pending(context).some(({ address }) => address === event.address),
    isLastToFail: ({ context, event }) =>
      event.type === 'address.failed' &&
      context.started === context.targets.length &&
      pending(context).every(({ address }) => address === event.address),
    hasNoTargets: ({ context }) => context.targets.length === 0,
  },
  actions: {
    // g[impl dial.race]
    startNext: enqueueActions(({ context, enqueue }) => {
      const target = context.targets[context.started];
      enqueue.cancel('stagger');
      if (target === undefined) return;
      enqueue.spawnChild('dialAddress', {
        id: childId(target.address),
        input: { attempt: context.attempt, ...target },
      });
      enqueue.assign({ started: context.started + 1 });
      if (context.started + 1 < context.targets.length) {
        enqueue.raise({ type: 'stagger.over' }, { id: 'stagger', delay: 'raceStagger' });
      }
    }),
    noteFailure: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'address.failed') return;
      const { address, kind, code, detail } = event;
      enqueue.assign({ failures: [...context.failures, { address, kind, code, detail }] });
      enqueue.stopChild(childId(address));
    }),
    noteWinner: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'address.connected') return;
      const target = context.targets.find(({ address }) => address === event.address);
      if (target !== undefined) enqueue.assign({ winner: { linkId: event.linkId, ...target } });
    }),
    noteTimeout: enqueueActions(({ context, enqueue }) => {
      const unanswered = pending(context).map(({ address }) => ({
        address,
        kind: 'timeout',
        code: null,
        detail: 'no answer in time: is the node running there, and does a firewall let UDP through?',
      }));
      enqueue.assign({ failures: [...context.failures, ...unanswered] });
    }),
    // g[impl dial.cancel]
    // Reaching a final state stops the children, but does not forget them.
    stopAll: enqueueActions(({ context, enqueue }) => {
      for (const { address } of context.targets) enqueue.stopChild(childId(address));
    }),
  },
  delays: {
    raceStagger: dialDelays.raceStagger,
    attemptTimeout: dialDelays.attemptTimeout,
  },
}).createMachine({
  id: 'dialAttempt',
  context: ({ input }) => ({
    attempt: input.attempt,
    targets: distinct(input.targets).slice(0, attemptTargetsMax),
    started: 0,
    failures: [],
    winner: null,
  }),
  initial: 'starting',
  states: {
    starting: {
      always: [{ guard: 'hasNoTargets', target: 'failed' }, { target: 'racing' }],
    },
    racing: {
      entry: 'startNext',
      after: {
        attemptTimeout: { target: 'failed', actions: 'noteTimeout' },
      },
      on: {
        'stagger.over': { actions: 'startNext' },
        'address.connected': { guard: 'isAwaited', target: 'connected', actions: 'noteWinner' },
        'address.failed': [
          { guard: 'isLastToFail', target: 'failed', actions: 'noteFailure' },
          { guard: 'isAwaited', actions: ['noteFailure', 'startNext'] },
        ],
      },
    },
    connected: { type: 'final', entry: 'stopAll' },
    failed: { type: 'final', entry: 'stopAll' },
  },
  output: ({ context }) =>
    context.winner === null
      ? { outcome: 'failed', attempts: context.failures }
      : { outcome: 'connected', ...context.winner },
});

/** Started and not yet heard from. */
function pending(context: DialAttemptContext): readonly DialTarget[] {
  const failed = new Set(context.failures.map(({ address }) => address));
  return context.targets.slice(0, context.started).filter(({ address }) => !failed.has(address));
}

function distinct(targets: readonly DialTarget[]): readonly DialTarget[] {
  return targets.filter(
    (target, index) => targets.findIndex(({ address }) => address === target.address) === index,
  );
}

function childId(address: string): string {
  return `address.${address}`;
}
