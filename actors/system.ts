/**
 * One node's actor system: the supervisor and all below it, on given ports. The daemon and the simulation make it the
 * same way; only the ports differ.
 */
import { type ActorRefFrom, createActor, type InspectionEvent } from 'xstate';
import type { OperatorToSupervisor, RequestSettled } from '../machines/events.ts';
import type { SupervisorInput } from '../machines/supervisor-context.ts';
import type { supervisorMachine } from '../machines/supervisor-machine.ts';
import { digestPayload, formatTimestamp, parseAddress } from '../src/protocol/index.ts';
import type { Json, Refusal, Verdict } from '../src/protocol/types.ts';
import { standingOf } from './commit.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createLinkTable } from './link-table.ts';
import type { GroveCounters, GroveLog, GrovePorts } from './parts.ts';
import { createPayloadShelf, type PayloadShelf } from './payload-shelf.ts';
import { provideSupervisor } from './provide.ts';

export interface GroveSystemOptions {
  readonly ports: GrovePorts;
  readonly log: GroveLog;
  /** The node listens on loopback, or on nothing else. */
  readonly listensOnLoopback: boolean;
  readonly strictTimestampWindow?: boolean;
  /** Sees every event and every snapshot of every actor. */
  readonly inspect?: (event: InspectionEvent) => void;
  /** Called once when the node cannot go on. */
  readonly failed?: (detail: string) => void;
}

export type SettledRequest = Verdict<{ readonly [key: string]: Json }, Refusal>;

export interface GroveSystem {
  readonly supervisor: ActorRefFrom<typeof supervisorMachine>;
  readonly events: EventLog;
  readonly shelf: PayloadShelf;
  readonly counters: Readonly<GroveCounters>;
  /** Links that are up. */
  linkCount(): number;
  /** Sends an operator's request; resolves when it is settled. Never rejects. */
  request(event: Exclude<OperatorToSupervisor, { type: 'shutdown' }>): Promise<SettledRequest>;
  /** Closes the links in an orderly way, then stops every actor. Idempotent. */
  stop(): Promise<void>;
}

export function createGroveSystem(options: GroveSystemOptions): GroveSystem {
  const { ports, log } = options;
  const shelf = createPayloadShelf(ports.store, ports.signer);
  const links = createLinkTable();
  const counters: GroveCounters = { malformedLines: 0, unknownMessages: 0 };
  const events = createEventLog({ store: ports.store, clock: ports.clock, log });
  const waiting = new Map<string, (verdict: SettledRequest) => void>();

  const supervisor = createActor(provideSupervisor({ ports, links, shelf, counters, log }), {
    id: 'supervisor',
    systemId: 'supervisor',
    clock: ports.clock,
    input: supervisorInput(options, shelf),
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
  });

  function settle({ requestId, verdict }: RequestSettled): void {
    const answer = waiting.get(requestId);
    waiting.delete(requestId);
    answer?.(verdict);
  }

  supervisor.on('*', (event) => {
    if (event.type === 'request.settled') settle(event);
    else if (event.type === 'node.failed') options.failed?.(event.detail);
    else events.append(event);
  });
  supervisor.subscribe({ error: (error) => options.failed?.(`the supervisor failed: ${String(error)}`) });
  supervisor.start();

  let stopped: Promise<void> | null = null;
  async function stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      supervisor.subscribe({ complete: resolve, error: () => resolve() });
      if (supervisor.getSnapshot().status !== 'active') resolve();
      else supervisor.send({ type: 'shutdown' });
    });
    supervisor.stop();
    events.close();
    for (const requestId of [...waiting.keys()]) {
      settle({ type: 'request.settled', requestId, verdict: stoppedBefore });
    }
  }

  return {
    supervisor,
    events,
    shelf,
    counters,
    linkCount: () => links.size,
    request: (event) =>
      new Promise((resolve) => {
        waiting.set(event.requestId, resolve);
        if (supervisor.getSnapshot().status === 'active') supervisor.send(event);
        else settle({ type: 'request.settled', requestId: event.requestId, verdict: stoppedBefore });
      }),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

const stoppedBefore: SettledRequest = {
  ok: false,
  reason: { code: 'operation_in_progress', message: 'the node stopped before this was done' },
};

/** What the machines know at the start: the store's memory, and a seed. */
function supervisorInput(options: GroveSystemOptions, shelf: PayloadShelf): SupervisorInput {
  const { store, random, signer, clock, transport } = options.ports;
  const at = formatTimestamp(clock.now());
  const membership = store.membership();
  const shelved =
    membership === null ? null : shelf.put(membership.signed, digestPayload(membership.signed.payload));
  const standing = shelved === null ? null : standingOf(shelved, signer.fingerprint);
  return {
    ownFingerprint: signer.fingerprint,
    boot: bootNumber(random.bytes(7)),
    standing,
    revoked: membership !== null && membership.revokedAtSeq !== null,
    book: store.peers().map(({ label: _label, ...row }) => row),
    refused: store.refused(at).map(({ hash }) => hash),
    ownAddresses: transport.addresses().filter((address) => parseAddress(address) !== null),
    listensOnLoopback: options.listensOnLoopback,
    seed: random.uuid(),
    at,
    strictTimestampWindow: options.strictTimestampWindow ?? false,
  };
}

/** Below 2^53 and never 0: drawn at every start, so that two processes with one key give themselves away. */
function bootNumber(bytes: Uint8Array): string {
  const number = bytes.reduce((sum, byte) => (sum * 256n + BigInt(byte)) % (2n ** 53n - 1n), 0n);
  return (number + 1n).toString();
}
