/**
 * A network in memory for whole nodes: links that keep the port's promises, a trust gate that shuts after the
 * handshake as in TLS 1.3, cuts between two nodes, and nodes that vanish. All of it runs on the clock it is given.
 */
import type {
  DialFailure,
  Link,
  LinkClosed,
  LinkHandler,
  LinkTransport,
  TrustVerdict,
} from '../../src/ports/transport.ts';

interface NetworkClock {
  setTimeout(callback: () => void, delayMs: number): unknown;
}

const latencyMs = 2;

export class MemoryNetwork {
  readonly clock: NetworkClock;
  readonly #hosts = new Map<string, MemoryTransport>();
  readonly #cuts = new Set<string>();
  #linksMade = 0;

  constructor(clock: NetworkClock) {
    this.clock = clock;
  }

  attach(fingerprint: string, address: string): MemoryTransport {
    const host = new MemoryTransport(this, fingerprint, address);
    this.#hosts.set(address, host);
    return host;
  }

  /** The node vanishes: its links time out on the other side, dials to it find nobody. */
  detach(host: MemoryTransport): void {
    if (this.#hosts.get(host.address) === host) this.#hosts.delete(host.address);
    for (const link of [...host.links]) link.breakOff('the node is gone');
  }

  /** Nothing passes between two nodes any more. */
  cut(one: MemoryTransport, other: MemoryTransport): void {
    this.#cuts.add(pairOf(one, other));
    for (const link of [...one.links]) if (link.fingerprint === other.fingerprint) link.breakOff('cut');
  }

  mend(one: MemoryTransport, other: MemoryTransport): void {
    this.#cuts.delete(pairOf(one, other));
  }

  later(action: () => void, hops = 1): void {
    this.clock.setTimeout(action, latencyMs * hops);
  }

  find(
    from: MemoryTransport,
    target: { address: string; fingerprint: string },
  ): MemoryTransport | DialFailure {
    const host = this.#hosts.get(target.address);
    const isGone = this.#hosts.get(from.address) !== from;
    if (host === undefined || isGone || this.#cuts.has(pairOf(from, host)))
      return { kind: 'unreachable', code: null, detail: 'nothing answers there' };
    return host.fingerprint === target.fingerprint
      ? host
      : { kind: 'wrong_fingerprint', code: null, detail: 'another node answers' };
  }

  connect(dialler: MemoryTransport, host: MemoryTransport): MemoryLink {
    this.#linksMade += 1;
    const [near, far] = [`out-${this.#linksMade}`, `in-${this.#linksMade}`];
    const link = new MemoryLink(this, dialler, host, near, 'outbound');
    const end = new MemoryLink(this, host, dialler, far, 'inbound');
    link.other = end;
    end.other = link;
    this.later(() => host.accept(end));
    return link;
  }
}

function pairOf(one: MemoryTransport, other: MemoryTransport): string {
  return [one.fingerprint, other.fingerprint].sort().join(' ');
}

export class MemoryTransport implements LinkTransport {
  readonly fingerprint: string;
  readonly address: string;
  readonly links = new Set<MemoryLink>();
  /** Dials that were started. */
  dials = 0;
  /** Sees every line this node sends, at the moment it does. */
  onSend: ((line: Uint8Array) => void) | null = null;
  readonly #network: MemoryNetwork;
  #listener: ((link: Link) => void) | null = null;
  #judge: (fingerprint: string) => TrustVerdict = () => ({ code: 1, reason: 'nobody is trusted' });

  constructor(network: MemoryNetwork, fingerprint: string, address: string) {
    this.#network = network;
    this.fingerprint = fingerprint;
    this.address = address;
  }

  addresses(): readonly string[] {
    return [this.address];
  }

  listen(accept: (link: Link) => void): () => void {
    this.#listener = accept;
    return () => {
      if (this.#listener === accept) this.#listener = null;
    };
  }

  dial(
    target: { readonly address: string; readonly fingerprint: string },
    handler: { connected(link: Link): void; failed(failure: DialFailure): void },
  ): () => void {
    let cancelled = false;
    this.dials += 1;
    this.#network.later(() => {
      if (cancelled) return;
      const host = this.#network.find(this, target);
      if (host instanceof MemoryTransport) handler.connected(this.#network.connect(this, host));
      else handler.failed(host);
    }, 2);
    return () => {
      cancelled = true;
    };
  }

  setTrust(judge: (fingerprint: string) => TrustVerdict): void {
    this.#judge = judge;
    for (const link of [...this.links]) this.#refuse(link);
  }

  /** The far end of somebody's dial. */
  accept(link: MemoryLink): void {
    if (link.isOver || this.#refuse(link)) return;
    if (this.#listener === null) link.close(6, 'not listening');
    else this.#listener(link);
  }

  #refuse(link: MemoryLink): boolean {
    const verdict = this.#judge(link.fingerprint);
    if (verdict !== null) link.close(verdict.code, verdict.reason);
    return verdict !== null;
  }
}

export class MemoryLink implements Link {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly fingerprint: string;
  readonly address: string;
  other: MemoryLink | null = null;
  readonly #network: MemoryNetwork;
  readonly #host: MemoryTransport;
  #handler: LinkHandler | null = null;
  #waiting: Uint8Array[] = [];
  #closing = false;
  #end: LinkClosed | null = null;
  #told = false;

  constructor(
    network: MemoryNetwork,
    host: MemoryTransport,
    peer: MemoryTransport,
    id: string,
    direction: Link['direction'],
  ) {
    this.#network = network;
    this.#host = host;
    this.id = id;
    this.direction = direction;
    this.fingerprint = peer.fingerprint;
    this.address = peer.address;
    host.links.add(this);
  }

  /** The memory network takes everything at once. */
  readonly waitingBytes = 0;

  get isOver(): boolean {
    return this.#end !== null;
  }

  open(handler: LinkHandler): void {
    this.#handler = handler;
    this.#network.later(() => this.#catchUp());
  }

  send(line: Uint8Array): boolean {
    if (this.#closing || this.#end !== null) return false;
    this.#host.onSend?.(line);
    const copy = line.slice();
    this.#network.later(() => this.other?.receive(copy));
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#end !== null) return;
    this.#closing = true;
    this.#network.later(() => this.other?.over({ by: 'peer', code, reason }));
    this.#network.later(() => this.over({ by: 'us', code, reason }), 2);
  }

  /** The network underneath is gone, for both sides. */
  breakOff(reason: string): void {
    this.#network.later(() => this.over({ by: 'transport', code: null, reason }));
    this.#network.later(() => this.other?.over({ by: 'transport', code: null, reason }));
  }

  receive(line: Uint8Array): void {
    if (this.#closing || this.#end !== null) return;
    if (this.#handler === null) this.#waiting.push(line);
    else this.#handler.line(line);
  }

  over(end: LinkClosed): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#host.links.delete(this);
    this.#tell();
  }

  #catchUp(): void {
    for (const line of this.#waiting.splice(0)) this.#handler?.line(line);
    this.#tell();
  }

  #tell(): void {
    if (this.#handler === null || this.#end === null || this.#told || this.#waiting.length > 0) return;
    this.#told = true;
    this.#handler.closed(this.#end);
  }
}
