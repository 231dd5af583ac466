/** Which number of the grove each linked member reached when, as this node heard of it: bounded, newest last. */
import type { InspectionEvent } from 'xstate';
import { convergencePublishesMax, type Publish, type ReachedMark } from '../contract.ts';
import { type InspectedActor, machineOf, type ShownSnapshot } from './actors.ts';

interface Seen {
  readonly seq: number;
  at: number | null;
  readonly reached: Map<string, number>;
}

interface Holding {
  readonly version?: { readonly seq?: number };
}

// w[impl feed.convergence]
export class Convergence {
  /** Told of every addition. */
  onMark: ((mark: ReachedMark) => void) | null = null;
  readonly #now: () => number;
  readonly #ownFingerprint: string;
  /** The highest number each member said it holds. */
  readonly #held = new Map<string, number>();
  #ownSeq = 0;
  #publishes: readonly Seen[] = [];

  constructor(ownFingerprint: string, now: () => number) {
    this.#ownFingerprint = ownFingerprint;
    this.#now = now;
  }

  /** The number that is there already is no news. */
  begin(ownSeq: number): void {
    this.#ownSeq = ownSeq;
  }

  publishes(): readonly Publish[] {
    return this.#publishes.map(({ seq, at, reached }) => ({
      seq,
      at,
      reached: [...reached].map(([fingerprint, when]) => ({ fingerprint, at: when })),
    }));
  }

  /** Runs inside every step of every actor: a few comparisons for most. */
  witness(actor: InspectedActor, inspected: InspectionEvent): void {
    if (inspected.type !== '@xstate.snapshot') return;
    const machine = machineOf(actor);
    if (machine !== 'peer' && machine !== 'supervisor') return;
    const { context = {} } = inspected.snapshot as ShownSnapshot;
    const holding = (machine === 'peer' ? context.theirs : context.standing) as Holding | null | undefined;
    const seq = holding?.version?.seq ?? 0;
    if (machine === 'supervisor') this.#own(seq);
    else this.#theirs(String(context.fingerprint), seq);
  }

  #own(seq: number): void {
    if (seq === this.#ownSeq) return;
    if (seq < this.#ownSeq) {
      // Another grove, or none: the numbers start anew.
      this.#publishes = [];
      this.#held.clear();
    }
    this.#ownSeq = seq;
    if (seq > 0) this.#note(this.#ownFingerprint, seq, seq > this.#newest());
  }

  #theirs(fingerprint: string, seq: number): void {
    if (seq <= (this.#held.get(fingerprint) ?? 0)) return;
    if (this.#held.size >= heldMax) this.#held.clear();
    this.#held.set(fingerprint, seq);
    // What a member holds when its link comes up is no news, unless it is ahead of us.
    this.#note(fingerprint, seq, seq > Math.max(this.#newest(), this.#ownSeq));
  }

  #newest(): number {
    return this.#publishes.at(-1)?.seq ?? 0;
  }

  /** Whoever reached a number needs none of those before it any more. */
  #note(fingerprint: string, seq: number, isNew: boolean): void {
    const at = this.#now();
    if (isNew) {
      const seen: Seen = { seq, at: null, reached: new Map() };
      this.#publishes = [...this.#publishes, seen].slice(-convergencePublishesMax);
    }
    for (const publish of this.#publishes) {
      if (publish.seq <= seq && this.#mark(publish, fingerprint, at)) {
        this.onMark?.({ seq: publish.seq, fingerprint, at });
      }
    }
  }

  #mark(publish: Seen, fingerprint: string, at: number): boolean {
    if (fingerprint !== this.#ownFingerprint) {
      if (publish.reached.has(fingerprint)) return false;
      publish.reached.set(fingerprint, at);
      return true;
    }
    if (publish.at !== null) return false;
    publish.at = at;
    return true;
  }
}

/** Members of one grove, and then some that left it. */
const heldMax = 4_096;
