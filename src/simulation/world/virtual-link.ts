/**
 * A link between two simulated nodes, and its two ends. It keeps the promises of a QUIC stream: lines come in order and
 * once, or the link ends; an end that hears nothing for the idle time ends by itself, and tells nobody.
 */
import type { Link, LinkClosed, LinkHandler } from '../../ports/index.ts';
import { closeCodes, linkBufferedBytesMax } from '../../protocol/index.ts';
import type { Due } from './due-heap.ts';
import type { VirtualNetwork } from './virtual-network.ts';
import type { VirtualTransport } from './virtual-transport.ts';

/** As the transport's: an end that hears nothing for this long is over. */
export const idleTimeoutMs = 30_000;
/** What is on its way on one link before anything more waits for it. */
const networkTakesBytes = 65_536;

/** One direction of a link: when its last line comes, and whether anything comes at all. */
class Way {
  lastArrivalAt = 0;
  /** What was sent while the way was blocked; it is sent again once it is open. */
  held: (() => void)[] = [];
  blocked = false;
  timeout: Due | null = null;
}

export class VirtualLink implements Link {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly host: VirtualTransport;
  readonly peer: VirtualTransport;
  readonly latencyMs: number;
  readonly madeAt: number;
  /** The dialler's handshake has reached this end, and its gate was asked. */
  isAccepted: boolean;
  /** The other end; it is the same link seen from there. */
  other!: VirtualLink;
  /** What this end sends. */
  readonly way = new Way();
  readonly #network: VirtualNetwork;
  #handler: LinkHandler | null = null;
  #unheard: Uint8Array[] = [];
  #sentBytes = 0;
  /** Of what the other end sent, what reached whoever opened this one. */
  #heardBytes = 0;
  #mustTellDrained = false;
  #closing = false;
  #end: LinkClosed | null = null;
  #overSince: number | null = null;
  #told = false;

  constructor(
    network: VirtualNetwork,
    ends: { readonly host: VirtualTransport; readonly peer: VirtualTransport },
    options: { readonly direction: Link['direction']; readonly latencyMs: number },
  ) {
    this.#network = network;
    this.host = ends.host;
    this.peer = ends.peer;
    this.id = ends.host.nameLink(options.direction);
    this.direction = options.direction;
    this.latencyMs = options.latencyMs;
    this.madeAt = network.time.now;
    this.isAccepted = options.direction === 'outbound';
    this.host.links.add(this);
  }

  get fingerprint(): string {
    return this.peer.fingerprint;
  }

  get address(): string {
    return this.peer.address;
  }

  get isOver(): boolean {
    return this.#end !== null;
  }

  /** When this end was over; null while it is not. */
  get overSince(): number | null {
    return this.#overSince;
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** What the other end has not read, beyond what the network underneath takes. */
  get waitingBytes(): number {
    return Math.max(0, this.#sentBytes - this.other.#heardBytes - networkTakesBytes);
  }

  open(handler: LinkHandler): void {
    this.#handler = handler;
    this.host.later(0, () => this.#catchUp());
  }

  send(line: Uint8Array): boolean {
    if (this.#closing || this.#end !== null || this.host.isDead) return false;
    if (this.waitingBytes + line.length + 1 > linkBufferedBytesMax) {
      this.close(closeCodes.busy, 'the peer does not read');
      return false;
    }
    this.host.onSend();
    if (this.host.isDead) return false;
    for (const sent of this.host.tamper(line, this)) this.transmit(sent);
    return true;
  }

  /** Sends a line as it is, whatever the host says. */
  transmit(line: Uint8Array): void {
    if (this.#closing || this.#end !== null || this.host.isDead) return;
    this.#network.watch.lineSent(this, line);
    this.#sentBytes += line.length + 1;
    this.#mustTellDrained ||= this.waitingBytes > 0;
    this.#network.carry(this, line.length + 1, () => this.other.receive(line));
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#end !== null || this.host.isDead) return;
    this.#closing = true;
    this.#network.carry(this, 60, () => this.other.over({ by: 'peer', code, reason }));
    this.host.later(2 * this.latencyMs, () => this.over({ by: 'us', code, reason }));
  }

  receive(line: Uint8Array): void {
    if (this.#closing || this.#end !== null || this.host.isDead) return;
    this.#network.watch.lineReceived(this, line);
    if (this.#handler === null) this.#unheard.push(line);
    else this.#hear(this.#handler, line);
  }

  #hear(handler: LinkHandler, line: Uint8Array): void {
    this.#heardBytes += line.length + 1;
    this.other.#read();
    handler.line(line);
  }

  /** The other end has read some more. */
  #read(): void {
    if (!this.#mustTellDrained || this.waitingBytes > 0) return;
    this.#mustTellDrained = false;
    this.host.later(this.latencyMs, () => {
      if (!this.#closing && this.#end === null) this.#handler?.drained?.();
    });
  }

  /** This end is over. The other one learns of it only by what reaches it, or by hearing nothing. */
  over(end: LinkClosed): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#overSince = this.#network.time.now;
    this.host.links.delete(this);
    this.#network.forget(this);
    if (end.by !== 'peer') this.#network.expectSilence(this.other);
    this.#tell();
  }

  /** The network underneath broke, and both ends know. */
  breakOff(reason: string): void {
    for (const end of [this, this.other])
      end.host.later(0, () => end.over({ by: 'transport', code: null, reason }));
  }

  #catchUp(): void {
    const handler = this.#handler;
    if (handler === null) return;
    for (const line of this.#unheard.splice(0)) this.#hear(handler, line);
    this.#tell();
  }

  #tell(): void {
    if (this.#handler === null || this.#end === null || this.#told || this.#unheard.length > 0) return;
    this.#told = true;
    if (!this.host.isDead) this.#handler.closed(this.#end);
  }
}
