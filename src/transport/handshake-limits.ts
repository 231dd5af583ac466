/**
 * Who may start a handshake. While few are in progress everybody may; beyond a threshold, or beyond a few from
 * one address, a client first has to show by a retry that it can receive where it claims to be. Proven
 * addresses get more room, because a whole site may stand behind one of them.
 */
import type { TransportLimits } from './limits.ts';

export type Admission = 'accept' | 'retry';

/** One handshake in progress. */
export interface HandshakePlace {
  /** Gives the place back. Idempotent. */
  release(): void;
}

interface Handshake extends HandshakePlace {
  readonly group: string;
  readonly proven: boolean;
  /** Ends the handshake, because another one gets its place. */
  readonly evict: () => void;
}

export class HandshakeLimits {
  readonly #limits: TransportLimits;
  /** The oldest first. */
  readonly #handshakes = new Set<Handshake>();
  readonly #unproven = new Map<string, number>();
  readonly #proven = new Map<string, number>();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  get inProgress(): number {
    return this.#handshakes.size;
  }

  /** True while every unproven address has to answer a retry. */
  get retrying(): boolean {
    return this.#handshakes.size >= this.#limits.retryThreshold;
  }

  // t[impl limits.retry]
  judge(host: string, proven: boolean): Admission {
    if (proven) return 'accept';
    const crowded =
      countOf(this.#unproven, addressGroup(host)) >= this.#limits.handshakesPerUnprovenAddressMax;
    return this.retrying || crowded ? 'retry' : 'accept';
  }

  // t[impl limits.handshakes]
  /**
   * Takes a place. An honest handshake is over within two round trips, so where there is none left the oldest
   * gives way: a flood cannot keep others out, whichever protocol they want.
   */
  start(host: string, proven: boolean, evict: () => void): HandshakePlace {
    const group = addressGroup(host);
    const counts = proven ? this.#proven : this.#unproven;
    if (proven && countOf(counts, group) >= this.#limits.handshakesPerProvenAddressMax) {
      this.#evictOldest((other) => other.proven && other.group === group);
    }
    if (this.#handshakes.size >= this.#limits.handshakesMax) this.#evictOldest(() => true);
    const handshake: Handshake = {
      group,
      proven,
      evict,
      release: () => {
        if (this.#handshakes.delete(handshake)) add(counts, group, -1);
      },
    };
    this.#handshakes.add(handshake);
    add(counts, group, 1);
    return handshake;
  }

  #evictOldest(matches: (handshake: Handshake) => boolean): void {
    for (const handshake of this.#handshakes) {
      if (!matches(handshake)) continue;
      handshake.release();
      handshake.evict();
      return;
    }
  }
}

/** One customer usually holds a whole /64 of IPv6, and counts as one address. */
export function addressGroup(host: string): string {
  if (!host.includes(':')) return host;
  const [head = '', tail = ''] = host.split('::');
  const headGroups = head === '' ? [] : head.split(':');
  const tailGroups = tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - headGroups.length - tailGroups.length)).fill('0');
  return [...headGroups, ...(host.includes('::') ? zeros : []), ...tailGroups].slice(0, 4).join(':');
}

function countOf(counts: ReadonlyMap<string, number>, key: string): number {
  return counts.get(key) ?? 0;
}

/** Keys at zero go, so that the maps hold no more than the handshakes in progress. */
function add(counts: Map<string, number>, key: string, difference: number): void {
  const count = countOf(counts, key) + difference;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
