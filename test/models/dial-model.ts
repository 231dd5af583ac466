/** A dial loop in a small grove, in one of seven and in a larger one, with all that happens to dials and links. */
import { type EventFrom, enqueueActions } from 'xstate';
import type { DialAttemptOutput } from '../../machines/dial-attempt-machine.ts';
import type { DialInput } from '../../machines/dial-context.ts';
import { dialMachine } from '../../machines/index.ts';
import type { SavedRow } from '../../src/protocol/dialling/book.ts';
import { emptyRow } from '../../src/protocol/index.ts';
import { addressesOf, beginDial, type DialMemory, judgeDial, newcomer } from './dial-oracle.ts';
import { redefined, state } from './mistakes.ts';
import type { Model, Moment, Possible } from './model.ts';

type DialMachine = typeof dialMachine;
export type DialEvent = EventFrom<DialMachine>;
type DialMoment = Moment<DialMachine, DialMemory>;

const at = '2026-05-07T12:00:00Z';
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

function possible(label: string, event: DialEvent): Possible<DialMachine> {
  return { label, event };
}

function rowOf(fingerprint: string): SavedRow {
  const addresses = [{ address: addressOf(fingerprint), source: 'configured' as const }];
  return { fingerprint, addresses, lastConnectedAt: null, lastSeenAt: null };
}

function addressOf(fingerprint: string, net = 0): string {
  return `10.${net}.0.${fingerprint.charCodeAt(0)}:7891`;
}

function inputOf(count: number, known = count): DialInput {
  const peers = letters.slice(0, count);
  return {
    fingerprint: 'us',
    members: [...peers, 'us'],
    rows: peers.slice(0, known).map(rowOf),
    ownAddresses: ['10.9.9.9:7891'],
    listensOnLoopback: false,
    seed: 1,
    at,
  };
}

/** In the graph a peer fails, and loses a link at once, so many times and no more. */
function timesOf({ start, reach }: DialMoment): number {
  if (reach === 'walk') return Infinity;
  return start.name === 'one member' ? 2 : 1;
}

function alphabet(moment: DialMoment): readonly Possible<DialMachine>[] {
  const { start, memory, surroundings, reach } = moment;
  const times = timesOf(moment);
  const free = reach === 'walk';
  const peerOf = ({ id }: { readonly id: string }) => id.replace('dial.', '');
  // An attempt ends once; one that was stopped may have ended just before.
  const stopped = surroundings.gone.map(peerOf).filter((peer) => !(peer in memory.peers));
  const attempts = [...surroundings.children.map(peerOf), ...stopped];
  // With many members it makes no difference whose dial ends first, or whose link.
  const isOrdered = Object.keys(memory.peers).length > 3 && !free;
  const heard = isOrdered ? attempts.slice(0, 1) : attempts;
  const settling = Object.keys(memory.peers).filter((peer) => memory.peers[peer]?.phase === 'settling');
  const linked = Object.keys(memory.peers).filter((peer) => (memory.peers[peer]?.links ?? 0) > 0);
  const happens = isOrdered ? [...settling.slice(0, 1), ...linked.slice(0, 1)] : Object.keys(memory.peers);
  return [
    ...heard.flatMap((peer) => endings(peer, (memory.peers[peer]?.failures ?? 0) < times)),
    ...happens.flatMap((peer) => linkEvents(memory, peer, times)),
    possible('linked to ourselves!', upOf('us')),
    ...['a', 'b'].map((peer) => possible(`dial ${peer} now`, { type: 'dial.now', fingerprint: peer })),
    possible('dial now', { type: 'dial.now' }),
    possible('a tells of b and c', {
      type: 'hints',
      from: 'a',
      entries: ['b', 'c'].map((peer) => ({
        fingerprint: peer,
        addresses: [addressOf(peer, 1)],
        last_seen: at,
      })),
    }),
    possible('a stranger tells of b', {
      type: 'hints',
      from: 'mallory',
      entries: [{ fingerprint: 'b', addresses: [addressOf('b', 1)], last_seen: at }],
    }),
    possible('wake', { type: 'wake' }),
    possible('suspected', { type: 'revocation.suspected', on: true }),
    possible('not suspected', { type: 'revocation.suspected', on: false }),
    possible('round', { type: 'round.due' }),
    possible('flush', { type: 'book.flush' }),
    possible('other addresses', {
      type: 'addresses.changed',
      ownAddresses: ['10.9.9.8:7891'],
      listensOnLoopback: false,
    }),
    ...memberships(start.input, memory),
  ];
}

function memberships({ members, rows }: DialInput, { peers }: DialMemory): readonly Possible<DialMachine>[] {
  const without = members.filter((member) => member !== 'b');
  const all = { type: 'membership.changed' as const, members, rows: rows.length === 0 ? [] : rows };
  return 'b' in peers
    ? [possible('b leaves', { type: 'membership.changed', members: without })]
    : [possible('b is back', { ...all, rows: [rowOf('b')] })];
}

/** How the attempt to reach a peer may end. */
function endings(peer: string, fails: boolean): readonly Possible<DialMachine>[] {
  const id = `dial.${peer}` as const;
  const done = (output: DialAttemptOutput): DialEvent => {
    return { type: `xstate.done.actor.${id}`, actorId: id, output } as DialEvent;
  };
  const address = addressOf(peer);
  const failed = (kind: string) =>
    possible(
      `${peer} cannot be reached: ${kind}`,
      done({ outcome: 'failed', attempts: [{ address: addressOf(peer, 1), kind, code: null, detail: '' }] }),
    );
  const link = { linkId: `to ${peer}`, address, fingerprint: peer };
  // Who is reached may fail to accept.
  if (!fails) return [];
  return [
    possible(`${peer} is reached`, done({ outcome: 'connected', ...link })),
    failed('unreachable'),
    failed('wrong_fingerprint'),
    possible(`the attempt for ${peer} breaks`, {
      type: `xstate.error.actor.${id}`,
      actorId: id,
      error: new Error('a mistake'),
    } as DialEvent),
  ];
}

function upOf(fingerprint: string): DialEvent {
  return { type: 'link.up', fingerprint, address: addressOf(fingerprint), direction: 'inbound', at };
}

function linkEvents(memory: DialMemory, peer: string, times: number): readonly Possible<DialMachine>[] {
  const known = memory.peers[peer];
  if (known === undefined) return [];
  const may: Possible<DialMachine>[] = [];
  const down = (what: string, error: boolean, greeted = true) =>
    possible(`${peer} ${what}`, { type: 'link.down', fingerprint: peer, error, greeted, reason: what, at });
  if (known.links < (times === Infinity ? 2 : 1) && known.unsteady < times) {
    may.push(possible(`${peer} is linked`, upOf(peer)));
  }
  if (known.links > 0) may.push(down('is lost', true), down('ends', false));
  if (known.phase === 'settling' && known.failures < times) {
    may.push(down('does not accept', false, false));
  }
  return may;
}

/** Links come up and rounds pass: what a larger grove is about. */
const large = /(reached|linked)$|^round$/;

export const dialModel: Model<DialMachine, DialMemory> = {
  machine: dialMachine,
  starts: [
    { name: 'one member', input: inputOf(1) },
    {
      name: 'two members',
      input: inputOf(2),
      only: /^[ab] (is|leaves)|unreachable|^not|^susp|^after|planned rest/,
    },
    {
      name: 'unknown addresses',
      input: inputOf(3, 1),
      only: /^a is (reached|linked)|^a ends|tells|leaves|back|wrong|planned rest/,
    },
    { name: 'seven members', input: inputOf(6), only: /^[a-f] is (reached|linked)|unreachable/ },
    { name: 'a larger grove', input: inputOf(10), only: large },
  ],
  alphabet,
  view: ({ context, value }) => ({
    suspected: value === 'suspected',
    more: context.more,
    telling: context.untold !== null,
    peers: Object.fromEntries(
      context.members
        .filter((member) => member !== 'us')
        .map((peer) => {
          const { phase, failures, unsteady, addresses, trading } = context.book[peer] ?? emptyRow;
          const links = context.linked[peer] ?? 0;
          return [peer, { phase, failures, unsteady, links, addresses: addresses.length, trading }];
        }),
    ),
  }),
  matters: () => null,
  oracle: {
    begin: ({ input: { members, rows } }, happening) => {
      const peers = members
        .filter((member) => member !== 'us')
        .map((peer) => [
          peer,
          { ...newcomer, configured: rows.some(({ fingerprint }) => fingerprint === peer) },
        ]);
      return beginDial(members.length, Object.fromEntries(peers), happening);
    },
    judge: judgeDial,
    view: ({ suspected, more, telling, peers }) => ({
      suspected,
      more,
      telling,
      peers: Object.fromEntries(
        Object.entries(peers).map(([peer, known]) => {
          const { phase, failures, unsteady, links, trading } = known;
          return [peer, { phase, failures, unsteady, links, addresses: addressesOf(known), trading }];
        }),
      ),
    }),
  },
  statesMax: 6_000,
  unreachable: {},
  mutants: [
    {
      mistake: 'whoever wants a dial is dialled while we seem to be revoked',
      machine: redefined(dialMachine, (root) => {
        state(root, 'suspected').on['dial.wanted'] = { actions: 'dialWanted' };
      }),
      complaint: /may dial/,
    },
    {
      mistake: 'a failed attempt is never dialled again',
      machine: dialMachine.provide({ actions: { endRest: () => undefined } }),
      complaint: /should dial/,
    },
    {
      mistake: 'there is no next round',
      machine: redefined(dialMachine, (root) => {
        state(root, 'looking').after = {};
      }),
      complaint: /next round/,
    },
    {
      mistake: 'the end of an attempt is not noticed',
      machine: dialMachine.provide({ actions: { endAttempt: () => undefined } }),
      complaint: /should say|attempts for|who failed/,
    },
    {
      mistake: 'waking starts a rest instead of ending all',
      machine: dialMachine.provide({
        actions: {
          endAllRests: enqueueActions(({ enqueue }) => {
            const event = { type: 'rest.over' as const, fingerprint: 'a', retry: true };
            enqueue.raise(event, { id: 'rest.a', delay: 1_000 });
          }),
        },
      }),
      complaint: /who failed rests/,
    },
    {
      mistake: 'a link that came up is dialled all the same',
      machine: dialMachine.provide({ actions: { noteLinkUp: () => undefined } }),
      complaint: /should know|moment/,
    },
  ],
};
