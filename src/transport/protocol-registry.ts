/**
 * The protocols of an endpoint, told apart by ALPN, each with its own trust set, budget and open connections.
 * What one protocol trusts or has used up says nothing about another.
 */
import { assert, closeCodes } from '../protocol/index.ts';
import type { QuicConnection } from './connection.ts';
import type { TransportLimits } from './limits.ts';
import type { ProtocolRegistration, Registration } from './types.ts';

/** Why a connection is not let in, as it is closed and as it is counted. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly counter: 'untrusted' | 'connections_max' | 'fingerprint_max';
}

export interface RegistryOptions {
  readonly limits: TransportLimits;
  monotonicMs(): number;
  /** The list of protocols, or what they allow, is another one. */
  changed(): void;
}

interface Entry {
  readonly protocol: ProtocolRegistration;
  readonly connections: Set<QuicConnection>;
  /** Counts the rechecks, so that a dial notices one that happened while it was under way. */
  rechecks: number;
}

export class ProtocolRegistry {
  readonly #options: RegistryOptions;
  readonly #entries = new Map<string, Entry>();
  /** Connections of protocols that are only dialled, or not registered any more. */
  readonly #others = new Set<QuicConnection>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get alpns(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The most any protocol allows: QUIC fixes the number before the protocol is known. */
  get streamsMax(): number {
    return Math.max(0, ...[...this.#entries.values()].map((entry) => entry.protocol.streamsPerConnectionMax));
  }

  register(protocol: ProtocolRegistration): Registration {
    assert(!this.#entries.has(protocol.alpn), `${protocol.alpn} is registered once`);
    assert(protocol.connectionsMax > 0 && protocol.streamsPerConnectionMax > 0, 'limits are positive');
    const entry: Entry = { protocol, connections: new Set(), rechecks: 0 };
    this.#entries.set(protocol.alpn, entry);
    this.#options.changed();
    return {
      recheck: () => recheck(entry),
      unregister: () => {
        if (this.#entries.get(protocol.alpn) !== entry) return;
        this.#entries.delete(protocol.alpn);
        for (const connection of entry.connections) this.#others.add(connection);
        entry.connections.clear();
        this.#options.changed();
      },
    };
  }

  // t[impl trust.per-protocol]
  /** Judges an inbound connection whose key is proved: the protocol that takes it, or how to close it. */
  judge(alpn: string, fingerprint: string): { protocol: ProtocolRegistration } | { refusal: Refusal } {
    const entry = this.#entries.get(alpn);
    if (entry === undefined) {
      return {
        refusal: {
          code: closeCodes.busy,
          reason: 'this protocol was switched off',
          counter: 'connections_max',
        },
      };
    }
    const verdict = entry.protocol.trust(fingerprint);
    if (verdict !== null) return { refusal: { ...verdict, counter: 'untrusted' } };
    const refusal = this.#overLimit(entry, fingerprint);
    return refusal === null ? { protocol: entry.protocol } : { refusal };
  }

  // t[impl limits.per-fingerprint] t[impl limits.budgets]
  #overLimit(entry: Entry, fingerprint: string): Refusal | null {
    const { protocol, connections } = entry;
    const { limits } = this.#options;
    const inbound = [...connections].filter((connection) => connection.direction === 'inbound');
    const same = inbound.filter((connection) => connection.fingerprint === fingerprint);
    const perFingerprintMax = protocol.connectionsPerFingerprintMax ?? limits.connectionsPerFingerprintMax;
    if (same.length >= perFingerprintMax) {
      const quietest = same.reduce((left, right) => (left.heardAt <= right.heardAt ? left : right));
      if (this.#options.monotonicMs() - quietest.heardAt < limits.silentMs) {
        const reason = `already ${same.length} connections from this key`;
        return { code: closeCodes.busy, reason, counter: 'fingerprint_max' };
      }
      // Probably what a restarted peer left behind.
      quietest.closeNow(closeCodes.duplicate, 'replaced by a newer connection');
      return null;
    }
    if (inbound.length < protocol.connectionsMax) return null;
    return { code: closeCodes.busy, reason: 'too many connections', counter: 'connections_max' };
  }

  add(connection: QuicConnection): void {
    (this.#entries.get(connection.alpn)?.connections ?? this.#others).add(connection);
  }

  remove(connection: QuicConnection): void {
    this.#entries.get(connection.alpn)?.connections.delete(connection);
    this.#others.delete(connection);
  }

  rechecksOf(alpn: string): number {
    return this.#entries.get(alpn)?.rechecks ?? 0;
  }

  /** Asks again for a dial during which the trust set changed. The pin alone decides when it did not. */
  stillTrusted(connection: QuicConnection, rechecksBefore: number): boolean {
    const entry = this.#entries.get(connection.alpn);
    if (entry === undefined || entry.rechecks === rechecksBefore) return true;
    const verdict = entry.protocol.trust(connection.fingerprint);
    if (verdict !== null) connection.closeNow(verdict.code, verdict.reason);
    return verdict === null;
  }

  all(): readonly QuicConnection[] {
    return [...[...this.#entries.values()].flatMap((entry) => [...entry.connections]), ...this.#others];
  }

  countByAlpn(): { readonly [alpn: string]: number } {
    const counts: { [alpn: string]: number } = {};
    for (const alpn of this.#entries.keys()) counts[alpn] = 0;
    for (const connection of this.all()) counts[connection.alpn] = (counts[connection.alpn] ?? 0) + 1;
    return counts;
  }
}

// t[impl trust.recheck]
function recheck(entry: Entry): void {
  entry.rechecks += 1;
  for (const connection of entry.connections) {
    const verdict = entry.protocol.trust(connection.fingerprint);
    if (verdict !== null) connection.closeUnheard(verdict.code, verdict.reason);
  }
}
