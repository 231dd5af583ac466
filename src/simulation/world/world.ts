/**
 * A simulated world: nodes, the network between them, one clock, one seed. It lets time pass step by step, has every
 * step looked at by the checks, and writes down what happened. The same seed is the same world, to the last step.
 */
import type { InspectionEvent } from 'xstate';
import type { GrovePorts, GroveSystemOptions } from '../../../actors/index.ts';
import type { GroveEvent } from '../../../machines/grove-events.ts';
import { assert } from '../../protocol/index.ts';
import type { Version } from '../../protocol/types.ts';
import type { Check, Violation } from '../checks/check.ts';
import { calmConditions, type NetworkConditions } from './conditions.ts';
import { foundGrove } from './genesis.ts';
import { SignatureVerdicts, simulatedSigner } from './keys.ts';
import { SeededRandom } from './seeded-random.ts';
import { type SharedPayloads, sharePayloads } from './shared-payloads.ts';
import { SimulatedNode } from './simulated-node.ts';
import { SpreadBook } from './spread.ts';
import { Trace } from './trace.ts';
import { Traffic } from './traffic.ts';
import type { VirtualLink } from './virtual-link.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { noNode, VirtualTime } from './virtual-time.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  /** How many of the nodes are in the grove from the beginning, the leader included. Default: all. */
  readonly members?: number;
  readonly conditions?: Partial<NetworkConditions>;
  /** Bytes of a param that every payload carries. */
  readonly fillerBytes?: number;
  readonly checks?: readonly Check[];
  /** Keep the records of the trace. */
  readonly keepsTrace?: boolean;
  /** Violations after which the world stops being looked at. */
  readonly violationsMax?: number;
}

/** What is wrong with the nodes, for tests that show what the checks catch. */
export interface Mistakes {
  /** The ports of a node that starts, or others in their place. */
  readonly ports: (node: SimulatedNode, ports: GrovePorts) => GrovePorts;
  readonly supervisor?: NonNullable<GroveSystemOptions['supervisor']>;
}

/** Sees what happens inside the nodes' actors. */
export interface WorldInspector {
  of(node: SimulatedNode): (event: InspectionEvent) => void;
}

export class World {
  readonly seed: number;
  readonly time = new VirtualTime();
  readonly network: VirtualNetwork;
  readonly shared: SharedPayloads = sharePayloads();
  readonly verdicts = new SignatureVerdicts();
  readonly nodes: readonly SimulatedNode[];
  readonly groveId: string;
  readonly trace: Trace;
  readonly traffic: Traffic;
  readonly spreads: SpreadBook;
  /** For whoever plays the world: faults, choices of a scenario. */
  readonly random: SeededRandom;
  readonly violations: Violation[] = [];
  /** Events of nodes, counted by type. */
  readonly events = new Map<string, number>();
  inspector: WorldInspector | null = null;
  /** To be set before the nodes start. */
  mistakes: Mistakes = { ports: (_node, ports) => ports };
  /** Two payloads under one number are to be expected: somebody signs what they should not. */
  expectsForks = false;
  readonly #checks: readonly Check[];
  readonly #stepChecks: readonly Check[];
  readonly #sentChecks: readonly Check[];
  readonly #receivedChecks: readonly Check[];
  readonly #violationsMax: number;
  #askedAt = 0;

  constructor(options: WorldOptions) {
    const { seed, nodes: count } = options;
    assert(count >= 1 && count <= 2 ** 24, 'a world has between 1 and 16 million nodes');
    this.seed = seed;
    this.random = new SeededRandom(seed, 'world');
    this.trace = new Trace({ keeps: options.keepsTrace ?? false });
    this.traffic = new Traffic(count);
    this.spreads = new SpreadBook(count);
    this.network = new VirtualNetwork({
      time: this.time,
      random: new SeededRandom(seed, 'network'),
      conditions: { ...calmConditions, ...options.conditions },
      watch: {
        lineSent: (link, line) => this.#lineSent(link, line),
        lineReceived: (link, line) => this.#lineReceived(link, line),
        datagrams: (node, datagrams) => this.traffic.datagrams(node, datagrams),
      },
    });
    const founders = Array.from({ length: count }, (_, number) => ({
      signer: simulatedSigner(`${number}`, this.verdicts),
      address: addressOf(number),
    }));
    const genesis = foundGrove(founders, {
      random: new SeededRandom(seed, 'genesis'),
      shared: this.shared,
      fillerBytes: options.fillerBytes ?? 0,
      members: options.members ?? count,
    });
    this.groveId = genesis.groveId;
    this.nodes = founders.map(({ signer, address }, number) => {
      const store = genesis.stores[number];
      assert(store !== undefined, 'every node has a disk');
      return new SimulatedNode(this, number, { signer, address, store });
    });
    this.#checks = options.checks ?? [];
    this.#stepChecks = this.#checks.filter(({ afterStep }) => afterStep !== undefined);
    this.#sentChecks = this.#checks.filter(({ sent }) => sent !== undefined);
    this.#receivedChecks = this.#checks.filter(({ received }) => received !== undefined);
    this.#violationsMax = options.violationsMax ?? 20;
    for (const check of this.#checks) check.begin?.(this);
  }

  /** More violations than anybody wants to read: time stands still. */
  get isGivenUp(): boolean {
    return this.violations.length >= this.#violationsMax;
  }

  get leader(): SimulatedNode {
    return this.node(0);
  }

  node(number: number): SimulatedNode {
    const node = this.nodes[number];
    assert(node !== undefined, `there is a node ${number}`);
    return node;
  }

  /** Nodes whose process runs. */
  get running(): SimulatedNode[] {
    return this.nodes.filter(({ process }) => process !== null);
  }

  /** Nodes that keep to the protocol. */
  get honest(): SimulatedNode[] {
    return this.nodes.filter(({ lies }) => lies === null);
  }

  byFingerprint(fingerprint: string): SimulatedNode | undefined {
    this.#byFingerprint ??= new Map(this.nodes.map((node) => [node.fingerprint, node]));
    return this.#byFingerprint.get(fingerprint);
  }
  #byFingerprint: Map<string, SimulatedNode> | null = null;

  /** Starts every node, each at a moment of its own within `withinMs`. */
  startAll(withinMs = 1_000): void {
    for (const node of this.nodes)
      this.later(this.random.between(0, withinMs), () => node.start(), node.number);
  }

  later(delayMs: number, action: () => void, node: number = noNode): void {
    this.time.schedule(delayMs, node, action);
  }

  /** Lets time pass. Ends early when there are more violations than anybody wants to read. */
  run(forMs: number): void {
    const end = this.time.now + forMs;
    for (;;) {
      if (this.isGivenUp) return;
      const due = this.time.step(end);
      if (due === null) return;
      if (due.node !== noNode) this.#look(due.node);
    }
  }

  /** Lets time pass until something is so, at most this long; says whether it came to be. */
  runUntil(isSo: () => boolean, atMostMs: number, stepMs = 50): boolean {
    const end = this.time.now + atMostMs;
    while (this.time.now < end) {
      if (isSo()) return true;
      if (this.isGivenUp) return false;
      this.run(Math.min(stepMs, end - this.time.now));
    }
    return isSo();
  }

  /** The leader sets a param; the spread of that payload is followed. */
  publish(value: string, name = 'greeting'): void {
    this.#askedAt = this.time.now;
    this.leader.change({ kind: 'params', set: [{ name, kind: 'text', value }], unset: [] }, (verdict) => {
      if (!verdict.ok) this.noted(this.leader, 'refused', verdict.reason.message);
    });
  }

  /** Has the checks that look at the whole look once more. */
  finish(): void {
    for (const check of this.#checks) {
      for (const finding of check.atEnd?.(this) ?? []) this.violate(check.name, finding.node, finding.detail);
    }
  }

  close(): void {
    for (const node of this.nodes) {
      node.crash();
      node.store.close();
    }
  }

  violate(check: string, node: SimulatedNode | null, detail: string): void {
    if (this.isGivenUp) return;
    const name = node?.name ?? 'world';
    this.violations.push({ check, node: name, at: this.time.now, step: this.time.steps, detail });
    this.trace.add({ at: this.time.now, node: name, event: 'violation', detail: `${check}: ${detail}` });
  }

  // What nodes report.

  noted(node: SimulatedNode, event: string, detail: string): void {
    this.trace.add({ at: this.time.now, node: node.name, event, detail });
  }

  failed(node: SimulatedNode, detail: string): void {
    this.noted(node, 'failed', detail);
    if (node.lies === null) this.violate('node-goes-on', node, detail);
  }

  happened(node: SimulatedNode, event: GroveEvent): void {
    this.events.set(event.type, (this.events.get(event.type) ?? 0) + 1);
    if (event.type === 'grove.payload-applied') this.spreads.applied(event.seq, node.number, this.time.now);
    this.noted(node, event.type.slice('grove.'.length), detailOf(event, this));
    for (const check of this.#checks) check.heard?.(this, node, event);
  }

  stored(node: SimulatedNode, version: Version): void {
    const at = this.time.now;
    if (node === this.leader && node.lies === null) {
      const expected = this.running.length;
      this.spreads.published(version.seq, { asked: this.#askedAt, stored: at }, expected);
    }
    this.noted(node, 'stored', `seq=${version.seq} hash=${version.hash.slice(0, 8)}`);
    for (const check of this.#checks) check.stored?.(this, node, version);
  }

  #lineSent(link: VirtualLink, line: Uint8Array): void {
    const node = this.node(link.host.node);
    const { number } = node;
    const message = this.shared.work.parseMessage(line);
    const detail = this.traffic.sent(number, line, message);
    if (message.ok && message.value.type !== 'unknown') {
      for (const check of this.#sentChecks) check.sent?.(this, node, message.value);
    }
    this.trace.add({
      at: this.time.now,
      node: `n${number}`,
      event: 'sent',
      peer: `n${link.peer.node}`,
      detail,
    });
  }

  #lineReceived(link: VirtualLink, line: Uint8Array): void {
    const message = this.shared.work.parseMessage(line);
    this.traffic.received(link.host.node, line);
    if (!message.ok || message.value.type === 'unknown') return;
    for (const check of this.#receivedChecks) check.received?.(this, link, message.value);
    if (message.value.type !== 'version') return;
    this.spreads.received(Number(message.value.payload.seq), link.peer.node, link.host.node);
  }

  #look(number: number): void {
    const node = this.nodes[number];
    if (node === undefined || node.lies !== null || node.process === null) return;
    for (const check of this.#stepChecks) {
      const detail = check.afterStep?.(this, node) ?? null;
      if (detail !== null) this.violate(check.name, node, detail);
    }
  }
}

export function addressOf(node: number): string {
  return `10.${node >> 16}.${(node >> 8) & 255}.${node & 255}:7891`;
}

/** An event's data on one line, with nodes by their names. */
function detailOf(event: GroveEvent, world: World): string {
  return Object.entries(event)
    .flatMap(([field, value]) => {
      if (field === 'type' || field === 'actor') return [];
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return [`${field}=${world.byFingerprint(text)?.name ?? text}`];
    })
    .join(' ');
}
