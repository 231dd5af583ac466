/** Lines and bytes, by node. */
import type { MessageVerdict } from '../../protocol/index.ts';

/** Sent by all nodes together. */
export interface TrafficTotals {
  readonly lines: number;
  readonly versions: number;
  readonly bytes: number;
  readonly versionBytes: number;
  readonly datagrams: number;
}

export class Traffic {
  readonly linesSent: Uint32Array;
  readonly versionsSent: Uint32Array;
  readonly bytesSent: Float64Array;
  /** Of these, in lines that carry a payload. */
  readonly versionBytesSent: Float64Array;
  readonly bytesReceived: Float64Array;
  readonly datagramsSent: Float64Array;

  constructor(nodes: number) {
    this.linesSent = new Uint32Array(nodes);
    this.versionsSent = new Uint32Array(nodes);
    this.bytesSent = new Float64Array(nodes);
    this.versionBytesSent = new Float64Array(nodes);
    this.bytesReceived = new Float64Array(nodes);
    this.datagramsSent = new Float64Array(nodes);
  }

  /** Forgets what was before: from here on it is counted. */
  reset(): void {
    for (const counts of [
      this.linesSent,
      this.versionsSent,
      this.bytesSent,
      this.versionBytesSent,
      this.bytesReceived,
      this.datagramsSent,
    ])
      counts.fill(0);
  }

  totals(): TrafficTotals {
    const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0);
    return {
      lines: sum(this.linesSent),
      versions: sum(this.versionsSent),
      bytes: sum(this.bytesSent),
      versionBytes: sum(this.versionBytesSent),
      datagrams: sum(this.datagramsSent),
    };
  }

  datagrams(node: number, count: number): void {
    this.datagramsSent[node] = (this.datagramsSent[node] ?? 0) + count;
  }

  received(node: number, line: Uint8Array): void {
    this.bytesReceived[node] = (this.bytesReceived[node] ?? 0) + line.length + 1;
  }

  /** Counts a line, and says in a few words what it is. */
  sent(node: number, line: Uint8Array, message: MessageVerdict): string {
    this.linesSent[node] = (this.linesSent[node] ?? 0) + 1;
    this.bytesSent[node] = (this.bytesSent[node] ?? 0) + line.length + 1;
    if (!message.ok) return `malformed bytes=${line.length}`;
    const { value } = message;
    switch (value.type) {
      case 'hello':
        return `hello seq=${value.our_seq} hash=${value.our_payload_hash.slice(0, 8)} push=${value.push ?? '-'}`;
      case 'version':
        this.versionsSent[node] = (this.versionsSent[node] ?? 0) + 1;
        this.versionBytesSent[node] = (this.versionBytesSent[node] ?? 0) + line.length + 1;
        return `version seq=${String(value.payload.seq)} bytes=${line.length}`;
      case 'peers':
        return `peers ${value.entries.length}`;
      case 'abort':
        return `abort ${JSON.stringify(value.reason)}`;
      case 'unknown':
        return `unknown ${value.name}`;
    }
  }
}
