/** The network of a simulated world: dials, links, and the cuts between nodes. All of it runs on the world's clock. */
import type { DialFailure } from '../../ports/index.ts';
import { type Cut, type NetworkConditions, travel } from './conditions.ts';
import type { SeededRandom } from './seeded-random.ts';
import { idleTimeoutMs, VirtualLink } from './virtual-link.ts';
import { noNode, type VirtualTime } from './virtual-time.ts';
import { type Dial, type HostClock, VirtualTransport } from './virtual-transport.ts';

/** A dial that nothing answers gives up after this. */
const handshakeTimeoutMs = 5_000;
/** Bytes of a handshake, both ways, certificates included. */
const handshakeBytes = 4_000;
/** Once a way is open again, what was held back is sent again within this many latencies. */
const resumeLatencies = 3;

/** Sees what passes. */
export interface NetworkWatch {
  lineSent(link: VirtualLink, line: Uint8Array): void;
  lineReceived(link: VirtualLink, line: Uint8Array): void;
  datagrams(node: number, count: number): void;
}

export class VirtualNetwork {
  readonly time: VirtualTime;
  readonly watch: NetworkWatch;
  conditions: NetworkConditions;
  readonly #random: SeededRandom;
  readonly #hosts = new Map<string, VirtualTransport>();
  readonly #links = new Set<VirtualLink>();
  readonly #cuts = new Set<Cut>();

  constructor(options: {
    readonly time: VirtualTime;
    readonly random: SeededRandom;
    readonly conditions: NetworkConditions;
    readonly watch: NetworkWatch;
  }) {
    this.time = options.time;
    this.#random = options.random;
    this.conditions = options.conditions;
    this.watch = options.watch;
  }

  /** Links that are up, each counted once. */
  get linkCount(): number {
    return [...this.#links].filter((link) => link.direction === 'outbound').length;
  }

  /** Links by the end that dialled, in the order they were made. */
  links(): VirtualLink[] {
    return [...this.#links].filter(
      (link) => link.direction === 'outbound' && !link.isOver && !link.other.isOver,
    );
  }

  attach(
    own: { readonly node: number; readonly fingerprint: string; readonly address: string },
    clock: HostClock,
  ): VirtualTransport {
    const host = new VirtualTransport(this, own, clock);
    this.#hosts.set(own.address, host);
    return host;
  }

  /** The process is gone, without a word to anybody. Whoever was linked to it hears nothing more. */
  detach(host: VirtualTransport): void {
    host.isDead = true;
    if (this.#hosts.get(host.address) === host) this.#hosts.delete(host.address);
    for (const link of [...host.links]) {
      host.links.delete(link);
      this.#links.delete(link);
      if (!link.other.isOver) this.expectSilence(link.other);
    }
  }

  cut(cut: Cut): void {
    this.#cuts.add(cut);
    this.#review();
  }

  mend(cut: Cut): void {
    this.#cuts.delete(cut);
    this.#review();
  }

  mendAll(): void {
    this.#cuts.clear();
    this.#review();
  }

  forget(link: VirtualLink): void {
    this.#links.delete(link);
  }

  /** From now on this end hears nothing, and so is over after a while. */
  expectSilence(end: VirtualLink): void {
    if (end.isOver || end.host.isDead || end.way.timeout !== null) return;
    end.way.timeout = this.time.schedule(idleTimeoutMs, end.host.node, () => {
      if (!end.host.isDead) end.over({ by: 'transport', code: null, reason: 'the peer was silent too long' });
    });
  }

  /** Brings what one end sends to the other. */
  carry(from: VirtualLink, bytes: number, arrive: () => void): void {
    if (from.way.blocked) {
      from.way.held.push(() => this.carry(from, bytes, arrive));
      return;
    }
    const { delayMs, datagrams } = travel(
      this.conditions,
      { bytes, latencyMs: from.latencyMs },
      this.#random,
    );
    this.watch.datagrams(from.host.node, datagrams);
    const leavesAt = this.#leaves(from.host, bytes);
    const at = Math.max(leavesAt + delayMs, from.way.lastArrivalAt);
    from.way.lastArrivalAt = at;
    const to = from.other.host;
    this.time.scheduleAt(at, to.node, () => to.arrive(arrive));
  }

  dial(from: VirtualTransport, dial: Dial): void {
    const { target } = dial;
    const fail = (failure: DialFailure) => {
      if (!dial.isCancelled) dial.handler.failed(failure);
    };
    const host = this.#hosts.get(target.address);
    const latencyMs = this.#latency();
    if (host === undefined || this.#isCut(from.node, host.node) || this.#isCut(host.node, from.node)) {
      from.later(handshakeTimeoutMs, () => fail(noAnswer));
      return;
    }
    const { delayMs, datagrams } = travel(
      this.conditions,
      { bytes: handshakeBytes, latencyMs },
      this.#random,
    );
    this.watch.datagrams(from.node, datagrams);
    from.later(delayMs + latencyMs, () => {
      if (dial.isCancelled) return;
      if (host.isDead) fail(noAnswer);
      else if (host.fingerprint !== target.fingerprint) fail(somebodyElse);
      else dial.handler.connected(this.#connect(from, host, latencyMs));
    });
  }

  #connect(dialler: VirtualTransport, host: VirtualTransport, latencyMs: number): VirtualLink {
    const near = new VirtualLink(this, { host: dialler, peer: host }, { direction: 'outbound', latencyMs });
    const far = new VirtualLink(this, { host, peer: dialler }, { direction: 'inbound', latencyMs });
    near.other = far;
    far.other = near;
    for (const end of [near, far]) {
      this.#links.add(end);
      end.way.blocked = this.#isCut(end.host.node, end.peer.node);
      if (end.way.blocked) this.expectSilence(end.other);
    }
    this.carry(near, 300, () => host.accept(far));
    return near;
  }

  /** Looks at every link again after a cut or its mending. */
  #review(): void {
    for (const end of [...this.#links]) {
      const blocked = this.#isCut(end.host.node, end.peer.node);
      if (blocked === end.way.blocked) continue;
      end.way.blocked = blocked;
      if (blocked) this.expectSilence(end.other);
      else this.#resume(end);
    }
  }

  #resume(end: VirtualLink): void {
    const { timeout } = end.other.way;
    end.other.way.timeout = null;
    if (timeout !== null) this.time.cancel(timeout);
    const held = end.way.held.splice(0);
    const delayMs = this.#random.between(end.latencyMs, resumeLatencies * end.latencyMs);
    this.time.schedule(delayMs, noNode, () => {
      for (const send of held) send();
    });
  }

  #isCut(from: number, to: number): boolean {
    for (const cut of this.#cuts) if (cut(from, to)) return true;
    return false;
  }

  #latency(): number {
    const { latencyMs } = this.conditions;
    return this.#random.between(latencyMs * 0.5, latencyMs * 1.5);
  }

  /** When a node that sends so much has sent it, behind what it sends already. */
  #leaves(host: VirtualTransport, bytes: number): number {
    const { bytesPerMs } = this.conditions;
    if (bytesPerMs === null) return this.time.now;
    host.sendsUntil = Math.max(host.sendsUntil, this.time.now) + bytes / bytesPerMs;
    return host.sendsUntil;
  }
}

const noAnswer: DialFailure = { kind: 'timeout', code: null, detail: 'nothing answers there' };
const somebodyElse: DialFailure = { kind: 'wrong_fingerprint', code: null, detail: 'another node answers' };
