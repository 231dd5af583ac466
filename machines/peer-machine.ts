/**
 * One link to one peer: greet, compare, send or await payloads, stay, close. Pure: the wire is an actor that turns
 * lines into events and events into lines, and what the peer must know of its own node comes from the supervisor.
 */
import { setup } from 'xstate';
import { closeCodes } from '../src/protocol/index.ts';
import { hasChanges } from './changes.ts';
import { peerDelays } from './delays.ts';
import { parentOf } from './parent-of.ts';
import { initialPeerContext, type PeerContext, type PeerInput, type PeerStep } from './peer-context.ts';
import type { PeerToWire, SupervisorToPeer, WireToPeer } from './peer-events.ts';
import {
  announce,
  closingWith,
  greet,
  handOn,
  hearAnnouncement,
  hearVerdict,
  isAdvice,
  isUnderWay,
  judgeTheirHello,
  noteEnd,
  pull,
  refuseCandidate,
  refuseHello,
  reportClosed,
  revoke,
  sayHello,
  submitCandidate,
  takeAnnounced,
  tellWishes,
  wantAnnouncements,
  wantLater,
} from './peer-steps.ts';
import { unprovidedActor } from './unprovided.ts';

export type { PeerContext, PeerInput } from './peer-context.ts';

type PeerEvent =
  | WireToPeer
  | SupervisorToPeer
  | { readonly type: 'retire.due'; readonly code: number; readonly reason: string };

const base = setup({
  types: {
    input: {} as PeerInput,
    context: {} as PeerContext,
    events: {} as PeerEvent,
  },
  actors: {
    wire: unprovidedActor<{ linkId: string }, PeerToWire>('wire'),
  },
  guards: {
    helloIsRefused: ({ context, event }) =>
      event.type === 'hello' && judgeTheirHello(context, event).kind !== 'accept',
    abortIsAdvice: ({ event }) => event.type === 'abort' && isAdvice(event.reason),
    candidateIsRefused: ({ event }) => event.type === 'candidate.judged' && event.outcome.kind === 'refused',
    isReplaced: ({ event }) => event.type === 'peer.retire' && event.replaced,
    isUnderWay: ({ context }) => isUnderWay(context),
    isSettled: ({ context }) => !isUnderWay(context),
  },
  delays: peerDelays,
});

/** An action that takes one step and carries its effects out. */
function take(decide: (context: PeerContext, event: PeerEvent) => PeerStep) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    const { changes, effects } = tellWishes(context, decide(context, event));
    if (hasChanges(changes)) enqueue.assign(changes);
    for (const effect of effects) {
      switch (effect.do) {
        case 'say':
          enqueue.sendTo('wire', effect.event);
          break;
        case 'tell':
          enqueue.sendTo(parentOf, effect.event);
          break;
        case 'retire':
          enqueue.raise(
            { type: 'retire.due', code: effect.code, reason: effect.reason },
            { id: 'retire', delay: 'retireGrace' },
          );
          break;
      }
    }
  });
}

/** The same for one type of event. */
function on<Type extends PeerEvent['type']>(
  type: Type,
  decide: (context: PeerContext, event: Extract<PeerEvent, { type: Type }>) => PeerStep,
) {
  const isOfType = (event: PeerEvent): event is Extract<PeerEvent, { type: Type }> => event.type === type;
  return take((context, event) => {
    if (!isOfType(event)) throw new Error(`internal mistake: the action for ${type} ran on ${event.type}`);
    return decide(context, event);
  });
}

export const peerMachine = base
  .extend({
    actions: {
      sayHello: take(sayHello),
      greet: on('hello', greet),
      hearAnnouncement: on('hello', hearAnnouncement),
      refuseHello: on('hello', refuseHello),
      rememberNewest: on('payload.verified', ({ newest }, { version, lineBytes }) => ({
        changes: { newest: version.seq < newest.version.seq ? newest : { version, lineBytes } },
        effects: [],
      })),
      handOn: on('payload.verified', handOn),
      announce: on('announce', announce),
      takeAnnounced: on('announce', takeAnnounced),
      pull: take(pull),
      want: on('want', wantLater),
      submitCandidate: on('version', submitCandidate),
      hearVerdict: on('candidate.judged', hearVerdict),
      refuseCandidate: on('candidate.judged', refuseCandidate),
      reportHints: on('peers', ({ fingerprint }, { entries }) => ({
        changes: {},
        effects: [{ do: 'tell', event: { type: 'peer.hints', fingerprint, entries } }],
      })),
      tellPeers: on('peers.tell', (_context, { entries }) => ({
        changes: {},
        effects: [{ do: 'say', event: { type: 'peers', entries } }],
      })),
      noteAbort: on('abort', (_context, { reason }) => ({
        changes: { aborted: reason, closing: { code: closeCodes.aborted, reason: 'the peer aborted' } },
        effects: [],
      })),
      revoke: on('peer.revoke', revoke),
      wantAnnouncements: take(wantAnnouncements),
      planRetirement: on('peer.retire', (_context, { code, reason }) => ({
        changes: {},
        effects: [{ do: 'retire', code, reason }],
      })),
      noteRetirement: on('retire.due', (_context, { code, reason }) => closingWith(code, reason)),
      noteClosing: on('peer.close', (_context, { code, reason }) => closingWith(code, reason)),
      noteSilence: take(() => closingWith(closeCodes.protocolError, 'no hello in time')),
      noteUnexpected: take((_context, { type }) =>
        closingWith(closeCodes.protocolError, `${type} before hello`),
      ),
      noteMalformed: on('wire.malformed', (_context, { detail }) =>
        closingWith(closeCodes.protocolError, detail),
      ),
      askToClose: take(({ closing }) => ({
        changes: {},
        effects: [{ do: 'say', event: { type: 'wire.close', ...closing } }],
      })),
      noteEnd: on('wire.closed', noteEnd),
      reportClosed: take(reportClosed),
    },
  })
  .createMachine({
    id: 'peer',
    context: ({ input }) => initialPeerContext(input),
    invoke: { src: 'wire', id: 'wire', input: ({ context }) => ({ linkId: context.linkId }) },
    initial: 'greeting',
    on: {
      'wire.closed': { target: '.closed', actions: 'noteEnd' },
      'wire.malformed': { target: '.closing', actions: 'noteMalformed' },
      'peer.close': { target: '.closing', actions: 'noteClosing' },
      'peer.revoke': { target: '.closing', actions: 'revoke' },
      'peer.retire': { actions: 'planRetirement' },
      'retire.due': { target: '.closing', actions: 'noteRetirement' },
      // Nothing is handed on before the greeting: their hello decides what they are owed.
      'payload.verified': { actions: 'rememberNewest' },
    },
    states: {
      greeting: {
        entry: 'sayHello',
        after: { helloTimeout: { target: 'closing', actions: 'noteSilence' } },
        on: {
          hello: [
            { guard: 'helloIsRefused', target: 'closing', actions: 'refuseHello' },
            { target: 'linked', actions: 'greet' },
          ],
          announce: { actions: 'takeAnnounced' },
          abort: { target: 'closing', actions: 'noteAbort' },
          version: { target: 'closing', actions: 'noteUnexpected' },
          peers: { target: 'closing', actions: 'noteUnexpected' },
        },
      },
      linked: {
        initial: 'exchanging',
        on: {
          hello: [
            { guard: 'helloIsRefused', target: 'closing', actions: 'refuseHello' },
            { actions: 'hearAnnouncement' },
          ],
          version: { actions: 'submitCandidate' },
          peers: { actions: 'reportHints' },
          abort: [
            // What we sent is set aside there and needs nothing more from us; what follows it is sent as ever.
            { guard: 'abortIsAdvice' },
            { target: 'closing', actions: 'noteAbort' },
          ],
          'candidate.judged': [
            { guard: 'candidateIsRefused', target: 'closing', actions: 'refuseCandidate' },
            { actions: 'hearVerdict' },
          ],
          'payload.verified': { actions: 'handOn' },
          announce: { actions: 'announce' },
          pull: { actions: 'pull' },
          want: { actions: 'want' },
          'peer.retire': [
            { guard: 'isReplaced', actions: ['wantAnnouncements', 'planRetirement'] },
            { actions: 'planRetirement' },
          ],
          'peers.tell': { actions: 'tellPeers' },
        },
        states: {
          // A payload is under way over this link, one way or the other.
          exchanging: { always: { guard: 'isSettled', target: 'steady' } },
          steady: { always: { guard: 'isUnderWay', target: 'exchanging' } },
        },
      },
      closing: {
        entry: 'askToClose',
        after: { closeTimeout: 'closed' },
        on: {
          // Its reason may still be on its way when we close for another one.
          abort: { actions: 'noteAbort' },
          'wire.malformed': {},
          'peer.close': {},
          'peer.revoke': {},
          'peer.retire': {},
          'retire.due': {},
          'payload.verified': {},
        },
      },
      closed: { type: 'final', entry: 'reportClosed' },
    },
  });
