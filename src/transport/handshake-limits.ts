/**
 * Who may start a handshake. While few are in progress everybody may; beyond a threshold, or beyond a few from
 * one address, a client first has to show by a retry that it can receive where it claims to be. Proven
 * addresses get more room, because a whole site may stand behind one of them.
 */
import type { TransportLimits } from './limits.ts';

export type Admission = 'accept' | 'retry' | 'drop';

/** One handshake in progress. */
export interface HandshakePlace {
  /** Called when the protocol is known: false when that protocol's share is used up. */
  claimProtocol(alpn: string): boolean;
  /** Gives the place back. Idempotent. */
  release(): void;
}

export class HandshakeLimits {
  readonly #limits: TransportLimits;
  #total = 0;
  readonly #unproven = new Map<string, number>();
  readonly #proven = new Map<string, number>();
  readonly #protocols = new Map<string, number>();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  get inProgress(): number {
    return this.#total;
  }

  /** True while every unproven address has to answer a retry. */
  get retrying(): boolean {
    return this.#total >= this.#limits.retryThreshold;
  }

  // t[impl limits.handshakes] t[impl limits.retry]
  judge(host: string, proven: boolean): Admission {
    const group = addressGroup(host);
    if (proven) {
      const full = this.#total >= this.#limits.handshakesMax;
      const crowded = countOf(this.#proven, group) >= this.#limits.handshakesPerProvenAddressMax;
      return full || crowded ? 'drop' : 'accept';
    }
    const crowded = countOf(this.#unproven, group) >= this.#limits.handshakesPerUnprovenAddressMax;
    return this.retrying || crowded ? 'retry' : 'accept';
  }

  start(host: string, proven: boolean): HandshakePlace {
    const group = addressGroup(host);
    const counts = proven ? this.#proven : this.#unproven;
    let claimed: string | null = null;
    let released = false;
    this.#total += 1;
    add(counts, group, 1);
    return {
      claimProtocol: (alpn) => {
        if (claimed !== null || released) return true;
        if (countOf(this.#protocols, alpn) >= this.#limits.handshakesPerProtocolMax) return false;
        claimed = alpn;
        add(this.#protocols, alpn, 1);
        return true;
      },
      release: () => {
        if (released) return;
        released = true;
        this.#total -= 1;
        add(counts, group, -1);
        if (claimed !== null) add(this.#protocols, claimed, -1);
      },
    };
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
