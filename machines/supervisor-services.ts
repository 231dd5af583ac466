/** The supervisor and its children: what they are started with, and what happens when one fails. */
import { closeCodes, linkFailuresMax, parseTimestamp, restartsMax } from '../src/protocol/index.ts';
import type { Refusal } from '../src/protocol/types.ts';
import type { DialInput } from './dial-context.ts';
import type { LinkDialled } from './dial-events.ts';
import type { LinkAccepted, PayloadApplied } from './events.ts';
import { withoutLink } from './supervisor-branches.ts';
import {
  type LinkRecord,
  type ServiceName,
  type SupervisorContext,
  type SupervisorEffect,
  type SupervisorStep,
  settle,
} from './supervisor-context.ts';
import { isSuspected, peerActorId, suspect } from './supervisor-links.ts';

/** Children of every node, in or out of a grove. The publisher comes with leading. */
const services: readonly ServiceName[] = [
  'endpoint',
  'bookkeeper',
  'applier',
  'news',
  'dialLoop',
  'paramActuator',
];

export function startServices(_context: SupervisorContext): SupervisorStep {
  return { changes: {}, effects: services.map((name) => ({ do: 'spawn-service', name })) };
}

export function applierInput({ input, standing, revoked }: SupervisorContext) {
  const { ownFingerprint, refused, strictTimestampWindow } = input;
  return { ownFingerprint, standing: revoked ? null : standing, refused, strictTimestampWindow };
}

export function newsInput({ input, standing }: SupervisorContext) {
  const startedMs = parseTimestamp(input.at) ?? 0;
  const refused = input.refused.map(({ hash, untilMs }) => ({ hash, forMs: untilMs - startedMs }));
  return { heldSeq: standing?.version.seq ?? 0, refused };
}

export function publisherInput({ input, standing }: SupervisorContext) {
  return { ownFingerprint: input.ownFingerprint, standing };
}

export function dialInput({ input, standing, revoked, book: rows }: SupervisorContext): DialInput {
  const { ownFingerprint: fingerprint, ownAddresses, listensOnLoopback, seed, at } = input;
  const members = standing === null || revoked ? [] : standing.members;
  return { fingerprint, members, rows, ownAddresses, listensOnLoopback, seed, at };
}

/** A leader whose departure failed has links already: who is there has greeted it. */
export function startPublisher(context: SupervisorContext): SupervisorStep {
  return {
    changes: { publishes: true },
    effects: [{ do: 'spawn-service', name: 'publisher' }, ...heard(context)],
  };
}

// g[impl leader.lost-disk]
/** A leader without its disk took its own newest payload back from a member: that one is heard already. */
export function startLeading(context: SupervisorContext, { standing }: PayloadApplied): SupervisorStep {
  return {
    changes: { standing, publishes: true },
    effects: [{ do: 'spawn-service', name: 'publisher' }, ...heard({ ...context, standing })],
  };
}

/** Nothing is published any more; changes that wait are answered. */
export function stopPublisher(context: SupervisorContext): SupervisorStep {
  return {
    changes: { publishes: false, publishing: [] },
    effects: [{ do: 'stop', id: 'publisher' }, ...unanswered(context.publishing, stoppedLeading)],
  };
}

// g[impl membership.link-failures]
/** Links have a budget of their own: what a peer makes them stumble over must not end the node. */
export function failsTooOften(context: SupervisorContext, actorId: string): boolean {
  return context.restarts >= restartsMax && linkOf(context, actorId) === undefined;
}

export function linksFailTooOften({ linkFailures }: SupervisorContext, fingerprint: string): boolean {
  return linkFailures.filter((failed) => failed === fingerprint).length >= linkFailuresMax;
}

function linkOf({ links }: SupervisorContext, actorId: string): LinkRecord | undefined {
  return Object.values(links).find(({ linkId }) => actorId === peerActorId(linkId));
}

// g[impl membership.supervision]
/** One for one: a failed child is replaced, the others go on. A failed link is closed, its peer dials again. */
export function replaceChild(context: SupervisorContext, actorId: string): SupervisorStep {
  const link = linkOf(context, actorId);
  if (link !== undefined) return closeFailed(context, link);
  const counted = { changes: { restarts: context.restarts + 1 }, forgive: { do: 'forgive-later' } as const };
  const name = [...services, 'publisher' as const].find((service) => service === actorId);
  if (name === undefined)
    return { changes: counted.changes, effects: [counted.forgive, { do: 'stop', id: actorId }] };
  return {
    changes: { ...counted.changes, ...forgotten(name) },
    effects: [
      counted.forgive,
      { do: 'stop', id: actorId },
      { do: 'spawn-service', name },
      ...primed(context, name),
    ],
  };
}

function closeFailed(
  context: SupervisorContext,
  { linkId, fingerprint, greetedAt }: LinkRecord,
): SupervisorStep {
  const { changes, effects: grafts } = withoutLink(context, linkId);
  const reason = 'internal mistake on this link';
  const greeted = greetedAt !== null;
  const told: SupervisorEffect[] = greeted
    ? [{ do: 'emit', event: { type: 'grove.peer-disconnected', fp: fingerprint, reason } }]
    : [];
  return {
    changes: { ...changes, linkFailures: [...context.linkFailures, fingerprint] },
    effects: [
      { do: 'forgive-later', fingerprint },
      { do: 'stop', id: peerActorId(linkId) },
      { do: 'endpoint', event: { type: 'link.reject', linkId, code: closeCodes.protocolError, reason } },
      { do: 'news', event: { type: 'news.link-gone', linkId } },
      ...grafts,
      ...told,
      { do: 'dialLoop', event: { type: 'link.down', fingerprint, greeted, error: true, reason } },
    ],
  };
}

// g[impl membership.link-failures]
/** A link to a peer whose links failed again and again. */
export function turnAwayFailing(
  _context: SupervisorContext,
  { type, linkId, fingerprint }: LinkAccepted | LinkDialled,
): SupervisorStep {
  const reason = 'links to this peer failed too often within a minute';
  const reject: SupervisorEffect = {
    do: 'endpoint',
    event: { type: 'link.reject', linkId, code: closeCodes.busy, reason },
  };
  if (type === 'link.accepted') return { changes: {}, effects: [reject] };
  const down = { type: 'link.down' as const, fingerprint, greeted: false, error: true, reason };
  return { changes: {}, effects: [reject, { do: 'dialLoop', event: down }] };
}

export function forgiveLink({ linkFailures }: SupervisorContext, fingerprint: string): SupervisorStep {
  const index = linkFailures.indexOf(fingerprint);
  return { changes: { linkFailures: linkFailures.filter((_failed, at) => at !== index) }, effects: [] };
}

/** Requests that went down with a child are answered by `primed`. */
function forgotten(name: ServiceName): Partial<SupervisorContext> {
  if (name === 'publisher') return { publishing: [] };
  if (name === 'paramActuator') return { appRequests: [] };
  return name === 'applier' ? { accepting: null } : {};
}

/** What a child learned since it was first started, told again to its replacement. */
function primed(context: SupervisorContext, name: ServiceName): SupervisorEffect[] {
  const { standing } = context;
  switch (name) {
    case 'endpoint':
      return standing === null || context.revoked
        ? []
        : [
            {
              do: 'endpoint',
              event: { type: 'trust.set', members: standing.members, seq: standing.version.seq },
            },
          ];
    case 'applier':
      return [
        ...(context.accepting === null
          ? []
          : [settle(context.accepting, { ok: false as const, reason: lostJump })]),
        ...(context.join === null
          ? []
          : [{ do: 'applier' as const, event: { type: 'join.began' as const, pin: context.join.pin } }]),
      ];
    case 'news':
      // The one before may have been about to announce it.
      return standing === null
        ? []
        : [{ do: 'news', event: { type: 'news.stored', version: standing.version } }];
    case 'dialLoop':
      return [...linksUp(context), ...(isSuspected(context) ? suspect(context, true).effects : [])];
    case 'publisher':
      return [...unanswered(context.publishing, lost), ...heard(context)];
    case 'paramActuator':
      return unanswered(context.appRequests, lostApp);
    default:
      return [];
  }
}

function linksUp({ links }: SupervisorContext): SupervisorEffect[] {
  return Object.values(links).flatMap(
    ({ fingerprint, address, direction, greetedAt: at }): SupervisorEffect[] =>
      at === null
        ? []
        : [{ do: 'dialLoop', event: { type: 'link.up', fingerprint, address, direction, at } }],
  );
}

function unanswered(requestIds: readonly string[], reason: Refusal): SupervisorEffect[] {
  return requestIds.map((requestId) => settle(requestId, { ok: false, reason }));
}

/** Members whose greeting a new publisher need not wait for. */
function heard({ links, standing }: SupervisorContext): SupervisorEffect[] {
  const seq = standing?.version.seq ?? 0;
  return Object.values(links).flatMap(({ fingerprint, greetedAt }): SupervisorEffect[] =>
    greetedAt === null ? [] : [{ do: 'publisher', event: { type: 'member.heard', fingerprint, seq } }],
  );
}

const stoppedLeading: Refusal = {
  code: 'operation_in_progress',
  message: 'the node stopped leading before this was published: nothing changed',
};

// g[impl leader.failed-publish]
const lost: Refusal = {
  code: 'internal',
  message:
    'publishing failed inside the node: read `grove status` to see whether the change is in, then try again',
};

const lostJump: Refusal = {
  code: 'internal',
  message:
    'accepting failed inside the node: read `grove status` to see whether the payload is in, then try again',
};

const lostApp: Refusal = {
  code: 'internal',
  message:
    'what looks after apps failed inside the node: read `apps show` to see whether the change is in, then try again',
};

export function forgiveRestart({ restarts }: SupervisorContext): SupervisorStep {
  return { changes: { restarts: Math.max(0, restarts - 1) }, effects: [] };
}

export function noteFailure(_context: SupervisorContext, actorId: string, error: unknown): SupervisorStep {
  const failure = `${actorId} failed again after ${restartsMax} restarts: ${errorText(error)}`;
  return { changes: { failure }, effects: [{ do: 'emit', event: { type: 'node.failed', detail: failure } }] };
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
