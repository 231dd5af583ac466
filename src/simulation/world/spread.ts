/** How each payload spread: who had it when, over how many hops, and how often it was carried for nothing. */

/** One payload on its way. */
export interface Spread {
  readonly seq: number;
  /** When the leader's change was asked for. */
  readonly askedAt: number;
  /** When it was stored by the leader. */
  publishedAt: number;
  /** By node: when it was in force there; NaN before. */
  readonly appliedAt: Float64Array;
  /** By node: links it came over, counted from the leader; 0 before. */
  readonly hops: Uint16Array;
  /** Payload lines received, by all nodes. */
  copies: number;
  /** Nodes that had to have it. */
  readonly expected: number;
}

export interface SpreadTimes {
  readonly seq: number;
  readonly reached: number;
  readonly expected: number;
  /** Milliseconds from the leader's commit until half, 99 % and all of those expected had it; null when that never came. */
  readonly half_ms: number | null;
  readonly p99_ms: number | null;
  readonly all_ms: number | null;
  readonly hops_max: number;
  /** Payload lines received by each node that is not the leader, on average. */
  readonly copies_per_node: number;
}

export class SpreadBook {
  readonly #nodes: number;
  readonly #spreads = new Map<number, Spread>();

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  get all(): readonly Spread[] {
    return [...this.#spreads.values()];
  }

  of(seq: number): Spread | undefined {
    return this.#spreads.get(seq);
  }

  published(seq: number, at: { readonly asked: number; readonly stored: number }, expected: number): void {
    if (this.#spreads.has(seq)) return;
    this.#spreads.set(seq, {
      seq,
      askedAt: at.asked,
      publishedAt: at.stored,
      appliedAt: new Float64Array(this.#nodes).fill(Number.NaN),
      hops: new Uint16Array(this.#nodes),
      copies: 0,
      expected,
    });
  }

  applied(seq: number, node: number, at: number): void {
    const spread = this.#spreads.get(seq);
    if (spread !== undefined && Number.isNaN(spread.appliedAt[node])) spread.appliedAt[node] = at;
  }

  /** A payload line reached a node. */
  received(seq: number, from: number, to: number): void {
    const spread = this.#spreads.get(seq);
    if (spread === undefined) return;
    spread.copies += 1;
    if (spread.hops[to] === 0) spread.hops[to] = (spread.hops[from] ?? 0) + 1;
  }
}

export function spreadTimes(spread: Spread): SpreadTimes {
  const { seq, appliedAt, publishedAt, expected, hops, copies } = spread;
  const times = [...appliedAt].filter((at) => !Number.isNaN(at)).sort((left, right) => left - right);
  const after = (count: number) => {
    const at = times[count - 1];
    return at === undefined ? null : rounded(Math.max(0, at - publishedAt));
  };
  const followers = Math.max(1, expected - 1);
  return {
    seq,
    reached: times.length,
    expected,
    half_ms: after(Math.ceil(expected / 2)),
    p99_ms: after(Math.ceil(expected * 0.99)),
    all_ms: after(expected),
    hops_max: hops.reduce((most, count) => Math.max(most, count), 0),
    copies_per_node: rounded(copies / followers),
  };
}

export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
