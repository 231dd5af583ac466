/**
 * The supervisor: the node's life in its grove. It spawns the other actors, restarts one that fails, passes news
 * between them, and is the only one that knows them all.
 */
import { closeCodes } from '../src/protocol/index.ts';
import * as apps from './supervisor-apps.ts';
import * as book from './supervisor-book.ts';
import * as branches from './supervisor-branches.ts';
import { initialContext, nothing } from './supervisor-context.ts';
import * as joins from './supervisor-join.ts';
import * as links from './supervisor-links.ts';
import * as payloads from './supervisor-payloads.ts';
import * as requests from './supervisor-requests.ts';
import * as services from './supervisor-services.ts';
import { base, isBroken, joinOutput, on, refuse, take } from './supervisor-setup.ts';

/** What concerns the links of a member, whatever else it is about. */
const linkEvents = {
  'link.accepted': [{ guard: 'linksFailTooOften', actions: 'turnAwayFailing' }, { actions: 'greetPeer' }],
  'link.dialled': [{ guard: 'linksFailTooOften', actions: 'turnAwayFailing' }, { actions: 'greetPeer' }],
  'link.retire': { actions: 'retireLinks' },
  'peer.greeted': {
    actions: ['noteGreeted', 'judgeBoots', 'settleDuplicates', 'graftGreeted', 'welcomePeer'],
  },
  'peer.cloned': { actions: 'noteConflict' },
  'peer.announced': { actions: 'passAnnouncement' },
  'peer.hints': { actions: 'passHints' },
  'world.changed': { actions: 'passWorldChange' },
} as const;

export const supervisorMachine = base
  .extend({
    actions: {
      startServices: take(services.startServices),
      startPublisher: take(services.startPublisher),
      startLeading: on('payload.applied', services.startLeading),
      stopPublisher: take(services.stopPublisher),
      replaceChild: take((context, event) =>
        isBroken(event) ? services.replaceChild(context, event.actorId) : nothing,
      ),
      noteFailure: take((context, event) =>
        isBroken(event) ? services.noteFailure(context, event.actorId, event.error) : nothing,
      ),
      forgiveRestart: take(services.forgiveRestart),
      forgiveLink: on('link.forgiven', (context, { fingerprint }) =>
        services.forgiveLink(context, fingerprint),
      ),
      turnAwayFailing: take((context, event) =>
        event.type === 'link.accepted' || event.type === 'link.dialled'
          ? services.turnAwayFailing(context, event)
          : nothing,
      ),

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
      noteConflict: on('peer.cloned', links.noteConflict),
      graftGreeted: on('peer.greeted', branches.graftGreeted),
      noteWants: on('peer.wants', branches.noteWants),
      judgeBoots: on('peer.greeted', links.judgeBoots),
      settleDuplicates: on('peer.greeted', links.settleDuplicates),
      welcomePeer: on('peer.greeted', links.welcomePeer),
      forgetLink: on('peer.closed', links.forgetLink),
      hearRevocation: on('peer.closed', links.hearRevocation),
      suspectRevocation: take((context) => links.suspect(context, true)),
      clearSuspicion: take((context) => links.suspect(context, false)),
      retireLinks: on('link.retire', links.retireLinks),
      passAnnouncement: on('peer.announced', branches.passAnnouncement),
      passHints: on('peer.hints', links.passHints),
      passWorldChange: on('world.changed', links.passWorldChange),
      tellPeers: on('peers.changed', links.tellPeers),
      saveBook: on('book.save', book.saveBook),
      pull: on('news.pull', branches.pull),
      swapBranch: on('news.nearer', branches.swapBranch),
      announce: take(branches.announce),
      trustNobody: take(links.trustNobody),
      receiveNobody: take(links.receiveNobody),
      closeRevoked: take((context) => links.closeLinks(context, closeCodes.ok, 'this node was revoked')),
      closeLeaving: take((context) => links.closeLinks(context, closeCodes.ok, 'this node leaves the grove')),
      closeStopping: take(links.closeForGood),
      restDialling: take(links.restDialling),
      // What still waits there was meant for a member: it would be handed to nobody and block what comes later.
      restApplier: take(() => ({
        changes: {},
        effects: [{ do: 'applier', event: { type: 'standing.lost' } }],
      })),
      // Behind what the dial loop says to the flush in our mailbox: a final state would drop it.
      awaitFlushed: base.sendTo(({ self }) => self, { type: 'book.flushed' }),
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

      passAppRequest: on('app.request', apps.passAppRequest),
      settleApp: on('app.settled', apps.settleApp),
      reportApp: on('app.happened', apps.reportApp),
      refuseApp: on('app.request', apps.refuseApp),
      actuate: take((_context, event) =>
        event.type === 'payload.applied' || event.type === 'payload.published'
          ? apps.actuate(event)
          : nothing,
      ),

      foundGrove: on('found', requests.foundGrove),
      reportFounded: on('payload.published', requests.reportFounded),
      passPublish: on('publish', requests.passPublish),
      acceptJump: on('jump.accept', payloads.acceptJump),
      settleJump: on('jump.settled', payloads.settleJump),
      beginJoin: on('join', joins.beginJoin),
      tryTargets: take(joins.tryTargets),
      greetInviter: take((context, event) => joins.greetInviter(context, joinOutput(event))),
      forgetEarlyRefusals: take(joins.forgetEarlyRefusals),
      noteDialsFailed: take((context, event) => joins.noteDialsFailed(context, joinOutput(event))),
      noteJoinLinkClosed: on('peer.closed', joins.noteJoinLinkClosed),
      giveUpInviter: take(joins.giveUpInviter),
      noteJoinVerdict: on('candidate.judged', joins.noteJoinVerdict),
      settleJoined: on('payload.applied', joins.settleJoined),
      giveUpJoin: take((context, event) => joins.giveUpJoin(context, event.type.startsWith('xstate.after'))),
      noteLeaving: on('leave', requests.noteLeaving),
      noteMissed: take(requests.noteMissed),
      settleLeft: on('grove.departed', requests.settleLeft),
      settleLeaveFailed: on('depart.failed', (context, { detail }) =>
        requests.settleLeaveFailed(context, detail),
      ),
      settleLeaveBroken: take((context, event) =>
        isBroken(event) ? requests.settleLeaveFailed(context, services.errorText(event.error)) : nothing,
      ),
      refuseOutside: refuse('outside'),
      refuseMember: refuse('member'),
      refuseFollower: refuse('follower'),
      refuseRevoked: refuse('revoked'),
      refuseLeader: refuse('leader'),
      refuseBusy: refuse('busy'),
      refuseAccepting: refuse('accepting'),
      refuseStopping: refuse('stopping'),
      refuseFailed: refuse('failed'),
    },
  })
  .createMachine({
    id: 'supervisor',
    context: ({ input }) => initialContext(input),
    entry: 'startServices',
    initial: 'deciding',
    on: {
      'peer.closed': { actions: 'forgetLink' },
      'peer.wants': { actions: 'noteWants' },
      'link.accepted': { actions: 'turnAway' },
      'link.dialled': { actions: 'turnAway' },
      'publish.refused': { actions: 'settleRefused' },
      'publish.unchanged': { actions: 'settleUnchanged' },
      'candidate.judged': { actions: 'passVerdict' },
      publish: { actions: 'refuseOutside' },
      leave: { actions: 'refuseOutside' },
      'jump.accept': { actions: 'refuseOutside' },
      'jump.settled': { actions: 'settleJump' },
      found: { actions: 'refuseMember' },
      join: { actions: 'refuseMember' },
      'store.degraded': { actions: 'noteDegraded' },
      'store.recovered': { actions: 'noteRecovered' },
      'peers.changed': { actions: 'tellPeers' },
      'book.save': { actions: 'saveBook' },
      'app.request': { actions: 'passAppRequest' },
      'app.settled': { actions: 'settleApp' },
      'app.happened': { actions: 'reportApp' },
      'restart.forgiven': { actions: 'forgiveRestart' },
      'link.forgiven': { actions: 'forgiveLink' },
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
          'world.changed': { actions: 'passWorldChange' },
        },
      },
      founding: {
        on: {
          'payload.published': {
            target: 'member.leading',
            actions: ['takePublished', 'reportFounded', 'settlePublished'],
          },
          'publish.refused': { target: 'outside', actions: ['settleRefused', 'stopPublisher'] },
          // Who fails with it is replaced like everywhere.
          'xstate.error.actor.publisher': [
            { guard: 'failsTooOften', target: 'failed', actions: ['noteFailure', 'stopPublisher'] },
            { target: 'outside', actions: ['replaceChild', 'stopPublisher'] },
          ],
          found: { actions: 'refuseBusy' },
          join: { actions: 'refuseBusy' },
        },
      },
      joining: {
        initial: 'trying',
        after: { joinTimeout: { target: 'outside', actions: 'giveUpJoin' } },
        on: {
          'xstate.done.actor.join.*': [
            { guard: 'connected', target: '.awaiting', actions: 'greetInviter' },
            { guard: 'comesTooEarly', target: '.waiting', actions: 'noteDialsFailed' },
            { target: 'outside', actions: ['noteDialsFailed', 'giveUpJoin'] },
          ],
          'peer.closed': [
            { guard: 'closedElsewhere', actions: 'forgetLink' },
            { guard: 'leavesTargets', target: '.trying', actions: ['noteJoinLinkClosed', 'forgetLink'] },
            { guard: 'comesTooEarly', target: '.waiting', actions: ['noteJoinLinkClosed', 'forgetLink'] },
            { target: 'outside', actions: ['noteJoinLinkClosed', 'forgetLink', 'giveUpJoin'] },
          ],
          'peer.greeted': { actions: 'noteGreeted' },
          'world.changed': { actions: 'passWorldChange' },
          candidate: [
            { guard: 'answersJoin', target: '.answered', actions: 'passCandidate' },
            { actions: 'passCandidate' },
          ],
          'candidate.judged': { actions: ['noteJoinVerdict', 'passVerdict'] },
          'payload.verified': { actions: 'relay' },
          'payload.rejected': { actions: 'reportRejected' },
          // A leader that lost its disk joins its own grove, and leads again.
          'payload.applied': [
            {
              guard: 'appliesAsLeader',
              target: 'member.leading',
              actions: ['startLeading', 'takeApplied', 'settleJoined', 'reportRecovered', 'actuate'],
            },
            { target: 'member.following', actions: ['takeApplied', 'settleJoined', 'actuate'] },
          ],
          found: { actions: 'refuseBusy' },
          join: { actions: 'refuseBusy' },
        },
        states: {
          trying: { entry: 'tryTargets' },
          // g[impl membership.join-silent]
          awaiting: { after: { joinAnswerTimeout: { actions: 'giveUpInviter' } } },
          // Judging and storing take as long as they take.
          answered: {},
          // g[impl membership.join-early]
          waiting: { after: { joinRetryDelay: { target: 'trying', actions: 'forgetEarlyRefusals' } } },
        },
      },
      member: {
        initial: 'following',
        on: {
          ...linkEvents,
          candidate: { actions: 'passCandidate' },
          'payload.verified': { actions: 'relay' },
          'payload.rejected': { actions: 'reportRejected' },
          'payload.applied': [
            { guard: 'revokesUs', target: 'revoked', actions: ['takeApplied', 'actuate'] },
            { actions: ['takeApplied', 'reportRecovered', 'actuate'] },
          ],
          'fork.detected': { actions: 'reportFork' },
          'news.pull': { actions: 'pull' },
          'news.nearer': { actions: 'swapBranch' },
          'news.announce': { actions: 'announce' },
          'jump.accept': [{ guard: 'accepts', actions: 'refuseAccepting' }, { actions: 'acceptJump' }],
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
              'payload.published': { actions: ['takePublished', 'settlePublished', 'actuate'] },
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
              // g[impl membership.suspected]
              suspectedRevoked: {
                entry: 'suspectRevocation',
                always: { guard: 'isUnsuspected', target: 'trusted', actions: 'clearSuspicion' },
              },
            },
          },
        },
      },
      // g[impl membership.revoked]
      revoked: {
        entry: ['closeRevoked', 'trustNobody', 'restDialling', 'restApplier'],
        on: {
          leave: { target: 'leaving', actions: 'noteLeaving' },
          publish: { actions: 'refuseRevoked' },
          'jump.accept': { actions: 'refuseRevoked' },
          'world.changed': { actions: 'passWorldChange' },
        },
      },
      // g[impl membership.leave-failed]
      // First the disk: until that is done the node is what it was, and stays it when it fails.
      leaving: {
        invoke: { src: 'departGrove', id: 'departGrove', input: {} },
        on: {
          ...linkEvents,
          'payload.verified': { actions: 'noteMissed' },
          'payload.applied': { actions: ['takeApplied', 'actuate'] },
          // Where leaving fails the links go on.
          'news.announce': { actions: 'announce' },
          'grove.departed': {
            target: 'outside',
            actions: ['closeLeaving', 'trustNobody', 'settleLeft', 'clearSuspicion'],
          },
          'depart.failed': { target: 'deciding', actions: 'settleLeaveFailed' },
          'xstate.error.actor.departGrove': { target: 'deciding', actions: 'settleLeaveBroken' },
          leave: { actions: 'refuseBusy' },
          publish: { actions: 'refuseBusy' },
          'jump.accept': { actions: 'refuseBusy' },
        },
      },
      // g[impl membership.stop]
      stopping: {
        entry: ['flushBook', 'closeStopping', 'receiveNobody', 'restDialling', 'awaitFlushed'],
        initial: 'flushing',
        after: { shutdownTimeout: 'stopped' },
        states: {
          flushing: { on: { 'book.flushed': 'closing' } },
          closing: { always: { guard: 'hasNoLinks', target: '#supervisor.stopped' } },
        },
        on: {
          shutdown: {},
          // Nothing is replaced any more, and nothing keeps the node from its end.
          'xstate.error.actor.*': {},
          'app.request': { actions: 'refuseApp' },
          publish: { actions: 'refuseStopping' },
          found: { actions: 'refuseStopping' },
          join: { actions: 'refuseStopping' },
          leave: { actions: 'refuseStopping' },
          'jump.accept': { actions: 'refuseStopping' },
        },
      },
      failed: {
        entry: ['closeStopping', 'receiveNobody', 'restDialling'],
        on: {
          'xstate.error.actor.*': {},
          'app.request': { actions: 'refuseApp' },
          publish: { actions: 'refuseFailed' },
          found: { actions: 'refuseFailed' },
          join: { actions: 'refuseFailed' },
          leave: { actions: 'refuseFailed' },
          'jump.accept': { actions: 'refuseFailed' },
        },
      },
      stopped: { type: 'final' },
    },
  });
