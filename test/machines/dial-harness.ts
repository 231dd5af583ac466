/** A dial loop with a parent that notes what it is told, a network that answers as a test says, and a manual clock. */
import { type AnyEventObject, createActor, fromCallback, sendTo, setup } from 'xstate';
import { dialAttemptMachine } from '../../machines/dial-attempt-machine.ts';
import type { DialContext, DialInput } from '../../machines/dial-context.ts';
import type {
  AddressToAttempt,
  DialAddressInput,
  DialLoopToSupervisor,
  LinkUp,
  SupervisorToDialLoop,
} from '../../machines/dial-events.ts';
import { dialMachine } from '../../machines/dial-machine.ts';
import { ManualClock } from './manual-clock.ts';

/** How an address answers a dial; `null` for never. */
export type Answer = { readonly afterMs: number; readonly failure?: string } | null;

export interface FakeNetwork {
  /** By address; those not listed never answer. */
  readonly answers: Map<string, Answer>;
  /** Every dial in order. */
  readonly dials: { readonly at: number; readonly address: string; readonly fingerprint: string }[];
  /** Addresses of dials under way. */
  readonly open: Set<string>;
  readonly cancelled: string[];
}

export function fakeNetwork(): FakeNetwork {
  return { answers: new Map(), dials: [], open: new Set(), cancelled: [] };
}

export function fakeDialAddress(network: FakeNetwork, clock: ManualClock) {
  return fromCallback<AnyEventObject, DialAddressInput>(({ input, sendBack }) => {
    const { address, fingerprint } = input;
    network.dials.push({ at: clock.now(), address, fingerprint });
    network.open.add(address);
    const answer = network.answers.get(address) ?? null;
    let answered = false;
    const reply = (event: AddressToAttempt) => {
      answered = true;
      sendBack(event);
    };
    const timer =
      answer === null
        ? null
        : clock.setTimeout(() => {
            reply(
              answer.failure === undefined
                ? { type: 'address.connected', linkId: `link to ${address}`, address }
                : {
                    type: 'address.failed',
                    address,
                    kind: answer.failure,
                    code: null,
                    detail: answer.failure,
                  },
            );
          }, answer.afterMs);
    return () => {
      clock.clearTimeout(timer);
      network.open.delete(address);
      if (!answered) network.cancelled.push(address);
    };
  });
}

export function fingerprintOf(index: number): string {
  return index.toString(16).padStart(64, '0');
}

export const own = fingerprintOf(0);

export function addressOf(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:7891`;
}

/** Rows for peers 1 … count, each with one proven address. */
export function rowsFor(count: number): DialInput['rows'] {
  return Array.from({ length: count }, (_, index) => ({
    fingerprint: fingerprintOf(index + 1),
    addresses: [{ address: addressOf(index + 1), source: 'verified' as const }],
    lastConnectedAt: null,
    lastSeenAt: null,
  }));
}

export function membersUpTo(count: number): readonly string[] {
  return Array.from({ length: count + 1 }, (_, index) => fingerprintOf(index));
}

export function inputFor(peers: number, changes: Partial<DialInput> = {}): DialInput {
  return {
    fingerprint: own,
    members: membersUpTo(peers),
    rows: rowsFor(peers),
    ownAddresses: ['10.255.0.1:7891'],
    listensOnLoopback: false,
    seed: 1,
    at: '2026-05-07T12:00:00Z',
    ...changes,
  };
}

export function startLoop(
  input: DialInput,
  prepare: (network: FakeNetwork) => void = () => undefined,
  clock = new ManualClock(),
) {
  const network = fakeNetwork();
  prepare(network);
  const told: DialLoopToSupervisor[] = [];
  const dialAttempt = dialAttemptMachine.provide({
    actors: { dialAddress: fakeDialAddress(network, clock) },
  });
  const parent = setup({
    types: { events: {} as AnyEventObject },
    actors: { dialLoop: dialMachine.provide({ actors: { dialAttempt } }) },
    actions: {
      note: ({ event }) => {
        told.push(event as DialLoopToSupervisor);
      },
    },
  }).createMachine({
    invoke: { src: 'dialLoop', id: 'dialLoop', input },
    on: {
      'to.loop': { actions: sendTo('dialLoop', ({ event }) => event.event) },
      '*': { actions: 'note' },
    },
  });
  const actor = createActor(parent, { clock });
  actor.start();
  const loop = () => {
    const child = actor.getSnapshot().children.dialLoop;
    if (child === undefined) throw new Error('the dial loop is gone');
    return child;
  };
  const context = (): DialContext => loop().getSnapshot().context;
  return {
    clock,
    network,
    told,
    context,
    state: () => loop().getSnapshot().value,
    children: () => Object.keys(loop().getSnapshot().children),
    row: (index: number) => context().book[fingerprintOf(index)],
    send: (event: SupervisorToDialLoop) => actor.send({ type: 'to.loop', event }),
    /** What was told since the last call, of one type. */
    take<Type extends DialLoopToSupervisor['type']>(type: Type) {
      const isOfType = (
        event: DialLoopToSupervisor,
      ): event is Extract<DialLoopToSupervisor, { type: Type }> => event.type === type;
      const taken = told.filter(isOfType);
      told.splice(0, told.length, ...told.filter((event) => !isOfType(event)));
      return taken;
    },
    linkUp: (index: number, direction: LinkUp['direction'] = 'inbound', address = addressOf(index)) =>
      actor.send({ type: 'to.loop', event: linkUpOf(index, direction, address) }),
    linkDown: (index: number, error: boolean, extra: { greeted?: boolean } = {}) =>
      actor.send({
        type: 'to.loop',
        event: { type: 'link.down', fingerprint: fingerprintOf(index), error, reason: 'gone', ...extra },
      }),
    stop: () => actor.stop(),
  };
}

function linkUpOf(index: number, direction: LinkUp['direction'], address: string): LinkUp {
  return {
    type: 'link.up',
    fingerprint: fingerprintOf(index),
    address,
    direction,
    at: '2026-05-07T12:34:56Z',
  };
}

export const refused: Answer = { afterMs: 100, failure: 'refused' };

/** A loop with one peer besides us, whose dial answers as given. */
export function pair(answer: Answer) {
  return startLoop(inputFor(1), ({ answers }) => answers.set(addressOf(1), answer));
}

/** Times at which the only peer was dialled. */
export function dialTimes({ network }: ReturnType<typeof startLoop>): readonly number[] {
  return network.dials.map(({ at }) => at);
}
