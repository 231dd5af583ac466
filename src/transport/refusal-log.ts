/**
 * Tells the log who was not let in and why. Anybody can be refused as often as they like, so only so many lines a
 * minute are written; what is left out is counted and told with the next minute's first line.
 */
import type { LinkClosed } from '../ports/transport.ts';
import type { TransportLog } from './log.ts';

export interface RefusedConnection {
  readonly address: string;
  /** Empty when the handshake did not get that far. */
  readonly alpn: string;
  readonly fingerprint: string;
}

export interface RefusalLogOptions {
  readonly log: TransportLog;
  readonly linesPerMinuteMax: number;
  monotonicMs(): number;
}

const minuteMs = 60_000;

export class RefusalLog {
  readonly #options: RefusalLogOptions;
  #minuteStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  // t[impl trust.log]
  note({ address, alpn, fingerprint }: RefusedConnection, { code, reason }: LinkClosed): void {
    const { log, linesPerMinuteMax, monotonicMs } = this.#options;
    const now = monotonicMs();
    if (now - this.#minuteStart >= minuteMs) {
      this.#minuteStart = now;
      this.#lines = 0;
    }
    if (this.#lines >= linesPerMinuteMax) {
      this.#leftOut += 1;
      return;
    }
    this.#lines += 1;
    const peer = fingerprint === '' ? {} : { fingerprint, alpn };
    const leftOut = this.#leftOut === 0 ? {} : { leftOut: this.#leftOut };
    this.#leftOut = 0;
    log.warn({ address, ...peer, code, reason, ...leftOut }, 'a connection was refused');
  }
}
