/**
 * One node's actor system: the supervisor and all below it, on given ports. The daemon and the simulation make it the
 * same way; only the ports differ.
 */
import { type ActorRefFrom, createActor, type InspectionEvent } from 'xstate';
import type { AppRequest } from '../machines/app-events.ts';
import type { OperatorToSupervisor } from '../machines/events.ts';
import type { SupervisorInput } from '../machines/supervisor-context.ts';
import type { supervisorMachine } from '../machines/supervisor-machine.ts';
import type { PeerRow } from '../src/ports/index.ts';
import { formatTimestamp, parseAddress, parseTimestamp } from '../src/protocol/index.ts';
import type { RequestActor } from '../src/protocol/types.ts';
import type { AppAsk, AppAsks } from './app-asks.ts';
import { standingOf } from './commit.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createLinkTable } from './link-table.ts';
import { bindParts } from './node-parts.ts';
import type { GroveCounters, GroveLog, GroveParts, GrovePorts } from './parts.ts';
import { createPayloadShelf, type PayloadShelf } from './payload-shelf.ts';
import { type PayloadWork, plainWork } from './payload-work.ts';
import { providedSupervisor } from './provide.ts';
import { createRequestDesk, type SettledRequest } from './request-desk.ts';

export interface GroveSystemOptions {
  readonly ports: GrovePorts;
  readonly log: GroveLog;
  /** The node listens on loopback, or on nothing else. */
  readonly listensOnLoopback: boolean;
  readonly strictTimestampWindow?: boolean;
  /** Payloads whose line has more bytes are announced before they are sent. */
  readonly announceFirstBytes?: number;
  /** Default: `plainWork`. */
  readonly work?: PayloadWork;
  /** Sees every event and every snapshot of every actor. */
  readonly inspect?: (event: InspectionEvent) => void;
  /** Default: the one of `provide.ts`. A simulation that tries its own checks hands one with a mistake in it. */
  readonly supervisor?: typeof providedSupervisor;
  /** Called once when the node cannot go on. */
  readonly failed?: (detail: string) => void;
}

export type OperatorRequest = Exclude<OperatorToSupervisor, { type: 'shutdown' }>;

/** What an operator asks of an app. Values in it stay out of events. */
export interface AppAsked {
  readonly requestId: string;
  readonly app: string;
  readonly ask: AppAsk;
  readonly actor: RequestActor;
}

export interface GroveSystem {
  readonly supervisor: ActorRefFrom<typeof supervisorMachine>;
  readonly events: EventLog;
  readonly shelf: PayloadShelf;
  readonly counters: Readonly<GroveCounters>;
  /** Links that are up. */
  linkCount(): number;
  /** Sends an operator's request; `answer` is called once, when it is settled. */
  ask(event: OperatorRequest, answer: (verdict: SettledRequest) => void): void;
  /** The same as a promise, which never rejects. */
  request(event: OperatorRequest): Promise<SettledRequest>;
  /** The same for apps. What is run for one goes on after the answer. */
  askApp(asked: AppAsked, answer: (verdict: SettledRequest) => void): void;
  requestApp(asked: AppAsked): Promise<SettledRequest>;
  /** Closes the links in an orderly way, stops every actor, and then calls `done`. Idempotent. */
  shutDown(done: () => void): void;
  /** The same as a promise, which never rejects. */
  stop(): Promise<void>;
}

export function createGroveSystem(options: GroveSystemOptions): GroveSystem {
  const { ports, log } = options;
  const work = options.work ?? plainWork;
  const shelf = createPayloadShelf(ports.store, ports.signer, work);
  const links = createLinkTable();
  const counters: GroveCounters = { malformedLines: 0, unknownMessages: 0 };
  const events = createEventLog({ store: ports.store, clock: ports.clock, log });
  const desk = createRequestDesk();
  const asks: AppAsks = new Map();
  const kept = { drafts: new Map(), asks, outcomes: new Map() };
  const parts: GroveParts = { ports, work, links, shelf, counters, log, ...kept };

  const supervisor = createActor(options.supervisor ?? providedSupervisor, {
    id: 'supervisor',
    systemId: 'supervisor',
    clock: ports.clock,
    input: supervisorInput(options, shelf, work),
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
  });

  supervisor.on('*', (event) => {
    if (event.type === 'request.settled') desk.settle(event);
    else if (event.type === 'node.failed') options.failed?.(event.detail);
    else events.append(event);
  });
  supervisor.subscribe({ error: (error) => options.failed?.(`the supervisor failed: ${String(error)}`) });
  bindParts(supervisor.system, parts);
  supervisor.start();

  const ask = (event: OperatorRequest | AppRequest, answer: (verdict: SettledRequest) => void) => {
    const send = supervisor.getSnapshot().status === 'active' ? () => supervisor.send(event) : null;
    desk.take(event.requestId, answer, send);
  };
  const askApp: GroveSystem['askApp'] = ({ requestId, app, ask: wanted, actor }, answer) => {
    asks.set(requestId, { ask: wanted, actor });
    ask({ type: 'app.request', requestId, app, what: wanted.what }, (verdict) => {
      asks.delete(requestId);
      answer(verdict);
    });
  };
  const ending = endOf(supervisor, () => {
    events.close();
    desk.close();
  });

  return {
    supervisor,
    events,
    shelf,
    counters,
    linkCount: () => links.size,
    ask,
    request: (event) => new Promise((resolve) => ask(event, resolve)),
    askApp,
    requestApp: (asked) => new Promise((resolve) => askApp(asked, resolve)),
    shutDown: ending,
    stop: () => new Promise((resolve) => ending(resolve)),
  };
}

/** How a supervisor is asked to stop: `closed` runs once, before whoever asked is told. */
function endOf(supervisor: GroveSystem['supervisor'], closed: () => void): (done: () => void) => void {
  const waiting: (() => void)[] = [];
  let isOver = false;
  const finish = () => {
    if (isOver) return;
    isOver = true;
    supervisor.stop();
    closed();
    for (const tell of waiting.splice(0)) tell();
  };
  return (done) => {
    if (isOver) {
      done();
      return;
    }
    waiting.push(done);
    if (waiting.length > 1) return;
    supervisor.subscribe({ complete: finish, error: finish });
    if (supervisor.getSnapshot().status === 'active') supervisor.send({ type: 'shutdown' });
    else finish();
  };
}

/** What the machines know at the start: the store's memory, and a seed. */
function supervisorInput(
  options: GroveSystemOptions,
  shelf: PayloadShelf,
  work: PayloadWork,
): SupervisorInput {
  const { store, random, signer, clock, transport } = options.ports;
  const at = formatTimestamp(clock.now());
  const membership = store.membership();
  const shelved =
    membership === null ? null : shelf.put(membership.signed, work.digestPayload(membership.signed.payload));
  const standing = shelved === null ? null : standingOf(shelved, signer.fingerprint);
  return {
    ownFingerprint: signer.fingerprint,
    boot: bootNumber(random.bytes(7)),
    standing,
    revoked: membership !== null && membership.revokedAtSeq !== null,
    book: store.peers().flatMap(knownRow),
    refused: store.refused(at).map(({ hash, until }) => ({ hash, untilMs: parseTimestamp(until) ?? 0 })),
    ownAddresses: transport.addresses().filter((address) => parseAddress(address) !== null),
    listensOnLoopback: options.listensOnLoopback,
    seed: random.uuid(),
    at,
    strictTimestampWindow: options.strictTimestampWindow ?? false,
    ...(options.announceFirstBytes === undefined ? {} : { announceFirstBytes: options.announceFirstBytes }),
  };
}

/** A member of whom only the label is known is none that the address book knows anything about. */
function knownRow({ label: _label, ...row }: PeerRow): Omit<PeerRow, 'label'>[] {
  return row.addresses.length > 0 || row.lastSeenAt !== null || row.lastConnectedAt !== null ? [row] : [];
}

/** Below 2^53 and never 0: drawn at every start, so that two processes with one key give themselves away. */
function bootNumber(bytes: Uint8Array): string {
  const number = bytes.reduce((sum, byte) => (sum * 256n + BigInt(byte)) % (2n ** 53n - 1n), 0n);
  return (number + 1n).toString();
}
