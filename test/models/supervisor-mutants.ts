/** Mistakes a supervisor could make, each in a machine of its own, and what the oracle says of it. */
import { assign, enqueueActions, fromCallback, sendTo } from 'xstate';
import { supervisorMachine } from '../../machines/index.ts';
import { redefined, state } from './mistakes.ts';
import type { Model } from './model.ts';
import type { SupervisorMachine } from './supervisor-alphabet.ts';
import type { SupervisorMemory } from './supervisor-oracle.ts';

/** Nothing is run here: the actors below would only be made in vain. */
const silent = fromCallback(() => undefined);
const machines = ['applier', 'news', 'dialLoop', 'dialAttempt', 'publisher', 'peer', 'paramActuator'];
const others = ['endpoint', 'bookkeeper', 'departGrove'];
/** The supervisor above actors that do nothing. */
export const machine = supervisorMachine.provide({
  actors: Object.fromEntries([...machines, ...others].map((name) => [name, silent])) as never,
});

export const mutants: Model<SupervisorMachine, SupervisorMemory>['mutants'] = [
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
];
