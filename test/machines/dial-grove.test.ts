import { describe, expect, it } from 'vitest';
import type { PeerEntry } from '../../src/protocol/types.ts';
import { addressOf, fingerprintOf, inputFor, startLoop } from './dial-harness.ts';
import { ManualClock } from './manual-clock.ts';

type Loop = ReturnType<typeof startLoop>;

const latencyMs = 40;
const noRows = { rows: [] };

/** A grove of dial loops on one clock, whose links exist as soon as a dial connects. Node 0 is known to everybody. */
class Grove {
  readonly clock = new ManualClock();
  readonly loops: Loop[] = [];
  /** `client>server`, by index. */
  readonly links = new Set<string>();
  readonly #told = new Map<number, readonly PeerEntry[]>();
  /** Nodes of different sides cannot reach each other. */
  sideOf: (index: number) => number = () => 0;

  constructor(size: number) {
    const root = {
      fingerprint: fingerprintOf(0),
      addresses: [{ address: addressOf(0), source: 'configured' as const }],
      lastConnectedAt: null,
      lastSeenAt: null,
    };
    for (let index = 0; index < size; index += 1) {
      const input = inputFor(size - 1, {
        fingerprint: fingerprintOf(index),
        ownAddresses: [addressOf(index)],
        seed: index,
        ...(index === 0 ? noRows : { rows: [root] }),
      });
      const reach = (address: string) => this.#reaches(index, indexOf(address));
      const loop = startLoop(
        input,
        ({ answers }) => {
          answers.get = (address) => (reach(address) ? { afterMs: latencyMs } : null);
        },
        this.clock,
      );
      this.loops.push(loop);
    }
  }

  /** Lets time pass, and does what the loops tell after every second. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1_000);
      for (const [index, loop] of this.loops.entries()) this.#serve(index, loop);
    }
  }

  /** Ends every link between sides by error. */
  cut(): void {
    for (const link of [...this.links]) {
      const [client = 0, server = 0] = link.split('>').map(Number);
      if (!this.#reaches(client, server)) this.#end(client, server, true);
    }
  }

  /** How many nodes can be reached from node 0 over links. */
  get reachable(): number {
    const seen = new Set([0]);
    for (const index of seen) {
      for (const link of this.links) {
        const ends = link.split('>').map(Number);
        if (ends.includes(index)) for (const end of ends) seen.add(end);
      }
    }
    return seen.size;
  }

  linkCounts(): readonly number[] {
    return this.loops.map((loop) => Object.keys(loop.context().linked).length);
  }

  #reaches(from: number, to: number): boolean {
    return this.sideOf(from) === this.sideOf(to);
  }

  #serve(index: number, loop: Loop): void {
    for (const { fingerprint } of loop.take('link.dialled')) {
      const server = Number.parseInt(fingerprint, 16);
      this.links.add(`${index}>${server}`);
      loop.linkUp(server, 'outbound');
      this.loops[server]?.linkUp(index, 'inbound');
      this.#tell(index, server, this.#told.get(index));
      this.#tell(server, index, this.#told.get(server));
    }
    for (const { entries, news } of loop.take('peers.changed')) {
      this.#told.set(index, entries);
      for (const peer of Object.keys(loop.context().linked))
        this.#tell(index, Number.parseInt(peer, 16), news);
    }
    for (const { fingerprint } of loop.take('link.retire')) {
      const peer = Number.parseInt(fingerprint, 16);
      this.#end(index, peer, false);
      this.#end(peer, index, false);
    }
    loop.told.length = 0;
  }

  /** Peers that are linked hear what is new, one that is linked later hears everything. */
  #tell(from: number, to: number, entries: readonly PeerEntry[] = []): void {
    if (entries.length > 0) this.loops[to]?.send({ type: 'hints', from: fingerprintOf(from), entries });
  }

  #end(client: number, server: number, error: boolean): void {
    if (!this.links.delete(`${client}>${server}`)) return;
    this.loops[client]?.linkDown(server, error);
    this.loops[server]?.linkDown(client, error);
  }
}

function indexOf(address: string): number {
  const [, high = 0, middle = 0, low = 0] = address.split(/[.:]/).map(Number);
  return (high << 16) | (middle << 8) | low;
}

describe('a grove of dial loops', () => {
  // g[verify dial.mesh]
  it('of eight members becomes a full mesh from one known address', () => {
    const grove = new Grove(8);
    grove.pass(120);
    expect(grove.linkCounts()).toEqual(Array<number>(8).fill(7));
  });

  // g[verify dial.enough] g[verify dial.trade] g[verify dial.surplus]
  it('of forty members settles at about six to eight links each, all of them connected', () => {
    const grove = new Grove(40);
    grove.pass(1_200);
    const counts = grove.linkCounts();
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
    expect(counts.reduce((sum, count) => sum + count, 0) / 40).toBeLessThanOrEqual(9);
    expect(grove.reachable).toBe(40);
  });

  // g[verify dial.trade]
  it('that was cut in two for an hour grows together again although hardly anybody lacks links', () => {
    const grove = new Grove(40);
    grove.pass(300);
    grove.sideOf = (index) => index % 2;
    grove.cut();
    grove.pass(3_600);
    expect(grove.reachable).toBe(20);
    expect(Math.min(...grove.linkCounts())).toBeGreaterThanOrEqual(3);
    grove.sideOf = () => 0;
    grove.pass(120);
    expect(grove.reachable).toBe(40);
  });
});
