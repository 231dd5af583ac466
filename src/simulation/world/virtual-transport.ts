/** A simulated node's side of the network: its links, whom it lets in, and, for a liar, what becomes of its lines. */
import type { DialHandler, Link, LinkTransport, TrustVerdict } from '../../ports/index.ts';
import { closeCodes } from '../../protocol/index.ts';
import type { VirtualLink } from './virtual-link.ts';
import type { VirtualNetwork } from './virtual-network.ts';

/** A dial under way. */
export interface Dial {
  readonly target: { readonly address: string; readonly fingerprint: string };
  readonly handler: DialHandler;
  isCancelled: boolean;
}

/** What a transport needs of its node's clock. */
export interface HostClock {
  later(delayMs: number, action: () => void): void;
  whenFree(action: () => void): void;
}

/** What a liar sends in place of a line. */
export type Tamper = (line: Uint8Array, link: VirtualLink) => readonly Uint8Array[];

export class VirtualTransport implements LinkTransport {
  readonly node: number;
  readonly fingerprint: string;
  readonly address: string;
  readonly links = new Set<VirtualLink>();
  /** Times the trust gate was set. */
  trustChanges = 0;
  /** Nothing leaves or reaches this node any more. */
  isDead = false;
  /** When what was sent before has left, where the node cannot send as much as it likes. */
  sendsUntil = 0;
  tamper: Tamper = (line) => [line];
  /** Called before each line leaves. */
  onSend: () => void = () => {};
  #linksMade = 0;
  readonly #network: VirtualNetwork;
  readonly #clock: HostClock;
  #listener: ((link: Link) => void) | null = null;
  #judge: (fingerprint: string) => TrustVerdict = () => strangers;

  constructor(
    network: VirtualNetwork,
    own: { readonly node: number; readonly fingerprint: string; readonly address: string },
    clock: HostClock,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.node = own.node;
    this.fingerprint = own.fingerprint;
    this.address = own.address;
  }

  /** Has something happen to this node after a while, unless it is gone by then. */
  later(delayMs: number, action: () => void): void {
    this.#clock.later(delayMs, action);
  }

  /** Something reaches this node. */
  arrive(action: () => void): void {
    if (!this.isDead) this.#clock.whenFree(action);
  }

  /**
   * A name for one more link. Every node counts its own: names that no other node uses would each give the objects
   * keyed by them hidden classes of their own, of which V8 remembers some 1,500.
   */
  nameLink(direction: Link['direction']): string {
    this.#linksMade += 1;
    return `${direction === 'outbound' ? 'o' : 'i'}${this.#linksMade}`;
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

  dial(target: { readonly address: string; readonly fingerprint: string }, handler: DialHandler): () => void {
    const dial: Dial = { target, handler, isCancelled: false };
    this.#network.dial(this, dial);
    return () => {
      dial.isCancelled = true;
    };
  }

  setTrust(judge: (fingerprint: string) => TrustVerdict): void {
    if (this.isDead) return;
    this.trustChanges += 1;
    this.#judge = judge;
    for (const link of [...this.links]) this.#refuse(link);
  }

  /** Whether the gate lets this fingerprint in. */
  trusts(fingerprint: string): boolean {
    return this.#judge(fingerprint) === null;
  }

  /** The far end of somebody's dial. */
  accept(link: VirtualLink): void {
    link.isAccepted = true;
    if (link.isOver || this.#refuse(link)) return;
    if (this.#listener === null) link.close(closeCodes.busy, 'not listening');
    else this.#listener(link);
  }

  #refuse(link: VirtualLink): boolean {
    const verdict = this.#judge(link.fingerprint);
    if (verdict !== null) link.close(verdict.code, verdict.reason);
    return verdict !== null;
  }
}

const strangers: TrustVerdict = { code: closeCodes.unauthorised, reason: 'nobody is trusted yet' };
